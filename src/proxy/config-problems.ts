import type { CheckedConfig } from './config-schema.ts';

/** What is wrong with a configuration in which each value has its type. */
export function findProblems(config: CheckedConfig, masterKey: string | undefined, path: string): string[] {
  const { model_list: rows, general_settings: general, router_settings: router } = config;
  const problems: string[] = [];
  if (!rows || rows.length === 0) problems.push(`${path}: model_list: at least one model is needed.`);
  if (masterKey === '') {
    const place = general?.master_key === '' ? 'general_settings.master_key' : 'LITELLM_MASTER_KEY';
    problems.push(`${path}: ${place}: it is empty.`);
  }
  const aliases = Object.keys(router?.model_group_alias ?? {});
  const models = new Set(['*', ...(rows ?? []).map((row) => row.model_name), ...aliases]);
  const isAny = rows?.some((row) => row.model_name === '*') ?? false;
  const names = new Set<string>();
  const values = new Set(masterKey === undefined ? [] : [masterKey]);
  for (const { name, key, models: allowed } of general?.keys ?? []) {
    const place = `${path}: general_settings.keys: ${name}:`;
    if (key === '') problems.push(`${place} the key is empty.`);
    if (names.has(name)) problems.push(`${place} there is another key of this name.`);
    if (values.has(key)) problems.push(`${place} its value is that of another key, too.`);
    const unknown = isAny ? [] : (allowed ?? []).filter((model) => !models.has(model));
    if (unknown.length > 0) problems.push(`${place} there is no model named ${unknown.join(', ')}.`);
    names.add(name);
    values.add(key);
  }
  return problems;
}
