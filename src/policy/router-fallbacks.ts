import { BadRequestError } from '../errors.ts';
import type { RouterFallbacks, RouterOptions } from './router-options.ts';

const names = ['fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks'] as const;

/**
 * A router's fallbacks as parameters of its calls; an alias has those of its group. Throws a `BadRequestError` for a
 * name that the `model_list` does not have.
 */
export function toFallbackParameters(
  options: RouterOptions,
): Readonly<Record<(typeof names)[number], RouterFallbacks>> {
  const { model_list, model_group_alias: aliases = {}, default_fallbacks } = options;
  const models = new Set([...model_list.map((row) => row.model_name), ...Object.keys(aliases)]);
  const given = {
    fallbacks: [...(options.fallbacks ?? []), ...(default_fallbacks ? [{ '*': default_fallbacks }] : [])],
    context_window_fallbacks: options.context_window_fallbacks ?? [],
    content_policy_fallbacks: options.content_policy_fallbacks ?? [],
  };
  for (const name of names) {
    // Whatever it is, a wildcard takes it.
    const unknown = models.has('*') ? [] : given[name].flatMap(toModels).filter((model) => !models.has(model));
    if (unknown.length === 0) continue;
    const known = [...models].join(', ');
    throw new BadRequestError(
      `${name}: there is no model "${unknown.join('", "')}" in the model_list; it has ${known}.`,
      {
        param: name,
      },
    );
  }

  function withAliases(entries: RouterFallbacks): RouterFallbacks {
    const maps = Object.entries(aliases).flatMap(([alias, target]) => {
      const group = typeof target === 'string' ? target : target.model;
      return entries
        .filter((entry) => typeof entry === 'object' && !Object.hasOwn(entry, alias) && Object.hasOwn(entry, group))
        .map((entry) => ({ [alias]: (entry as Readonly<Record<string, unknown>>)[group] }));
    });
    return [...entries, ...maps];
  }

  return {
    fallbacks: withAliases(given.fallbacks),
    context_window_fallbacks: withAliases(given.context_window_fallbacks),
    content_policy_fallbacks: withAliases(given.content_policy_fallbacks),
  };
}

/** The models that an entry names: itself, the `model` of parameters, or those in the lists of a map. */
function toModels(entry: unknown): readonly string[] {
  if (typeof entry === 'string') return [entry];
  if (typeof entry !== 'object' || entry === null) return [];
  if ('model' in entry) return typeof entry.model === 'string' ? [entry.model] : [];
  return Object.values(entry).flatMap((list) => (Array.isArray(list) ? list.filter(isText) : []));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
