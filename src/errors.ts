/** What an error tells beside its message. */
export interface ErrorDetails {
  /** The HTTP status; each class has its own default. */
  readonly status?: number;
  /** A stable word for programs: OpenAI's where it has one, else AWS's exception name. */
  readonly code?: string;
  /** The parameter at fault, as the caller spelt it. */
  readonly param?: string;
  readonly model?: string;
  /** AWS's request id. */
  readonly request_id?: string;
  /** Seconds to wait before another try, where AWS named them. */
  readonly retry_after?: number;
  /** Whether the turn cannot have run, so that asking again is safe. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** One call that was made in vain. */
export interface Attempt {
  /** The model string, or the router's deployment. */
  readonly model?: string;
  /** The error's name. */
  readonly name: string;
  readonly status: number;
}

const brand = Symbol.for('bedrock-agents-openai.error');

/**
 * Every error that this package throws on purpose; the classes carry the names that OpenAI and LiteLLM gave them.
 * `cause` is AWS's own error. `instanceof` holds between the ESM and the CommonJS build.
 */
export class APIError extends Error {
  static readonly status: number = 500;
  static readonly type: string = 'server_error';
  static readonly retryable: boolean = false;
  static readonly code: string | null = null;
  static {
    setName(this, 'APIError');
  }

  /** The HTTP status, AWS's or the class's own. */
  readonly status: number;
  /** OpenAI's word for the kind of error. */
  readonly type: string;
  /** A stable word for programs: OpenAI's where it has one, else AWS's exception name. */
  readonly code: string | null;
  /** The parameter at fault, as the caller spelt it. */
  readonly param: string | null;
  /** Always `bedrock`, as LiteLLM has it. */
  readonly llm_provider = 'bedrock';
  /** The model string that was asked for. */
  readonly model: string | undefined;
  /** AWS's request id, where the request reached AWS. */
  request_id: string | undefined;
  /** Seconds to wait before another try, where AWS or a router named them. */
  readonly retry_after: number | undefined;
  /** Whether the turn cannot have run, so that asking again is safe. */
  readonly retryable: boolean;
  /** What was tried in vain, where a call was repeated or handed on; oldest first. */
  readonly attempts: readonly Attempt[] = [];

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.status = details.status ?? new.target.status;
    this.type = new.target.type;
    this.code = details.code ?? new.target.code;
    this.param = details.param ?? null;
    this.model = details.model;
    this.request_id = details.request_id;
    this.retry_after = details.retry_after;
    this.retryable = details.retryable ?? new.target.retryable;
  }

