import { type APIError, BadGatewayError } from '../../../errors.ts';
import { statusError } from '../../errors.ts';
import type { Answer } from '../answer.ts';
import { type Format, isObject, type JsonValue, stringIn } from './format.ts';

const answers = ['output', 'result', 'response', 'answer', 'completion', 'content', 'text'];

/**
 * An error that an agent reports in its answer, with HTTP 200: the service drops the body of any other status, so
 * agents have no other way. `{"error": …}` as both runtime SDKs write it, `{"type": "error"}` or `{"status": "error"}`,
 * unless an answer stands beside it.
 */
export const agentError: Format = { name: 'error', read: readError };

/** Whether a value is an error; the answer then knows. */
export function readError(value: JsonValue, answer: Answer): boolean {
  const { error, type, status } = value;
  const isError = Boolean(error) || type === 'error' || status === 'error';
  if (!isError || answers.some((name) => !isEmpty(value[name]))) return false;
  answer.fail(toAgentError(value));
  return true;
}

function isEmpty(value: unknown): boolean {
  return !value || (isObject(value) && Object.keys(value).length === 0);
}

/** Where agents put the words of an error; anything else they report may quote what they were asked. */
const words = ['message', 'detail', 'msg', 'error_message', 'errorText', 'reason'];

/** An agent's own error → ours. It is the agent that failed, so a status of its own never makes it worth a retry. */
export function toAgentError(value: unknown): APIError {
  const error = isObject(value) && value['error'] ? value['error'] : value;
  const status = isObject(value) ? value['status_code'] : undefined;
  const code = stringIn(value, 'error_type') ?? stringIn(error, 'code');
  const details = { retryable: false, ...(code !== undefined && { code }) };
  const message = findWords(error) ?? findWords(value) ?? 'The agent reported an error and did not say which.';
  if (typeof status === 'number' && status >= 400 && status < 600) return statusError(status, message, details);
  return new BadGatewayError(message, details);
}

function findWords(error: unknown): string | undefined {
  if (typeof error === 'string' && error !== '') return error;
  return words.map((name) => stringIn(error, name)).find((text) => text !== undefined && text !== '');
}
