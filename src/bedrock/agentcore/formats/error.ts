import { type APIError, BadGatewayError } from '../../../errors.ts';
import { statusError } from '../../errors.ts';
import { type Format, isObject, stringIn, typeIn } from './format.ts';

const answers = ['output', 'result', 'response', 'answer', 'completion', 'content', 'text'];

/** Types that name a tool. */
export const tools = /tool|function[-_]?call|(^|[-_])action([-_]|$)/i;

/** Types that say nothing else, whatever stands beside them. */
const failures = /^(error|exception|failed|failure)$/i;

/**
 * An error that an agent reports in its answer, with HTTP 200: the service drops the body of any other status, so
 * agents have no other way. `{"type": "error"}`; or `{"error": …}` as both runtime SDKs write it and
 * `{"status": "error"}`, unless an answer stands beside it.
 */
export const error: Format = {
  name: 'error',
  fields: ['error', 'status', 'type', 'event'],
  read(value, answer) {
    const { error, status } = value;
    const type = typeIn(value) ?? '';
    const isSaid = (Boolean(error) || status === 'error') && answers.every((name) => isEmpty(value[name]));
    // A tool's failure is the agent's to deal with.
    if (!failures.test(type) && (!isSaid || tools.test(type))) return false;
    answer.fail(toAgentError(value));
    return true;
  },
};

function isEmpty(value: unknown): boolean {
  return !value || (isObject(value) && Object.keys(value).length === 0);
}

/** Where agents put the words of an error; anything else they report may quote what they were asked. */
const words = ['message', 'detail', 'msg', 'error_message', 'errorText', 'reason', 'content', 'text', 'data'];

/** An agent's own error → ours. It is the agent that failed, so a status of its own never makes it worth a retry. */
export function toAgentError(value: unknown): APIError {
  const error = isObject(value) && value['error'] ? value['error'] : value;
  const status = isObject(value) ? value['status_code'] : undefined;
  const number = isObject(error) && typeof error['code'] === 'number' ? String(error['code']) : undefined;
  const code = stringIn(value, 'error_type') ?? stringIn(error, 'code') ?? number;
  const details = { retryable: false, ...(code !== undefined && { code }) };
  const message = findWords(error) ?? findWords(value) ?? 'The agent reported an error and did not say which.';
  if (typeof status === 'number' && status >= 400 && status < 600) return statusError(status, message, details);
  return new BadGatewayError(message, details);
}

/** The words of an error, wherever an agent put them. */
export function findWords(error: unknown): string | undefined {
  if (typeof error === 'string' && error !== '') return error;
  if (!isObject(error)) return undefined;
  const said = words.map((name) => stringIn(error, name)).find((text) => text !== undefined && text !== '');
  return said ?? (isObject(error['data']) ? findWords({ ...error['data'], data: undefined }) : undefined);
}
