import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { within } from '../support/loopback.ts';
import type { Service } from './services.ts';

/** One request at the server's side: everything that is answered is written byte by byte, so that all of it can be wrong. */
export interface Scene {
  readonly service: Service;
  /** How many requests came before it. */
  readonly call: number;
  /** The address that was called. */
  readonly address: string;
  /** The request's headers. */
  readonly head: string;
  /** Bytes as they are. */
  readonly send: (bytes: Buffer | string) => void;
  /** Headers of an answer whose body comes in chunks. */
  readonly begin: (status?: number, headers?: Readonly<Record<string, string>>) => void;
  /** A chunk of the body. */
  readonly say: (bytes: Buffer | string) => void;
  /** Ends the body, so that the connection may be kept. */
  readonly finish: () => void;
  /** A whole answer with its length. */
  readonly respond: (
    status: number,
    contentType: string,
    body: string | Buffer,
    more?: Readonly<Record<string, string>>,
  ) => void;
  /** Waits until the caller has been told the first words; whoever reads an answer whole is told nothing. */
  readonly heard: () => Promise<unknown>;
  /** Nothing more comes. */
  readonly rest: () => void;
  readonly reset: () => void;
  /** Ends the server's half of the connection. */
  readonly close: () => void;
  /** Whether the connection is closed. */
  readonly isClosed: () => boolean;
  /** Has the caller leave. */
  readonly leave: () => void;
}

/** What one cell of the matrix is played on. */
export interface Stage {
  readonly port: number;
  /** Whether every connection is closed, or was left in order for a next call; waits for it. */
  readonly isLeft: () => Promise<boolean>;
  /** Resets every connection. */
  readonly reset: () => void;
  readonly close: () => Promise<void>;
}

export interface StageOptions {
  readonly service: Service;
  /** What happens on a connection; left out, requests are read from it. */
  readonly connect?: ((socket: Socket, scene: Pick<Scene, 'rest'>) => unknown) | undefined;
  readonly play: (scene: Scene) => unknown;
  readonly heard: () => Promise<unknown>;
  readonly rest: () => void;
  readonly leave: () => void;
  /** The address that it listens on; default 127.0.0.1. */
  readonly host?: string | undefined;
  readonly createServer?: ((onSocket: (socket: Socket) => void) => Server) | undefined;
}

/** Opens a server for one cell. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const { service, heard, rest, leave, play, connect, host = '127.0.0.1' } = options;
  const sockets = new Set<Socket>();
  /** Connections whose last answer was whole as HTTP has it. */
  const inOrder = new Set<Socket>();
  let calls = 0;

  function watch(socket: Socket): void {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // It is the client who has left; the rest is ours.
    socket.on('end', () => socket.destroy());
    // Whoever leaves may do so by a reset.
    socket.on('error', () => undefined);
  }

  function onSocket(socket: Socket): void {
    if (!connect) return readRequests(socket, (head) => void play(toScene(socket, head)));
    socket.on('data', () => undefined);
    void connect(socket, { rest });
  }

  function toScene(socket: Socket, head: string): Scene {
    inOrder.delete(socket);
    const send = (bytes: Buffer | string) => void socket.write(bytes);
    const finish = () => {
      send('0\r\n\r\n');
      inOrder.add(socket);
    };
    return {
      service,
      call: calls++,
      address: socket.localAddress ?? '',
      head,
      send,
      begin: (status = 200, headers = { 'content-type': service.contentType }) =>
        send(toHead(status, { ...headers, 'transfer-encoding': 'chunked' })),
      say: (bytes) => send(toChunk(bytes)),
      finish,
      respond: (status, contentType, body, more = {}) => {
        const bytes = Buffer.from(body);
        const headers = { 'content-type': contentType, 'content-length': String(bytes.length), ...more };
        send(Buffer.concat([Buffer.from(toHead(status, headers)), bytes]));
        inOrder.add(socket);
      },
      heard,
      rest,
      reset: () => socket.resetAndDestroy(),
      close: () => socket.end(),
      isClosed: () => socket.destroyed,
      leave,
    };
  }

  // It must be the client who closes what it does not want any more.
  const server = options.createServer?.(onSocket) ?? createServer({ allowHalfOpen: true }, onSocket);
  // Also where a server of its own makes another socket of it.
  server.prependListener('connection', watch);
  server.listen(0, host);
  await once(server, 'listening');
  return {
    // A server on a host and a port has an address, and no path.
    port: (server.address() as AddressInfo).port,
    isLeft: () => within(10_000, () => [...sockets].every((socket) => inOrder.has(socket))),
    reset: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Tells of each request that came whole. */
function readRequests(socket: Socket, onRequest: (head: string) => void): void {
  let bytes = Buffer.alloc(0);
  socket.on('data', (part: Buffer) => {
    bytes = Buffer.concat([bytes, part]);
    const end = bytes.indexOf('\r\n\r\n');
    if (end === -1) return;
    const head = bytes.toString('latin1', 0, end);
    const length = end + 4 + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    if (bytes.length < length) return;
    bytes = Buffer.from(bytes.subarray(length));
    onRequest(head);
  });
}

export function toHead(status: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Whatever\r\n${lines.join('')}\r\n`;
}

export function toChunk(bytes: Buffer | string): Buffer {
  const body = Buffer.from(bytes);
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')]);
}
