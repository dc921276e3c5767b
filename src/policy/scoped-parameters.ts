import { BadRequestError } from '../errors.ts';

/** Parameters that name somebody or something remembered, in any of their spellings, and of which kind it is. */
const kinds: Readonly<Record<string, string | undefined>> = {
  actorid: 'actor',
  contextid: 'session',
  mcpsessionid: 'session',
  memoryid: 'memory',
  runtimesessionid: 'session',
  runtimeuserid: 'user',
  sessionid: 'session',
  threadid: 'session',
};

/** As deep as any body that AWS takes. */
const deepest = 256;

/**
 * Parameters with every identity replaced, however deep it stands: `extra_body` and `sessionState` hold whole bodies.
 * Throws a `BadRequestError` for what is nested without end.
 */
export function scopeParameters(
  parameters: Readonly<Record<string, unknown>>,
  toScoped: (kind: string, id: string) => string,
): Readonly<Record<string, unknown>> {
  function scope(value: unknown, kind: string | undefined, depth: number): unknown {
    if (depth > deepest) throw new BadRequestError(`The parameters are nested deeper than ${deepest} levels.`);
    if (kind !== undefined && (typeof value === 'string' || typeof value === 'number')) {
      return toScoped(kind, String(value));
    }
    if (Array.isArray(value)) return value.map((item) => scope(item, kind, depth + 1));
    if (!isPlain(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, scope(item, kindOf(name), depth + 1)]),
    );
  }

  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, scope(value, kindOf(name), 0)]));
}

/** `memoryId`, `memory_id`, `memory-id`. */
function kindOf(name: string): string | undefined {
  const plain = name.replaceAll(/[_-]/g, '').toLowerCase();
  return Object.hasOwn(kinds, plain) ? kinds[plain] : undefined;
}

/** Neither bytes nor an object with methods, which no caller of a proxy can send. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
