import { createServer as createHttp1Server, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer, type Server, type Socket } from 'node:net';

/** A server for HTTP/1.1 and, without TLS, HTTP/2 on one port. */
export interface Listener {
  readonly server: Server;
  /** Stops listening and closes open connections. */
  readonly close: () => Promise<void>;
}

type Handler = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

/**
 * AWS's JavaScript client for agents speaks HTTP/2 from the first byte, all others speak HTTP/1.1: the first bytes of a
 * connection tell them apart.
 */
export function createListener(handler: Handler): Listener {
  const http1 = createHttp1Server(handler);
  // Node's HTTP/2 server has the same requests and responses as its HTTP/1.1 server, but for their classes.
  const http2 = createHttp2Server(handler as unknown as Parameters<typeof createHttp2Server>[1]);
  const sockets = new Set<Socket>();

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A caller that resets its connection is no failure of the server.
    socket.on('error', () => socket.destroy());
    socket.once('data', (first) => {
      socket.pause();
      socket.unshift(first);
      const isHttp2 = first.toString('latin1').startsWith('PRI');
      (isHttp2 ? http2 : http1).emit('connection', socket);
      process.nextTick(() => socket.resume());
    });
  });

  return {
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
