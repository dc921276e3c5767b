import { BadGatewayError } from '../errors.ts';

/** The types of what is read of an event: a list of one type, the structures of a map as `*`. What is not named is not looked at. */
export type Shape = 'string' | 'number' | readonly [Shape] | { readonly [name: string]: Shape };

/** Throws a `BadGatewayError` where AWS sent a field of another type. A list or a structure that is null is not there. */
export function checkShape(value: unknown, shape: Shape, place = 'an event'): void {
  if (shape === 'string' || shape === 'number') {
    if (value !== undefined && typeof value !== shape) throw wrong(place);
    return;
  }
  if (value == null) return;
  if (typeof value !== 'object' || Array.isArray(value) !== isList(shape)) throw wrong(place);
  if (isList(shape)) {
    for (const item of Object.values(value)) {
      if (item === null) throw wrong(place);
      checkShape(item, shape[0], place);
    }
    return;
  }
  const fields = new Map(Object.entries(value));
  for (const [name, expected] of Object.entries(shape)) {
    if (name !== '*') checkShape(fields.get(name), expected, name);
    // What is no structure is something new beside them, and nobody looks at it.
    else for (const [key, field] of fields) if (isStructure(field)) checkShape(field, expected, key);
  }
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
