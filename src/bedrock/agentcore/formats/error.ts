import { type APIError, BadGatewayError } from '../../../errors.ts';
import { statusError } from '../../errors.ts';
import type { Answer } from '../answer.ts';
import { isObject, type JsonValue, stringIn } from './format.ts';

const answers = ['output', 'result', 'response', 'answer', 'completion', 'content', 'text'];

/**
 * An error that an agent reports in its answer, with HTTP 200: the service drops the body of any other status, so
 * agents have no other way. `{"error": …}` as both runtime SDKs write it, or `{"status": "error"}`.
 */
export function readError(value: JsonValue, answer: Answer): boolean {
  const { error, status } = value;
  const isError = (typeof error === 'string' && error !== '') || isObject(error) || status === 'error';
  if (!isError || answers.some((name) => name in value)) return false;
  answer.fail(toAgentError(value));
  return true;
}

/** An agent's own error → ours. It is the agent that failed, so a status of its own never makes it worth a retry. */
export function toAgentError(value: unknown): APIError {
  const error = isObject(value) ? (value['error'] ?? value) : value;
  const message = typeof error === 'string' ? error : (stringIn(error, 'message') ?? JSON.stringify(error));
  const status = isObject(value) ? value['status_code'] : undefined;
  const code = stringIn(value, 'error_type') ?? stringIn(error, 'code');
  const details = { retryable: false, ...(code !== undefined && { code }) };
  if (typeof status === 'number' && status >= 400 && status < 600) return statusError(status, message, details);
  return new BadGatewayError(message, details);
}
