import { parseJson } from '../json.ts';
import { toAgentError } from './error.ts';
import { type Format, isObject } from './format.ts';

/**
 * What a Lambda function answers to API Gateway, returned as it is: the answer is its `body`, mostly JSON in a string.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export const lambda: Format = {
  name: 'lambda',
  fields: ['statusCode'],
  read(value, answer, read) {
    const { statusCode, body } = value;
    if (typeof statusCode !== 'number' || !('body' in value)) return false;
    const inner = toInner(body);
    if (statusCode < 400) return read(inner);
    answer.fail(toAgentError({ ...(isObject(inner) ? inner : { error: inner }), status_code: statusCode }));
    return true;
  },
};

/** A number is a text as well, and read as it was written. */
function toInner(body: unknown): unknown {
  const { value } = typeof body === 'string' ? parseJson(body) : { value: body };
  return isObject(value) || typeof value === 'string' ? value : body;
}
