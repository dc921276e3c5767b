import type { Readable } from 'node:stream';
import type { AgentEvent, AgentRequest, AgentResponse } from '../agent.ts';
import { type APIError, BadGatewayError, Timeout } from '../errors.ts';
import { toAPIError } from './errors.ts';

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

export interface CallOptions {
  readonly maxBytes: number;
  /** Says more about an error than AWS did. */
  readonly explain?: (error: APIError) => APIError;
}

/** Seconds; AgentCore's own limit for an answer that is not streamed. */
const defaultTimeout = 900;

/**
 * One call, one lifetime: deadline, abort, break and truncation, whatever AWS's client makes of them. It keeps the four
 * promises of an `Agent` for every service.
 */
export async function call(
  request: AgentRequest,
  open: (signal: AbortSignal) => Promise<Opened>,
  options: CallOptions,
): Promise<AgentResponse> {
  request.signal?.throwIfAborted();
  const lifetime = createLifetime(request, options);
  try {
    const { body, reader, ...response } = await lifetime.race(open(lifetime.signal));
    const source = readEvents(body, reader, lifetime, options.maxBytes);
    let first: IteratorResult<readonly AgentEvent[], undefined> | undefined = await source.next();
    const next = async () => {
      const result = first ?? source.next();
      if (first && request.signal?.aborted) {
        await source.return();
        throw request.signal.reason;
      }
      first = undefined;
      return result;
    };
    // Not a generator: one that has not begun has no `finally`, and this one holds a connection already.
    return { ...response, events: { [Symbol.asyncIterator]: () => ({ next, return: source.return }) } };
  } catch (error) {
    lifetime.end();
    throw lifetime.toError(error);
  }
}

type Lifetime = ReturnType<typeof createLifetime>;

function createLifetime({ signal, timeout = defaultTimeout }: AgentRequest, { explain }: CallOptions) {
  const controller = new AbortController();
  let waiting = true;
  let ended = false;

  // One timer for the whole call: bytes put it off, and while nobody is reading it means nothing.
  const silence = setTimeout(
    () => {
      if (waiting) controller.abort(new Timeout(`Nothing came from AWS for ${timeout} seconds (\`timeout\`).`));
    },
    Math.min(timeout * 1000, 2 ** 31 - 1),
  );
  const abort = () => controller.abort(signal?.reason);
  signal?.addEventListener('abort', abort);

  return {
    signal: controller.signal,

    /** AWS's client heeds the signal once it sends, but not while it looks for credentials. */
    async race(opening: Promise<Opened>): Promise<Opened> {
      const aborted = new Promise<never>((_, reject) => {
        controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), { once: true });
      });
      void opening.then(
        ({ body }) => {
          // Whoever gave up waiting must not leave the connection to nobody.
          if (ended) body.destroy();
        },
        () => undefined,
      );
      return Promise.race([opening, aborted]);
    },

    async wait<T>(promise: Promise<T>): Promise<T> {
      waiting = true;
      silence.refresh();
      try {
        return await promise;
      } finally {
        waiting = false;
      }
    },

    end(): void {
      ended = true;
      clearTimeout(silence);
      signal?.removeEventListener('abort', abort);
    },

    /** What to throw for what AWS's client threw. */
    toError(thrown: unknown): unknown {
      if (controller.signal.aborted) return controller.signal.reason;
      const error = toAPIError(thrown);
      return explain ? explain(error) : error;
    },
  };
}

function readEvents(body: Readable, reader: Reader, lifetime: Lifetime, maxBytes: number) {
  const source = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let bytes = 0;
  let ended = false;
  const isEnded = () => ended;
  let failure: { readonly error: unknown } | undefined;
  // Neither breaking off nor aborting closes the connection by itself.
  const close = () => body.destroy();
  lifetime.signal.addEventListener('abort', close);

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
        throw lifetime.toError(error);
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
    lifetime.signal.removeEventListener('abort', close);
    lifetime.end();
  }

  return {
    next,
    return: () => {
      end();
      close();
      return Promise.resolve({ done: true as const, value: undefined });
    },
  };
}
