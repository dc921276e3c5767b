import { type Caller, mayAsk } from './keys.ts';
import type { ProxyConfig } from './config.ts';

/** The models of a proxy, as callers name them. */
export interface Models {
  /** What a caller is shown. */
  readonly listFor: (caller: Caller) => readonly string[];
  /** The name in the configuration that stands for what a caller asks for: `*` for any that has no row. */
  readonly nameOf: (model: string) => string | undefined;
  /** What callers of a model may give beside what all callers may. */
  readonly allowedFor: (model: string) => readonly string[];
}

/** Knows the rows of a configuration and their other names. */
export function createModels({ router, allowClient }: ProxyConfig): Models {
  const rows = new Set(router.model_list.map((row) => row.model_name));
  // Its type was checked with the file; what it holds, the router checks.
  const aliases = (router['model_group_alias'] ?? {}) as Readonly<Record<string, string | { readonly model: string }>>;
  const toRow = (model: string) => {
    const alias = Object.hasOwn(aliases, model) ? aliases[model] : undefined;
    const name = typeof alias === 'object' ? alias.model : (alias ?? model);
    return rows.has(name) ? name : rows.has('*') ? '*' : undefined;
  };
  const names = [...rows, ...Object.keys(aliases)].filter((name) => name !== '*');
  return {
    listFor: (caller) => names.filter((name) => mayAsk(caller, name)),
    nameOf: (model) => (names.includes(model) ? model : toRow(model)),
    allowedFor: (model) => allowClient.get(toRow(model) ?? '') ?? [],
  };
}
