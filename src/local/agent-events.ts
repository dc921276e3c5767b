import type { LocalAgentRequest } from './agent-request.ts';
import { createTracer } from './agent-trace.ts';
import type { LocalTraceEvent } from './agent-trace.ts';
import { eventFrame } from './event-stream.ts';

/**
 * What a local agent may yield: a piece of the answer as a string, a trace or a shorthand for one, or one of AWS's other stream events.
 * Text in `bytes` may be given as a string.
 */
export type LocalAgentEvent =
  | string
  | LocalTraceEvent
  | { readonly chunk: { readonly bytes: string | Uint8Array; readonly attribution?: unknown } }
  | { readonly returnControl: Readonly<Record<string, unknown>> }
  | { readonly files: readonly LocalFile[] };

/** A file that an agent's code interpreter made. `type` is a MIME type. */
export interface LocalFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: string | Uint8Array;
}

/** An agent's events as frames, each as soon as it is there. The answer is one chunk at the end unless the caller asked to have it streamed. */
export async function* toFrames(
  request: LocalAgentRequest,
  events: AsyncIterable<LocalAgentEvent>,
): AsyncGenerator<Uint8Array> {
  const toTraceParts = createTracer(request);
  let held: string | undefined;
  for await (const event of events) {
    // Events that make no frame are not written, so nothing else would notice here that the caller has left.
    request.signal.throwIfAborted();
    if (typeof event === 'string') {
      if (request.streamFinalResponse) yield chunkFrame(event);
      else held = (held ?? '') + event;
    } else if ('chunk' in event) {
      if (held !== undefined) yield chunkFrame(held);
      held = undefined;
      yield chunkFrame(event.chunk.bytes, event.chunk.attribution);
    } else if ('returnControl' in event) {
      yield eventFrame('returnControl', event.returnControl);
    } else if ('files' in event) {
      const files = event.files.map((file) => ({ ...file, bytes: toBase64(file.bytes) }));
      yield eventFrame('files', { files });
    } else {
      const parts = toTraceParts(event);
      if (request.enableTrace) for (const part of parts) yield eventFrame('trace', part);
    }
  }
  if (held !== undefined) yield chunkFrame(held);
}

function chunkFrame(bytes: string | Uint8Array, attribution?: unknown): Uint8Array {
  return eventFrame('chunk', { bytes: toBase64(bytes), attribution });
}

function toBase64(bytes: string | Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
