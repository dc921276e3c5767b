import { type DestinationStream, type Logger, pino } from 'pino';
import { APIError } from '../errors.ts';
import { type Exchange, nameOf, secondsSince } from './exchange.ts';

/** Lines of JSON, one for each request and none with what was said. */
export function createLog(destination?: DestinationStream): Logger {
  const options = {
    base: {},
    // Nothing of these is ever handed to it; should it be one day, it still does not come out.
    redact: {
      paths: ['headers', '*.headers', 'body', '*.body', 'messages', '*.messages', 'api_key', '*.api_key', '*.key'],
      censor: '[redacted]',
    },
  };
  return pino(options, destination ?? createDestination());
}

/** Characters of lines that wait for whoever reads the log, and tenths of a second that the end waits for him. */
const most = { waiting: 10_000_000, tries: 50 };

/** Not pino's own, which keeps all that nobody reads, and at its end waits for ever. */
function createDestination(): DestinationStream {
  let tries = Infinity;
  // Before the listener that writes what is left.
  process.prependOnceListener('exit', () => (tries = most.tries));
  const stdout = pino.destination({
    dest: 1,
    sync: false,
    maxLength: most.waiting,
    retryEAGAIN: () => tries-- > 0,
  });
  stdout.once('drop', () => {
    process.emitWarning('Nobody reads the log fast enough: lines are left out.', {
      type: 'BedrockAgentsWarning',
      code: 'LOG_NOT_READ',
    });
  });
  return stdout;
}

/** Writes the line of a request that has ended. */
export function logExchange(log: Logger, exchange: Exchange): void {
  const { route, method, key, model, callId, status, isStream, begunAfter, error, isLeft, known, began } = exchange;
  const line = {
    route,
    method,
    status,
    key,
    model,
    call_id: known?.litellm_call_id ?? callId,
    aws_request_id: known?.request_id ?? (error instanceof APIError ? error.request_id : undefined),
    deployment: known?.model_id,
    stream: isStream,
    first_chunk_ms: isStream && begunAfter !== undefined ? Math.round(begunAfter * 1000) : undefined,
    duration_ms: Math.round(secondsSince(began) * 1000),
    prompt_tokens: known?.usage.prompt_tokens,
    completion_tokens: known?.usage.completion_tokens,
    cost: known?.response_cost ?? undefined,
    left: isLeft,
    ...(error !== undefined && { error: nameOf(error) }),
    ...(error instanceof APIError && isWord(error.code) && { code: error.code }),
    ...(error !== undefined && !(error instanceof APIError) && { stack: toPlaces(error) }),
  };
  if (error !== undefined && (status ?? 500) >= 500) log.error(line, 'request');
  else log.info(line, 'request');
}

/** Agents name the codes of their errors, and may put their answer there. */
function isWord(code: string | null): boolean {
  return code !== null && /^[\w.-]{1,64}$/.test(code);
}

/** Where something unexpected was thrown, without its message, which may hold anything. */
function toPlaces(error: unknown): readonly string[] {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  return lines.filter((line) => /^ +at /.test(line)).map((line) => line.trim());
}
