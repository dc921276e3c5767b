import { inspect } from 'node:util';
import {
  APIConnectionError,
  APIError,
  AuthenticationError,
  BadGatewayError,
  BadRequestError,
  ConflictError,
  ContentPolicyViolationError,
  ContextWindowExceededError,
  type ErrorDetails,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  ServiceUnavailableError,
  Timeout,
  UnprocessableEntityError,
} from '../errors.ts';

/** What AWS's exceptions look like, whichever service, status or stream they come from. */
interface AwsError {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
  /** Of JSON-RPC: A2A agents answer so, and AWS answers for them. */
  readonly error?: { readonly message?: unknown } | null;
  readonly $metadata?: {
    readonly httpStatusCode?: number;
    readonly requestId?: string;
    /** The signature was too old or too new by this machine's clock; AWS's client goes by AWS's from now on. */
    readonly clockSkewCorrected?: boolean;
  };
  readonly $response?: {
    readonly statusCode?: number;
    readonly headers?: Readonly<Record<string, string>>;
    body?: unknown;
  };
}

/** AWS's exceptions by name, as the HTTP status they stand for; the name says more than the status they came with. */
const statusOfName: ReadonlyMap<string, number> = new Map([
  ['ValidationException', 400],
  ['UnauthorizedException', 401],
  ['AuthFailure', 401],
  ['CredentialsProviderError', 401],
  ['ExpiredToken', 401],
  ['ExpiredTokenException', 401],
  ['IncompleteSignature', 401],
  ['IncompleteSignatureException', 401],
  ['InvalidClientTokenId', 401],
  ['InvalidSignatureException', 401],
  ['MissingAuthenticationToken', 401],
  ['MissingAuthenticationTokenException', 401],
  ['RequestExpired', 401],
  ['RequestInTheFuture', 401],
  ['RequestTimeTooSkewed', 401],
  ['SignatureDoesNotMatch', 401],
  ['TokenRefreshRequired', 401],
  ['UnrecognizedClientException', 401],
  ['ServiceQuotaExceededException', 402],
  ['AccessDeniedException', 403],
  ['ResourceNotFoundException', 404],
  ['RequestTimeout', 408],
  ['RequestTimeoutException', 408],
  ['ConflictException', 409],
  ['RetryableConflictException', 409],
  ['DependencyFailedException', 424],
  ['RuntimeClientError', 424],
  ['ThrottlingException', 429],
  ['TooManyRequestsException', 429],
  ['InternalServerException', 500],
  ['BadGatewayException', 502],
  ['ModelNotReadyException', 503],
  ['ServiceUnavailable', 503],
  ['ServiceUnavailableException', 503],
]);

/** Nothing was sent when these happened. */
const connectCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** A failure that several calls wait for; each makes an error of its own of it, to add what it knows of itself. */
export class SharedFailure extends Error {
  readonly toError: () => APIError;

  constructor(toError: () => APIError) {
    super(toError().message);
    this.toError = toError;
  }
}

/** An exception that came as a frame of a stream, its name in AWS's camelCase. */
export class StreamException extends Error {
  constructor(name: string, message: unknown) {
    super(typeof message === 'string' ? message : '');
    this.name = name.charAt(0).toUpperCase() + name.slice(1);
  }
}

/**
 * Anything that an AWS client or its stream threw → our error, by name and then by status; `cause` is AWS's own.
 * `secrets` are cut out of what AWS says.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_InvokeAgent.html#API_agent-runtime_InvokeAgent_Errors
 */
