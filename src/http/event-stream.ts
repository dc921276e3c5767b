import type { ChatCompletionChunk } from '../openai/chunk.ts';
import type { CompletionStream } from '../openai/stream.ts';
import { toErrorBody } from './error-body.ts';

const encoder = new TextEncoder();

export interface EventStreamOptions {
  /** Whom it is for. Its abort breaks the stream off; so does cancelling the stream. */
  readonly request: Request;
  readonly onError: (error: unknown) => void;
  /** Called once, when the last event is on its way or nobody wants any more. */
  readonly onEnd: () => void;
}

/**
 * A streamed answer → server-sent events, one write for what one read from AWS brought, and nothing read that nobody
 * pulls. It ends in `[DONE]`, or in an `error` event where the answer breaks off.
 */
export function toEventStream(
  stream: CompletionStream,
  { request, onError, onEnd }: EventStreamOptions,
): ReadableStream<Uint8Array> {
  const batches = stream.batches();
  let left = false;
  let ended = false;
  const end = () => {
    if (!ended) onEnd();
    ended = true;
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let event: string;
        let last = true;
        try {
          const { done, value } = await batches.next();
          last = done ?? false;
          event = done ? 'data: [DONE]\n\n' : toEvents(value);
        } catch (error) {
          // Naming the request here keeps it alive: Node forgets to abort its signal once nobody holds the request.
          if (request.signal.aborted) {
            end();
            throw error;
          }
          onError(error);
          event = `data: ${JSON.stringify(toErrorBody(error))}\n\n`;
        }
        if (left) return;
        controller.enqueue(encoder.encode(event));
        if (!last) return;
        controller.close();
        end();
      },
      async cancel() {
        left = true;
        end();
        await batches.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

function toEvents(chunks: readonly ChatCompletionChunk[]): string {
  let events = '';
  for (const chunk of chunks) events += `data: ${JSON.stringify(chunk)}\n\n`;
  return events;
}
