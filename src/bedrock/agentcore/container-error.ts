import type { APIError } from '../../errors.ts';
import { statusError } from '../errors.ts';
import { findWords } from './formats/error.ts';
import { isObject, stringIn } from './formats/format.ts';
import { parseJson } from './json.ts';

/** The longest text that an error shows of a body without words of its own. */
const longest = 1000;

/**
 * A container's HTTP error, with what the agent said: AgentCore would drop it, and whoever develops an agent needs it.
 * It is the agent that failed, so a status of its own never makes it worth a retry.
 */
export function toContainerError(status: number, text: string): APIError {
  // AG-UI servers frame also what goes wrong before the stream.
  const body = text.replace(/^data: ?/, '').trim();
  const value = parseJson(body).value;
  const error = isObject(value) && value['error'] ? value['error'] : value;
  const code = stringIn(value, 'error_type') ?? stringIn(error, 'code') ?? stringIn(value, 'code');
  const words = findWords(error) ?? findWords(value);
  const rest = body.length > longest ? `${body.slice(0, longest)}…` : body;
  const said = words ?? (rest === '' ? "nothing; the container's own log says more." : rest);
  // A redirect is not followed, for it could lead off this machine.
  return statusError(status < 400 ? 502 : status, `The container answered HTTP ${status}: ${said}`, {
    retryable: false,
    ...(code !== undefined && { code }),
  });
}
