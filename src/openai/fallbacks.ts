import { APIError, BadRequestError } from '../errors.ts';
import { own, sessionNames } from './names.ts';
import { type CheckedParameters, parseParameters } from './schema.ts';

/** Whom to ask after which errors. */
export interface Fallbacks<T> {
  readonly general: readonly T[];
  readonly contextWindow: readonly T[];
  readonly contentPolicy: readonly T[];
}

type Entry = string | Readonly<Record<string, unknown>>;

/**
 * The calls that stand behind a call: the same parameters but for what a fallback says, without the session, which
 * another agent does not know. Throws a `BadRequestError` for what would be one without the fallback, too.
 */
export function parseFallbacks<T>(given: CheckedParameters, toCall: (given: CheckedParameters) => T): Fallbacks<T> {
  const { model, fallbacks, context_window_fallbacks, content_policy_fallbacks, ...rest } = given;
  const inherited = { ...rest, ...withoutSession(rest.metadata) };

  function parse(name: string, entries: readonly Entry[] | null | undefined): readonly T[] {
    return select(entries ?? [], model).map((entry, index) => {
      try {
        if (typeof entry === 'string') return toCall({ ...inherited, model: entry });
        checkNew(entry);
        return toCall(parseParameters({ ...inherited, model, ...entry }));
      } catch (error) {
        throw error instanceof APIError ? toPlaced(error, `${name}.${index}`) : error;
      }
    });
  }

  return {
    general: parse('fallbacks', fallbacks),
    contextWindow: parse('context_window_fallbacks', context_window_fallbacks),
    contentPolicy: parse('content_policy_fallbacks', content_policy_fallbacks),
  };
}

function withoutSession(metadata: CheckedParameters['metadata']) {
  const names: Record<string, undefined> = {};
  for (const name of sessionNames.keys()) names[name] = undefined;
  return { ...names, ...(metadata && { metadata: { ...metadata, session_id: undefined } }) };
}

/** LiteLLM's routers have maps from a model to its fallbacks, where `*` stands for every model without an own one. */
function select(entries: readonly Entry[], model: string): readonly Entry[] {
  const maps = entries.filter(isMap);
  const mapped = maps.filter((map) => Object.hasOwn(map, model)).flatMap((map) => map[model] ?? []);
  const others = mapped.length > 0 ? mapped : maps.flatMap((map) => map['*'] ?? []);
  return [...entries.filter((entry) => !isMap(entry)), ...others.filter((entry) => entry !== model)];
}

function isMap(entry: Entry): entry is Readonly<Record<string, readonly Entry[]>> {
  if (typeof entry === 'string') return false;
  const fields = Object.entries(entry);
  return fields.length > 0 && fields.every(([name, value]) => Array.isArray(value) && !own.has(name));
}

function checkNew(entry: Readonly<Record<string, unknown>>): void {
  for (const param of ['messages', 'fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks']) {
    if (entry[param] == null) continue;
    const why = param === 'messages' ? 'a fallback answers the same messages' : 'a fallback has none of its own';
    throw new BadRequestError(`${param}: ${why}; leave them out.`, { param });
  }
}

function toPlaced(error: APIError, place: string): BadRequestError {
  const { param, model } = error;
  return new BadRequestError(`${place}: ${error.message}`, {
    param: param === null ? place : `${place}.${param}`,
    ...(model !== undefined && { model }),
  });
}
