import { validateHeaderName, validateHeaderValue } from 'node:http';
import { BadRequestError } from '../errors.ts';

/** Headers that a caller wants sent, checked by Node's own rules; throws a `BadRequestError`. */
export function parseHeaders(given: unknown, param: string): Readonly<Record<string, string>> {
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const came = Array.isArray(given) ? 'array' : typeof given;
    throw new BadRequestError(`${param}: expected object, got ${came}; give header names and values.`, { param });
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) headers[name.toLowerCase()] = parseHeader(name, value, param);
  return headers;
}

/** A text that is sent as a header. */
export function parseHeader(name: string, value: unknown, param: string): string {
  const place = param === name ? param : `${param}.${name}`;
  if (typeof value !== 'string')
    throw new BadRequestError(`${place}: expected string, got ${typeof value}.`, { param });
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return value;
  } catch {
    // Node's own error quotes the value.
    throw new BadRequestError(`${place}: has a character that no HTTP header may have.`, { param });
  }
}
