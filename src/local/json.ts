/** A JSON object of which nothing else is known. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether this is a JSON object. */
export function isRecord(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object that this is, or an empty one. */
export function toRecord(value: unknown): JsonObject {
  return isRecord(value) ? value : {};
}

/** The objects of the list that this is, if it is one. */
export function toList(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.map(toRecord) : [];
}
