import fc from 'fast-check';
import { strangeNames } from './words.ts';

/** One change to a value that an agent really sent. */
interface Mutation {
  readonly type: 'replace' | 'remove' | 'rename' | 'repeat' | 'swap' | 'add';
  /** Which of all the places within it. */
  readonly place: number;
  readonly other: number;
  readonly value: unknown;
  readonly name: string;
}

const strangers = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1e308,
    '',
    'x',
    [],
    {},
    [null],
    { toString: 1, valueOf: 1 },
    [[]],
    '[DONE]',
  ),
  fc.constantFrom<unknown>(
    '__proto__',
    { length: 3 },
    { then: 1 },
    [{ toString: null }],
    "{'data': 'x'}",
    '\ud800',
    1e21,
  ),
);

export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.record({
    type: fc.constantFrom<Mutation['type'][]>('replace', 'remove', 'rename', 'repeat', 'swap', 'add'),
    place: fc.nat(100_000),
    other: fc.nat(100_000),
    value: strangers,
    name: fc.constantFrom(...strangeNames, 'type', 'event', 'error', 'content', 'id'),
  }),
  { maxLength: 4 },
);

interface Place {
  readonly holder: Record<string, unknown>;
  readonly name: string;
}

/** A copy of the value with all of the changes made. */
export function mutate<T>(value: T, all: readonly Mutation[]): T {
  const root: Record<string, unknown> = { root: structuredClone(value) };
  for (const mutation of all) {
    const places = findPlaces(root);
    const at = places[mutation.place % places.length];
    const other = places[mutation.other % places.length];
    if (at && other) change(at, other, mutation);
  }
  // What it was, but for what was changed.
  return root['root'] as T;
}

function findPlaces(holder: Record<string, unknown>): Place[] {
  return Object.entries(holder).flatMap(([name, value]) => [
    { holder, name },
    ...(typeof value === 'object' && value !== null ? findPlaces(value as Record<string, unknown>) : []),
  ]);
}

function change({ holder, name }: Place, other: Place, { type, value, name: given }: Mutation): void {
  const before = holder[name];
  switch (type) {
    case 'replace':
      return set(holder, name, value);
    case 'remove':
      if (Array.isArray(holder)) holder.splice(Number(name), 1);
      else if (name !== 'root') Reflect.deleteProperty(holder, name);
      return;
    case 'rename':
      if (name !== 'root') Reflect.deleteProperty(holder, name);
      return set(holder, given, before);
    case 'repeat':
      if (Array.isArray(holder)) holder.push(structuredClone(before));
      else set(holder, name, [before, structuredClone(before)]);
      return;
    case 'swap':
      return set(holder, name, structuredClone(other.holder[other.name]));
    case 'add':
      if (typeof before === 'object' && before !== null) set(before as Record<string, unknown>, given, value);
      return;
  }
}

/** As a field of its own, whatever it is called. */
function set(holder: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(holder, Array.isArray(holder) && !/^\d+$/.test(name) ? String(holder.length) : name, {
    value: structuredClone(value),
    enumerable: true,
    configurable: true,
    writable: true,
  });
}