  /** Whether this is an error of the class, of whichever build of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    const prototype = this.prototype as { [brand]?: string };
    if (!Object.hasOwn(prototype, brand)) return Function.prototype[Symbol.hasInstance].call(this, value);
    for (let link: unknown = value; typeof link === 'object' && link !== null; link = Object.getPrototypeOf(link)) {
      if (Object.hasOwn(link, brand) && (link as { [brand]?: string })[brand] === prototype[brand]) return true;
    }
    return false;
  }
}

/** Says which model an error is about; only the caller of an agent knows. */
export function withModel(error: unknown, model: string): unknown {
  return error instanceof APIError ? copyError(error, { model: error.model ?? model }) : error;
}

/** The same error, with more known of it. Whoever threw it may throw it again, and finds it as it was. */
export function copyError(error: APIError, known: Known): APIError {
  const { message = error.message } = known;
  // Not of its class's constructor, which may be a stranger's.
  const copy = new Error(message, 'cause' in error ? { cause: error.cause } : {});
  const { stack } = error;
  if (stack !== undefined) copy.stack = stack;
  return Object.assign(Object.setPrototypeOf(copy, Object.getPrototypeOf(error) as object) as APIError, error, known);
}

interface Known {
  readonly message?: string;
  readonly model?: string | undefined;
  readonly attempts?: readonly Attempt[];
  readonly retry_after?: number | undefined;
}

/** The calls that an error stands for: those it tells of, or the one that it ended. */
export function toAttempts(error: APIError, model?: string): readonly Attempt[] {
  const { name, status, attempts } = error;
  const made = attempts.length > 0 ? attempts : [{ name, status }];
  return made.map((attempt) => ({ ...(model !== undefined && { model }), ...attempt }));
}

/** Ends an error's message with what was tried, where that was more than one call. */
export function tellAttempts(error: unknown): unknown {
  if (!(error instanceof APIError) || error.attempts.length < 2) return error;
  const times = new Map<string, number>();
  for (const { model, name, status } of error.attempts) {
    const call = `${model ?? error.model ?? 'the agent'}: ${name} ${status}`;
    times.set(call, (times.get(call) ?? 0) + 1);
  }
  const told = [...times].map(([call, count]) => (count > 1 ? `${call} (${count} times)` : call));
  return copyError(error, { message: `${error.message} Tried: ${told.join('; ')}.` });
}

/** The keys of LiteLLM's `retry_policy`, whose word for our `Timeout` ends like all the others. */
export const retryPolicyNames: readonly string[] = [
  'APIConnectionErrorRetries',
  'AuthenticationErrorRetries',
  'BadGatewayErrorRetries',
  'BadRequestErrorRetries',
  'ConflictErrorRetries',
  'ContentPolicyViolationErrorRetries',
  'ContextWindowExceededErrorRetries',
  'InternalServerErrorRetries',
  'NotFoundErrorRetries',
  'PermissionDeniedErrorRetries',
  'RateLimitErrorRetries',
  'ServiceUnavailableErrorRetries',
  'TimeoutErrorRetries',
];

/** The request is wrong; nothing was sent, or AWS refused it with a 400. */
export class BadRequestError extends APIError {
  static override readonly status: number = 400;
  static override readonly type: string = 'invalid_request_error';
  static {
    setName(this, 'BadRequestError');
  }
}

/** The agent cannot honour these parameters; `drop_params: true` leaves them out. */
export class UnsupportedParamsError extends BadRequestError {
  static override readonly code = 'unsupported_parameter';
  static {
    setName(this, 'UnsupportedParamsError');
  }
}

/** The conversation is longer than the agent's model can read. */
export class ContextWindowExceededError extends BadRequestError {
  static override readonly code = 'context_length_exceeded';
  static {
    setName(this, 'ContextWindowExceededError');
  }
}

/** AWS refused the content. */
export class ContentPolicyViolationError extends BadRequestError {
  static override readonly code = 'content_policy_violation';
  static {
    setName(this, 'ContentPolicyViolationError');
  }
}

/** Credentials are missing, expired, unknown or invalid. */
export class AuthenticationError extends APIError {
  static override readonly status = 401;
  static override readonly type = 'authentication_error';
  static {
    setName(this, 'AuthenticationError');
  }
}

/** The credentials are good but may not do this. */
export class PermissionDeniedError extends APIError {
  static override readonly status = 403;
  static override readonly type = 'permission_error';
  static {
    setName(this, 'PermissionDeniedError');
  }
}

/** AWS knows no such agent, alias, runtime or endpoint. */
export class NotFoundError extends APIError {
  static override readonly status = 404;
  static override readonly type = 'invalid_request_error';
  static {
    setName(this, 'NotFoundError');
  }
}

/** Nothing came from AWS for `timeout` seconds. */
export class Timeout extends APIError {
  static override readonly status = 408;
  static override readonly type = 'timeout_error';
  static {
    setName(this, 'Timeout');
  }
}

/** Another operation on the same session or agent is in the way. */
export class ConflictError extends APIError {
  static override readonly status = 409;
  static override readonly type = 'invalid_request_error';
  static {
    setName(this, 'ConflictError');
  }
}

/** AWS understood the request but could not process it. */
export class UnprocessableEntityError extends APIError {
  static override readonly status = 422;
  static override readonly type = 'invalid_request_error';
  static {
    setName(this, 'UnprocessableEntityError');
  }
}

/** Too many requests, or, with code `insufficient_quota`, a quota that waiting does not refill. */
export class RateLimitError extends APIError {
  static override readonly status = 429;
  static override readonly type = 'rate_limit_error';
  static override readonly retryable = true;
  static {
    setName(this, 'RateLimitError');
  }
}

/** AWS failed. */
export class InternalServerError extends APIError {
  static {
    setName(this, 'InternalServerError');
  }
}

/** What stands behind AWS failed: the agent itself, its model, a tool; or the answer was cut short. */
export class BadGatewayError extends APIError {
  static override readonly status = 502;
  static {
    setName(this, 'BadGatewayError');
  }
}

/** AWS cannot answer now. */
export class ServiceUnavailableError extends APIError {
  static override readonly status = 503;
  static override readonly retryable = true;
  static {
    setName(this, 'ServiceUnavailableError');
  }
}

/** No connection to AWS, or it was lost. */
export class APIConnectionError extends APIError {
  static override readonly type = 'api_connection_error';
  static {
    setName(this, 'APIConnectionError');
  }
}

function setName(target: { readonly prototype: APIError }, name: string): void {
  // Bundlers rename classes; the name and the brand that `instanceof` compares must not follow them.
  Object.defineProperty(target.prototype, 'name', { value: name, configurable: true, writable: true });
  Object.defineProperty(target.prototype, brand, { value: name });
}
