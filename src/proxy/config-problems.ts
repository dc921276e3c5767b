import type { CheckedConfig } from './config-schema.ts';

/** What is wrong with a configuration in which each value has its type. */
export function findProblems({ model_list: rows, general_settings: general }: CheckedConfig, path: string): string[] {
  const problems: string[] = [];
  if (!rows || rows.length === 0) problems.push(`${path}: model_list: at least one model is needed.`);
  if (general?.master_key === '') problems.push(`${path}: general_settings.master_key: it is empty.`);
  const models = new Set(rows?.map((row) => row.model_name));
  const names = new Set<string>();
  const values = new Set(general?.master_key == null ? [] : [general.master_key]);
  for (const { name, key, models: allowed } of general?.keys ?? []) {
    const place = `${path}: general_settings.keys: ${name}:`;
    if (key === '') problems.push(`${place} the key is empty.`);
    if (names.has(name)) problems.push(`${place} there is another key of this name.`);
    if (values.has(key)) problems.push(`${place} its value is that of another key, too.`);
    const unknown = models.has('*') ? [] : (allowed ?? []).filter((model) => !models.has(model));
    if (unknown.length > 0) problems.push(`${place} there is no model named ${unknown.join(', ')}.`);
    names.add(name);
    values.add(key);
  }
  return problems;
}
