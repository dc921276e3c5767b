import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll } from 'vitest';

/** A request as it came over the wire. */
export interface Received {
  readonly method: string;
  /** Path and query, still percent-encoded. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Loopback {
  /** For `api_base`. */
  readonly url: string;
  readonly received: Received[];
  /** Sockets that are open now. */
  readonly sockets: ReadonlySet<Socket>;
  readonly close: () => Promise<void>;
}

const open = new Set<() => Promise<void>>();
// Registered here and not by `serve`: vitest ignores, without a word, a hook that is registered while tests run.
afterAll(async () => {
  await Promise.all([...open].map((close) => close()));
});

/** An HTTP/1.1 server on this machine that answers with what `answer` writes; closed after the test file. */
export async function serve(
  answer: (response: ServerResponse, request: Received) => unknown,
  port = 0,
): Promise<Loopback> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((message, response) => {
    const parts: Buffer[] = [];
    message.on('data', (part: Buffer) => parts.push(part));
    message.on('end', () => {
      const { method = '', url = '', headers } = message;
      const request = { method, url, headers, body: Buffer.concat(parts).toString('utf8') };
      received.push(request);
      void answer(response, request);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  open.add(close);
  return { url: `http://127.0.0.1:${address.port}`, received, sockets, close };
}

/** Waits until `condition` holds, at most `milliseconds`; says whether it does. */
export async function within(milliseconds: number, condition: () => boolean): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return true;
}
