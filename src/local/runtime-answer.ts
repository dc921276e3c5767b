import { toError } from './exceptions.ts';

/** What a runtime gave back, as an HTTP answer. */
export interface RuntimeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it has begun before its first piece is there, so that a later failure is no HTTP error. */
  readonly begun: boolean;
  readonly pieces: AsyncIterable<Uint8Array>;
  /** How an exception looks in this answer's stream; `undefined` if the answer is no stream. */
  readonly toLastPiece: ((exception: Error) => Uint8Array) | undefined;
}

/** What a runtime gave back, as the answer that its SDK would make of it. */
export function toAnswer(value: unknown, signal: AbortSignal): RuntimeAnswer {
  if (value instanceof Response) {
    const headers = new Headers(value.headers);
    // Wrong when a fault cuts the answer, and needed by nobody.
    headers.delete('content-length');
    const streams = headers.get('content-type')?.startsWith('text/event-stream') ?? false;
    return {
      status: value.status,
      headers: Object.fromEntries(headers),
      begun: true,
      // The body of a Response gives bytes; Node's types say `any`.
      pieces: (value.body as AsyncIterable<Uint8Array> | null) ?? all([]),
      toLastPiece: streams ? toErrorEvent : undefined,
    };
  }
  if (isAsyncIterable(value)) {
    return {
      status: 200,
      headers: { 'content-type': 'text/event-stream; charset=utf-8' },
      begun: false,
      pieces: toEvents(value, signal),
      toLastPiece: toErrorEvent,
    };
  }
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    begun: false,
    pieces: all([Buffer.from(toJson(value))]),
    toLastPiece: undefined,
  };
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** An error before the first event is thrown, a later one is the last event: so does Python's BedrockAgentCoreApp. */
async function* toEvents(values: AsyncIterable<unknown>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let begun = false;
  try {
    for await (const value of values) {
      const event = toEvent(value);
      begun = true;
      yield event;
    }
  } catch (error) {
    if (!begun || signal.aborted) throw error;
    yield toErrorEvent(toError(error));
  }
}

function toErrorEvent({ name, message }: Error): Uint8Array {
  return toEvent({ error: message, error_type: name, message: 'An error occurred during streaming' });
}

function toEvent(value: unknown): Uint8Array {
  return Buffer.from(`data: ${toJson(value)}\n\n`);
}

// Python's None, which a function without a result returns, is `null` on the wire.
function toJson(value: unknown): string {
  return JSON.stringify(value ?? null);
}

/* eslint-disable-next-line @typescript-eslint/require-await -- one kind of iterable for all answers */
async function* all(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