export function toAPIError(thrown: unknown, secrets: readonly string[] = []): APIError {
  if (thrown instanceof APIError) return withoutSecrets(thrown, secrets);
  if (thrown instanceof SharedFailure) return thrown.toError();
  const error = toAwsError(thrown);
  // It leads to the request and its headers, token and all. AWS made the field one that cannot be removed.
  if (error.$response) error.$response.body = undefined;
  const status = toStatus(error);
  if (status === undefined) return toConnectionError(error);

  const told = error.message === 'UnknownError' ? (toText(error.error) ?? error.message) : error.message;
  const text = redact(told, secrets);
  // A cause would hold what was cut out, in any of the fields of AWS's answer, or quote the body that is not JSON.
  const isSafe = text === told && !isTold(secrets, inspect(thrown, { depth: 8 })) && !(error instanceof SyntaxError);
  const retryAfter = toSeconds(error.$response?.headers?.['retry-after']);
  return statusError(status, toSentence(error, text), {
    ...(isSafe && { cause: thrown }),
    ...(isNamed(error) && { code: error.name }),
    ...(error.$metadata?.requestId !== undefined && { request_id: error.$metadata.requestId }),
    ...(retryAfter !== undefined && { retry_after: retryAfter }),
    ...(isHarmless(error, text) && { retryable: true }),
  });
}

/** What AWS says of credentials that were good once. */
const outdated = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'TokenRefreshRequired',
  'UnrecognizedClientException',
]);

/** Whether AWS refused the credentials as such: newer ones may be better. */
export function isRefusal(thrown: unknown): boolean {
  return thrown instanceof Error && outdated.has(thrown.name);
}

/** An error of our own may say what an agent said, who was told the token. */
function withoutSecrets(error: APIError, secrets: readonly string[]): APIError {
  const { message, code, status, retryable, param, request_id, retry_after } = error;
  if (!isTold(secrets, [message, code, inspect(error, { depth: 8 })].join(' '))) return error;
  return statusError(status, redact(message, secrets), {
    retryable,
    ...(code !== null && { code: redact(code, secrets) }),
    ...(param !== null && { param }),
    ...(request_id !== undefined && { request_id }),
    ...(retry_after !== undefined && { retry_after }),
  });
}

/** Whether the turn has not run, and may well run when it is asked for again. */
function isHarmless({ name, $metadata }: AwsError, text: string): boolean {
  return name === 'RetryableConflictException' || $metadata?.clockSkewCorrected === true || notRun.test(text);
}

/** The agent was not up yet, or its session still busy with what came before: the turn has not run. */
const notRun = /initialization time exceeded|session operation in progress/i;

function toText(error: AwsError['error']): string | undefined {
  return typeof error?.message === 'string' ? error.message : undefined;
}

function toStatus(error: AwsError): number | undefined {
  const known = statusOfName.get(error.name);
  if (known !== undefined) return known;
  if (error instanceof StreamException) return 500;
  const status = error.$metadata?.httpStatusCode ?? error.$response?.statusCode;
  if (status === undefined || status >= 400) return status;
  // An answer that began well: either the connection was lost, or what it brought is no answer.
  return typeof error.code === 'string' ? undefined : 502;
}

/** The error that a status stands for. */
export function statusError(status: number, message: string, details: ErrorDetails): APIError {
  switch (status) {
    case 400:
      return badRequest(message, details);
    case 401:
      return new AuthenticationError(message, details);
    case 402:
      return new RateLimitError(message, { ...details, code: 'insufficient_quota', retryable: false });
    case 403:
      return new PermissionDeniedError(message, details);
    case 404:
      return new NotFoundError(message, details);
    case 408:
    case 504:
      return new Timeout(message, { ...details, status });
    case 409:
      return new ConflictError(message, details);
    case 422:
      return new UnprocessableEntityError(message, details);
    case 424:
    case 502:
      return new BadGatewayError(message, details);
    case 429:
      return new RateLimitError(message, details);
    case 503:
      return new ServiceUnavailableError(message, details);
    default:
      return status < 500
        ? new BadRequestError(message, { ...details, status })
        : new InternalServerError(message, { ...details, status });
  }
}

// AWS has one exception for many mistakes; these texts tell the two that callers act on.
const tooLong = /too many (input )?tokens|expected maxLength:|(input|prompt) is too long|prompt: length: 1\.\./i;
const refused = /content policy|content filter|blocked by .*guardrail|violates .*polic/i;

