import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** The whole body of a request. */
export async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  // An IncomingMessage without an encoding gives Buffers; Node's types say `any`.
  for await (const part of incoming as AsyncIterable<Uint8Array>) parts.push(part);
  return Buffer.concat(parts);
}

/** A signal that aborts when the caller leaves before the answer has ended. */
export function createLeaveSignal(outgoing: ServerResponse): AbortSignal {
  const controller = new AbortController();
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** Writes at once and waits while the caller reads too slowly. Throws when the caller has left. */
export async function write(outgoing: ServerResponse, bytes: string | Uint8Array, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!outgoing.write(bytes)) await once(outgoing, 'drain', { signal });
}
