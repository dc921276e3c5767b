/**
 * Whether a tool's result says that the tool failed: `{"error": "…"}`, and `{"error": "…", "fatal": true}` where trying
 * again is useless. Many tools say with an empty field, or with a number, that nothing went wrong.
 */
export function parseFailure(result: string): { readonly isFatal: boolean } | undefined {
  const { error, fatal } = parseObject(result);
  const isFilled = typeof error === 'object' && error !== null && Object.keys(error).length > 0;
  const isFailure = error === true || (typeof error === 'string' && error !== '') || isFilled;
  return isFailure ? { isFatal: fatal === true } : undefined;
}

/** The fields of a JSON object; none where a text is no such thing. */
export function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    // An array has none of the names that are looked for.
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
