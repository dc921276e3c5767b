import { awsException } from './exceptions.ts';
import { isRecord } from './json.ts';
import type { JsonObject } from './json.ts';

/** A request's body, or the ValidationException that AWS would send. */
export function parseBody(text: string): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  if (!isRecord(body)) throw awsException('ValidationException', 'The request body must be a JSON object.');
  return body;
}
