/** A number of tokens; `undefined` where a value is none: agents write `-1`, too, for what nobody counted. */
export function parseCount(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value) ? value : undefined;
}
