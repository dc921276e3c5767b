import type { Answer } from '../answer.ts';

/** A JSON object or array, its fields still to be tested. */
export type JsonValue = Readonly<Record<string, unknown>>;

/** One family of agents. */
export interface Format {
  /** What callers call it, in kebab-case. */
  readonly name: string;
  /** An object without any of these fields is none of its own; where they are not named, it is asked of all. */
  readonly fields?: readonly string[];
  /**
   * Tells `answer` what a value means, or returns false when the value is none of its own. `read` reads a value within
   * a value.
   */
  readonly read: (value: JsonValue, answer: Answer, read: (value: unknown) => boolean) => boolean;
}

/** A field that is an object, or `undefined`. */
export function objectIn(value: unknown, name: string): JsonValue | undefined {
  const field = isObject(value) ? value[name] : undefined;
  return isObject(field) ? field : undefined;
}

/** The objects of a field that is a list, or none. */
export function listIn(value: unknown, name: string): readonly JsonValue[] {
  const field: unknown = objectIn(value, name);
  return Array.isArray(field) ? field.filter(isObject) : [];
}

/** A field that is a string, or `undefined`. */
export function stringIn(value: unknown, name: string): string | undefined {
  const field = isObject(value) ? value[name] : undefined;
  return typeof field === 'string' ? field : undefined;
}

/** A field that tells things apart: a text, a number or none; what else an agent writes there is like none. */
export function keyIn(value: JsonValue, name: string): string {
  const field = value[name];
  return isObject(field) ? '' : String(field);
}

/** What an event calls itself. */
export function typeIn(value: unknown): string | undefined {
  return stringIn(value, 'type') ?? stringIn(value, 'event');
}

export function isObject(value: unknown): value is JsonValue {
  return typeof value === 'object' && value !== null;
}
