import { BadRequestError } from '../../errors.ts';

/** Where InvokeAgent's structures hold bytes: `byteContent: { data }` of a file, `source: { bytes }` of an image. */
const places: ReadonlyMap<string, string> = new Map([
  ['byteContent', 'data'],
  ['source', 'bytes'],
]);

/**
 * A structure of the request with its bytes as bytes. JSON holds them as base64, which the SDK would encode once more;
 * bytes that are given as bytes stay as they are.
 */
export function withBytes(value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map((item, index) => withBytes(item, `${path}[${index}]`));
  const [, parent = ''] = /\.(\w+)$/.exec(path) ?? [];
  const entries = Object.entries(value).map(([name, field]: [string, unknown]) => {
    const place = `${path}.${name}`;
    const isBytes = typeof field === 'string' && places.get(parent) === name;
    return [name, isBytes ? fromBase64(field, place) : withBytes(field, place)];
  });
  return Object.fromEntries(entries);
}

function fromBase64(text: string, param: string): Buffer {
  if (/^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0) return Buffer.from(text, 'base64');
  throw new BadRequestError(`${param}: expected bytes, or base64 without a data: prefix.`, { param });
}
