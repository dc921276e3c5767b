import type { ChatCompletionChunk } from './chunk.ts';
import type { Chunks } from './chunks.ts';
import { type ChatCompletion, collect } from './collect.ts';
import { type HiddenParams, withHidden } from './hidden.ts';
import { unpack } from './unpack.ts';

/** How a stream is ended and what it shows; for those who make one. */
export interface StreamOptions {
  /** Ends the call when it aborts; the stream aborts it when nobody reads on. */
  readonly controller: AbortController;
  /** The caller's own signal: its abort is an error, the stream's is a quiet end. */
  readonly signal: AbortSignal | undefined;
  /** Whether the usage chunk is shown. */
  readonly includeUsage: boolean;
  /** Called when the stream has ended in whatever way. */
  readonly onEnd: () => void;
}

/**
 * A streamed answer: an async iterable of chunks, to be read once. It throws where the answer breaks off; leaving the
 * loop, `abort()` or dropping the stream closes the connection to AWS.
 */
export class CompletionStream implements AsyncIterable<ChatCompletionChunk> {
  /** Aborting it ends the iteration quietly, like `abort()`. */
  readonly controller: AbortController;
  /** What is known about the answer; complete once the stream has ended. Not enumerable. */
  declare readonly _hidden_params: HiddenParams;
  readonly #chunks: Chunks;
  readonly #options: StreamOptions;
  #consumed = false;

  constructor(chunks: Chunks, options: StreamOptions) {
    const { controller, onEnd } = options;
    this.controller = controller;
    this.#chunks = chunks;
    this.#options = options;
    withHidden(this, chunks.hidden);
    const close = () => {
      controller.abort();
      onEnd();
    };
    dropped.register(this, close, this);
  }

  /** Send it back to go on with this conversation. */
  get session_id(): string {
    return this.#chunks.hidden.session_id;
  }

  /** Closes the connection; the iteration ends quietly. */
  abort(): void {
    this.controller.abort();
  }

  /** Each chunk as it comes; throws an `APIError` where the answer breaks off. */
  [Symbol.asyncIterator](): AsyncIterator<ChatCompletionChunk, undefined> {
    return this.#leavable(unpack(this.#shown(this.#read()), this.controller.signal));
  }

  /** The same in batches: what one read from AWS brought comes together, for a server to write at once. */
  batches(): AsyncIterator<readonly ChatCompletionChunk[], undefined> {
    const batches = this.#shown(this.#read());
    return this.#leavable(() => batches.next());
  }

  #leavable<T>(next: () => Promise<IteratorResult<T, undefined>>): AsyncIterator<T, undefined> {
    return {
      next,
      return: () => {
        // Not a generator's `return()`: it would wait behind a `next()` that is under way.
        this.abort();
        this.#end();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  /** What the caller asked to see, and a quiet end where the caller ended it. */
  async *#shown(
    batches: AsyncIterable<readonly ChatCompletionChunk[]>,
  ): AsyncGenerator<readonly ChatCompletionChunk[], undefined> {
    const { controller, signal, includeUsage } = this.#options;
    try {
      controller.signal.throwIfAborted();
      for await (const batch of batches) {
        controller.signal.throwIfAborted();
        // Usage comes last, and alone.
        const hidesLast = !includeUsage && batch.at(-1)?.choices.length === 0;
        const shown = hidesLast ? batch.slice(0, -1) : batch;
        if (shown.length > 0) yield shown;
        controller.signal.throwIfAborted();
      }
    } catch (error) {
      if (!controller.signal.aborted || signal?.aborted) throw error;
    }
  }

  /** The same as newline-separated JSON, as the OpenAI SDK's `Stream.fromReadableStream` reads it. */
  toReadableStream(): ReadableStream<Uint8Array> {
    const iterator = this[Symbol.asyncIterator]();
    const encoder = new TextEncoder();
    return new ReadableStream({
      async pull(controller) {
        const result = await iterator.next();
        if (result.done) controller.close();
        else controller.enqueue(encoder.encode(`${JSON.stringify(result.value)}\n`));
      },
      async cancel() {
        await iterator.return?.();
      },
    });
  }

  /** Reads the stream to its end and sums it up; throws once an iteration has begun. */
  async finalChatCompletion(): Promise<ChatCompletion> {
    return collect(this.#read());
  }

  #read(): AsyncGenerator<readonly ChatCompletionChunk[], undefined> {
    if (this.#consumed) throw new TypeError('This stream is being read or has been read; a stream can be read once.');
    this.#consumed = true;
    return this.#batches();
  }

  async *#batches(): AsyncGenerator<readonly ChatCompletionChunk[], undefined> {
    try {
      for await (const batch of this.#chunks) yield batch;
    } finally {
      this.#end();
    }
  }

  #end(): void {
    dropped.unregister(this);
    this.#options.onEnd();
  }
}

// A stream that is dropped unread would hold its connection until AWS ends it.
const dropped = new FinalizationRegistry<() => void>((close) => close());
