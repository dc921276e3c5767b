import { BadGatewayError } from '../errors.ts';

/** The types of what is read of an event: a list of one type, the structures of a map as `*`. What is not named is not looked at. */
export type Shape = 'string' | 'number' | readonly [Shape] | { readonly [name: string]: Shape };

/**
 * Throws a `BadGatewayError` where AWS sent a field of another type. Fields that are null are taken out, as AWS's clients
 * hand on none.
 */
export function checkShape(value: unknown, shape: Shape, place = 'an event'): void {
  if (value == null) return;
  if (shape === 'string' || shape === 'number') {
    if (typeof value !== shape) throw wrong(place);
    return;
  }
  if (typeof value !== 'object' || Array.isArray(value) !== isList(shape)) throw wrong(place);
  if (isList(shape)) {
    for (const item of Object.values(value)) {
      if (item === null) throw wrong(place);
      checkShape(item, shape[0], place);
    }
    return;
  }
  // Of JSON, and asked for by names that no prototype has.
  const fields = value as Readonly<Record<string, unknown>>;
  for (const name in shape) {
    const expected = shape[name];
    if (expected === undefined) continue;
    if (name !== '*') checkField(fields, name, expected);
    // What is no structure is something new beside them, and nobody looks at it.
    else for (const key in fields) if (isStructure(fields[key])) checkField(fields, key, expected);
  }
}

function checkField(fields: Readonly<Record<string, unknown>>, name: string, expected: Shape): void {
  if (fields[name] === null) Reflect.deleteProperty(fields, name);
  else checkShape(fields[name], expected, name);
}

function isStructure(value: unknown): boolean {
  return typeof value === 'object' && !Array.isArray(value);
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}

function wrong(place: string): BadGatewayError {
  return new BadGatewayError(
    `AWS sent an event that cannot be read: \`${place}\` is of another type than its API has it.`,
  );
}