/** Where such a text stands, if at all: in one that an agent wrote without end, to look on takes the square of it. */
const longestReason = 10_000;

function badRequest(message: string, details: ErrorDetails): BadRequestError {
  const reason = message.slice(0, longestReason);
  if (tooLong.test(reason))
    return new ContextWindowExceededError(message, { ...details, code: 'context_length_exceeded' });
  if (refused.test(reason))
    return new ContentPolicyViolationError(message, { ...details, code: 'content_policy_violation' });
  return new BadRequestError(message, details);
}

function toConnectionError(error: AwsError): APIError {
  const code = typeof error.code === 'string' ? error.code : undefined;
  if (code === 'ERR_INVALID_CHAR' || code === 'ERR_HTTP_INVALID_HEADER_VALUE') {
    return new BadRequestError('A parameter that is sent as an HTTP header has a character that no header may have.');
  }
  if (code === undefined) return new APIConnectionError(`The call to AWS failed (${error.name}).`, { cause: error });
  return new APIConnectionError(toLoss(code), { cause: error, retryable: connectCodes.has(code) });
}

/** OpenSSL's words for a handshake that failed, and Node's for a certificate that nobody vouches for. */
const tlsCodes = /^(EPROTO$|ERR_SSL_|ERR_TLS_|UNABLE_TO_)|CERT/;

function toLoss(code: string): string {
  if (connectCodes.has(code)) return `Cannot connect to AWS (${code}); check the region, \`api_base\` and the network.`;
  if (tlsCodes.test(code)) return `No TLS connection to AWS (${code}); check \`api_base\` and \`ssl_verify\`.`;
  if (code.startsWith('HPE_')) return `What came from AWS is no HTTP (${code}); check \`api_base\` and the network.`;
  return `The connection to AWS was lost (${code}) before the answer was complete.`;
}

/** What quotes a request (AWS, when it refuses the signature: headers, session token and all) or a process's output. */
const quoted = /The Canonical String|The String-to-Sign|Authorization=|Command failed:/i;

function redact(message: string, secrets: readonly string[]): string {
  const end = message.search(quoted);
  const own = end === -1 ? message : message.slice(0, end).trimEnd();
  return secrets.filter(isLong).reduce((text, secret) => text.replaceAll(secret, '[…]'), own);
}

function isTold(secrets: readonly string[], text: string): boolean {
  return secrets.filter(isLong).some((secret) => text.includes(secret));
}

/** Real secrets are long; a few letters would be found in every other word. */
function isLong(secret: string): boolean {
  return secret.length >= 8;
}

function toSentence(error: AwsError, text: string): string {
  const status = error.$metadata?.httpStatusCode ?? error.$response?.statusCode;
  const answer = status === undefined ? 'AWS ended its stream' : `AWS answered HTTP ${status}`;
  if (error.name === 'CredentialsProviderError') {
    return `Unable to locate credentials: ${text}. Pass aws_access_key_id and aws_secret_access_key, or set up AWS's default chain.`;
  }
  if (error instanceof SyntaxError) return `${answer} with a body that is not JSON.`;
  if (text !== '' && text !== 'UnknownError') return text;
  return isNamed(error) ? `${answer} with ${error.name} and gave no reason.` : `${answer} and gave no reason.`;
}

function isNamed({ name }: AwsError): boolean {
  return !['', 'Error', 'SyntaxError', 'Unknown'].includes(name);
}

function toAwsError(thrown: unknown): AwsError {
  return thrown instanceof Error ? thrown : new Error('AWS threw something that is not an error.', { cause: thrown });
}

/** `Retry-After` is a number of seconds or a date. */
function toSeconds(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  const wait = Number.isNaN(seconds) ? (Date.parse(header) - Date.now()) / 1000 : seconds;
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}
