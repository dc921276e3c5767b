import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Logger } from 'pino';
import { type APIError, PermissionDeniedError, ServiceUnavailableError } from '../errors.ts';
import { toErrorResponse } from '../http/error-body.ts';
import type { ProxyConfig } from './config.ts';
import { isOfStrangePage } from './pages.ts';

/** Where a proxy listens. */
export interface ListenOptions {
  /** Default 4000; 0 is any that is free. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
}

/** A server that answers. */
export interface Listening {
  readonly url: string;
  /** Takes nothing new, lets running answers end for as long as the configuration gives them, and closes. */
  readonly close: () => Promise<void>;
}

type Limits = Pick<
  ProxyConfig,
  'masterKey' | 'keys' | 'allowAnonymous' | 'maxConnections' | 'requestTimeout' | 'idleTimeout' | 'drainTimeout'
>;

/** Puts a Node server before `fetch`. Rejects where anybody in the network could ask without a key. */
export async function listen(
  fetch: (request: Request) => Promise<Response>,
  config: Limits,
  log: Logger,
  { port = 4000, host = '127.0.0.1' }: ListenOptions = {},
): Promise<Listening> {
  const { requestTimeout = 60, idleTimeout = 75, maxConnections = 10_000, drainTimeout = 30 } = config;
  const hasKeys = config.masterKey !== undefined || config.keys.length > 0;
  const isOpen = !hasKeys && !config.allowAnonymous;
  if (isOpen && !isLoopback(host)) {
    throw new Error(
      `Without a key, whoever reaches ${host} could run your agents. Set general_settings.master_key, or say ` +
        'general_settings.allow_anonymous: true where something else keeps strangers away.',
    );
  }
  let isDraining = false;
  const server = createAdaptorServer({
    fetch: (request: Request) => {
      if (isDraining && !isLiveness(request)) return refuse(stopped(), { connection: 'close' });
      return isOpen && isOfStrangePage(request) ? refuse(strange()) : fetch(request);
    },
    createServer,
    hostname: host,
    serverOptions: {
      requestTimeout: requestTimeout * 1000,
      headersTimeout: Math.min(requestTimeout, 20) * 1000,
      keepAliveTimeout: idleTimeout * 1000,
      // Node looks after those only every 30 seconds by default.
      connectionsCheckingInterval: 1000,
    },
  }) as Server; // As `createServer` above makes it.
  server.maxConnections = maxConnections;
  const busy = countBusy(server);
  server.setTimeout(idleTimeout * 1000, (socket) => {
    // Who waits for a slow agent is silent too, but has nothing there that waits to be read.
    if (socket.writableLength > 0 || !busy.has(socket)) socket.destroy();
  });
  server.listen(port, host);
  await once(server, 'listening');
  // A server on a host and a port has an address, and no path.
  const address = server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
  log.info({ url }, 'listening');

  async function close(): Promise<void> {
    isDraining = true;
    log.info({ running: busy.count() }, 'draining');
    await within(drainTimeout, busy.none());
    const cut = busy.count();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    log.info({ cut }, 'closed');
  }

  return { url, close };
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|::1)$/.test(host);
}

/** Who asks must not think that the process hangs, only that it goes. */
function isLiveness({ url }: Request): boolean {
  return /^\/health\/live(liness|ness)$/.test(new URL(url).pathname);
}

function refuse(error: APIError, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return Promise.resolve(toErrorResponse(error, headers));
}

function stopped(): APIError {
  return new ServiceUnavailableError('This proxy is being stopped; ask again, another takes its place.');
}

function strange(): APIError {
  return new PermissionDeniedError(
    'Without a key this proxy answers to this machine only, and not to web pages or public names. Set ' +
      'general_settings.master_key, or say general_settings.allow_anonymous: true.',
  );
}

/** Counts the answers that are not out yet, and knows their connections. */
function countBusy(server: Server) {
  const sockets = new Map<ServerResponse, Socket>();
  server.on('request', ({ socket }, outgoing) => {
    sockets.set(outgoing, socket);
    outgoing.once('close', () => {
      sockets.delete(outgoing);
      if (sockets.size === 0) server.emit('unbusy');
    });
  });
  return {
    count: () => sockets.size,
    has: (socket: Socket) => [...sockets.values()].includes(socket),
    none: () => (sockets.size === 0 ? Promise.resolve() : once(server, 'unbusy')),
  };
}

async function within(seconds: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, seconds * 1000)));
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
