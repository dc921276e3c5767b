import type { Readable } from 'node:stream';
import type { AgentEvent, AgentRequest, AgentResponse } from '../agent.ts';
import { type APIError, BadGatewayError } from '../errors.ts';
import { toAPIError } from './errors.ts';
import { createLifetime, type Lifetime } from './lifetime.ts';

/** Bytes of one answer → its events. Both functions add to `events` and may throw after adding. */
export interface Reader {
  readonly read: (bytes: Buffer, events: AgentEvent[]) => void;
  /** After the last byte: ends with a `finish`, or throws because the answer was cut short. */
  readonly end: (events: AgentEvent[]) => void;
}

/** An answer whose headers have come. */
export interface Opened extends Omit<AgentResponse, 'events'> {
  readonly body: Readable;
  readonly reader: Reader;
}

/** Sends the request; `signal` ends it. Whatever it adds to `secrets` stands in no error. */
export type Open = (signal: AbortSignal, secrets: string[]) => Promise<Opened>;

export interface CallOptions {
  readonly maxBytes: number;
  /** Says more about an error than AWS did. */
  readonly explain?: (error: APIError) => APIError;
}

/**
 * One call, one lifetime: deadline, abort, break and truncation, whatever AWS's client makes of them. It keeps the four
 * promises of an `Agent` for every service.
 */
export async function call(request: AgentRequest, open: Open, options: CallOptions): Promise<AgentResponse> {
  request.signal?.throwIfAborted();
  const lifetime = createLifetime(request);
  const secrets: string[] = [];
  const { body, reader, ...response } = await begin(open, lifetime, options, secrets);
  const toError = (thrown: unknown) => toThrow(thrown, lifetime, options, secrets, response.requestId);
  const source = readEvents(body, reader, lifetime, { maxBytes: options.maxBytes, toError });
  let first: IteratorResult<readonly AgentEvent[], undefined> | undefined = await source.next();
  // Not a generator: one that has not begun has no `finally`, and this one holds a connection already.
  const events: AsyncIterator<readonly AgentEvent[], undefined> = {
    next: () => {
      const result = first;
      first = undefined;
      if (!result) return source.next();
      return request.signal?.aborted ? source.throw(request.signal.reason as Error) : Promise.resolve(result);
    },
    return: () => {
      first = undefined;
      return source.return();
    },
  };
  return { ...response, events: { [Symbol.asyncIterator]: () => events } };
}

async function begin(open: Open, lifetime: Lifetime, options: CallOptions, secrets: string[]): Promise<Opened> {
  const opening = open(lifetime.signal, secrets);
  try {
    // AWS's client heeds the signal once it sends, but not while it looks for credentials.
    return await lifetime.race(opening);
  } catch (error) {
    lifetime.end();
    // Whoever gave up waiting must not leave the connection to nobody.
    opening.then(
      ({ body }) => body.destroy(),
      () => undefined,
    );
    throw toThrow(error, lifetime, options, secrets);
  }
}

/** What to throw for what AWS's client threw. */
function toThrow(
  thrown: unknown,
  { signal }: Lifetime,
  { explain }: CallOptions,
  secrets: readonly string[],
  requestId?: string,
): unknown {
  if (signal.aborted) return signal.reason;
  const error = toAPIError(thrown, secrets);
  error.request_id ??= requestId;
  return explain ? explain(error) : error;
}

interface ReadOptions {
  readonly maxBytes: number;
  readonly toError: (thrown: unknown) => unknown;
}

function readEvents(body: Readable, reader: Reader, lifetime: Lifetime, { maxBytes, toError }: ReadOptions) {
  const source = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let bytes = 0;
  let ended = false;
  const isEnded = () => ended;
  let failure: { readonly error: unknown } | undefined;
  // Neither breaking off nor aborting closes the connection by itself.
  const close = () => body.destroy();
  lifetime.onAbort(close);

  async function next(): Promise<IteratorResult<readonly AgentEvent[], undefined>> {
    while (!isEnded()) {
      try {
        lifetime.signal.throwIfAborted();
        if (failure) throw failure.error;
        const result = await lifetime.wait(source.next());
        lifetime.signal.throwIfAborted();
        if (isEnded()) break;
        const events: AgentEvent[] = [];
        failure = read(result, events);
        if (failure && events.length === 0) throw failure.error;
        if (result.done && !failure) end();
        if (events.length > 0) return { done: false, value: events };
      } catch (error) {
        // Left by `return()` while this read was under way.
        if (isEnded()) break;
        end();
        close();
        throw toError(error);
      }
    }
    return { done: true, value: undefined };
  }

  /** Returns a failure instead of throwing it: events that came before it go on before it. */
  function read(result: IteratorResult<Buffer>, events: AgentEvent[]): typeof failure {
    try {
      if (result.done) reader.end(events);
      else reader.read(count(result.value), events);
      return undefined;
    } catch (error) {
      return { error };
    }
  }

  function count(part: Buffer): Buffer {
    bytes += part.length;
    if (bytes <= maxBytes) return part;
    throw new BadGatewayError(`The answer is longer than ${maxBytes} bytes (\`max_response_bytes\`).`);
  }

  function end(): void {
    ended = true;
    lifetime.end();
  }

  const done = { done: true as const, value: undefined };
  return {
    next,
    return: () => {
      end();
      close();
      return Promise.resolve(done);
    },
    throw: (reason: Error): Promise<never> => {
      end();
      close();
      return Promise.reject(reason);
    },
  };
}
