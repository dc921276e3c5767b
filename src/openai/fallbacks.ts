import { isDeepStrictEqual } from 'node:util';
import { APIError, BadRequestError } from '../errors.ts';
import { sessionNames } from './names.ts';
import { type CheckedParameters, parseParameters } from './schema.ts';

/** Whom to ask after which errors, one after the other. */
export interface Fallbacks<T> {
  readonly general: readonly T[];
  /** Those for this error, and then the general ones. */
  readonly contextWindow: readonly T[];
  readonly contentPolicy: readonly T[];
}

type Entry = string | Readonly<Record<string, unknown>>;

interface Means<T> {
  readonly toCall: (given: CheckedParameters) => T;
  readonly isModel: (name: string) => boolean;
}

/**
 * The calls that stand behind a call: the same parameters but for what a fallback says, without the session, which
 * another agent does not know. Throws a `BadRequestError` for what would be one without the fallback, too.
 */
export function parseFallbacks<T>(given: CheckedParameters, { toCall, isModel }: Means<T>): Fallbacks<T> {
  const { model, fallbacks, context_window_fallbacks, content_policy_fallbacks, ...rest } = given;
  const inherited = { ...rest, ...withoutSession(rest.metadata) };

  const select = (name: string, entries: Entries) =>
    selectEntries(entries ?? [], { name, model, isModel })
      .map((entry, index) => ({ entry, place: `${name}.${index}` }))
      // Who failed is not asked again.
      .filter(({ entry }) => entry !== model);

  function parse({ entry, place }: Placed): T {
    try {
      if (typeof entry === 'string') return toCall({ ...inherited, model: entry });
      checkNew(entry);
      return toCall(parseParameters({ ...inherited, model, ...entry }));
    } catch (error) {
      throw error instanceof APIError ? toPlaced(error, place) : error;
    }
  }

  const parsed = new Map<Placed, T>();
  const parseAll = (all: readonly Placed[]) =>
    toDistinct(all).map((placed) => {
      const call = parsed.get(placed) ?? parse(placed);
      parsed.set(placed, call);
      return call;
    });

  const general = select('fallbacks', fallbacks);
  const contextWindow = select('context_window_fallbacks', context_window_fallbacks);
  const contentPolicy = select('content_policy_fallbacks', content_policy_fallbacks);
  return {
    general: parseAll(general),
    contextWindow: parseAll([...contextWindow, ...general]),
    contentPolicy: parseAll([...contentPolicy, ...general]),
  };
}

type Entries = readonly Entry[] | null | undefined;

interface Placed {
  readonly entry: Entry;
  readonly place: string;
}

/** Nobody is asked the same twice. */
function toDistinct(all: readonly Placed[]): readonly Placed[] {
  return all.filter(({ entry }, index) => all.findIndex((other) => isDeepStrictEqual(other.entry, entry)) === index);
}

function withoutSession(metadata: CheckedParameters['metadata']) {
  const names: Record<string, undefined> = {};
  for (const name of sessionNames.keys()) names[name] = undefined;
  return { ...names, ...(metadata && { metadata: { ...metadata, session_id: undefined } }) };
}

interface Call {
  readonly name: string;
  readonly model: string;
  readonly isModel: (name: string) => boolean;
}

/** LiteLLM's routers have maps from a model to its fallbacks, where `*` stands for every model without an own one. */
function selectEntries(entries: readonly Entry[], { name, model, isModel }: Call): readonly Entry[] {
  const isMap = (entry: Entry): entry is Readonly<Record<string, unknown>> =>
    typeof entry === 'object' && Object.keys(entry).some((key) => key === '*' || key === model || isModel(key));
  const maps = entries.filter(isMap).map((map) => parseMap(map, name));
  const mapped = maps.filter((map) => map.has(model)).flatMap((map) => map.get(model) ?? []);
  const others = mapped.length > 0 ? mapped : maps.flatMap((map) => map.get('*') ?? []);
  return [...entries.filter((entry) => !isMap(entry)), ...others];
}

function parseMap(map: Readonly<Record<string, unknown>>, name: string): ReadonlyMap<string, readonly Entry[]> {
  const isEntry = (entry: unknown) => typeof entry === 'string' || (typeof entry === 'object' && entry !== null);
  return new Map(
    Object.entries(map).map(([model, entries]) => {
      // What has been tested is what the type says.
      if (Array.isArray(entries) && entries.every(isEntry)) return [model, entries as readonly Entry[]];
      const expected = 'expected a list of model strings or of parameters that differ';
      throw new BadRequestError(`${name}: ${model}: ${expected}.`, { param: name });
    }),
  );
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
