import { APIError, InternalServerError } from '../errors.ts';
import { toHeaders } from './headers.ts';

/** An error as OpenAI's API tells it. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

/** An error → its body. What was not thrown on purpose is told in general words: it may hold anything. */
export function toErrorBody(thrown: unknown): ErrorBody {
  const { message, type, param, code } = toKnown(thrown);
  return { error: { message, type, param, code } };
}

/**
 * An error → the whole answer, with `headers` beside its own. `x-should-retry` is for OpenAI's clients: without it they
 * repeat every 408, 409, 429 and 5xx, and a turn would run twice.
 */
export function toErrorResponse(thrown: unknown, headers: Readonly<Record<string, string>>): Response {
  const { status, request_id, retry_after, retryable } = toKnown(thrown);
  return new Response(JSON.stringify(toErrorBody(thrown)), {
    // An agent may name any number as its error's status, but a response takes these only.
    status: status >= 400 && status <= 599 ? status : 500,
    headers: {
      ...headers,
      'content-type': 'application/json',
      'x-should-retry': String(retryable),
      ...toHeaders({ 'x-request-id': request_id, 'retry-after': retry_after && Math.ceil(retry_after) }),
    },
  });
}

function toKnown(thrown: unknown): APIError {
  return thrown instanceof APIError ? thrown : new InternalServerError('Something unexpected went wrong here.');
}
