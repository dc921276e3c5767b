import type { createClient } from 'redis';
import { APIError } from '../errors.ts';
import { type Store, toMinute } from './store.ts';

/** Where several processes share what their routers know; the `redis` package must be installed then. */
export interface RedisOptions {
  /** `redis://[user:password@]host[:port][/database]`, or `rediss://` */
  readonly redis_url?: string;
  readonly redis_host?: string;
  /** Default 6379. */
  readonly redis_port?: number;
  readonly redis_username?: string;
  readonly redis_password?: string;
  readonly redis_db?: number;
  readonly redis_ssl?: boolean;
}

/** A connection; it keeps no process alive, and when it is lost it is lost. */
export type RedisClient = ReturnType<CreateClient>;

type CreateClient = typeof createClient;

/** Connects to Redis. */
export async function connect(createClient: CreateClient, options: RedisOptions): Promise<RedisClient> {
  const { redis_url: url, redis_host: host, redis_port: port, redis_ssl: tls } = options;
  const shared = { connectTimeout: 2000, reconnectStrategy: false as const, ...(host !== undefined && { host }) };
  const socket = { ...shared, ...(port !== undefined && { port }) };
  const client = createClient({
    ...(url !== undefined && { url }),
    ...(options.redis_username !== undefined && { username: options.redis_username }),
    ...(options.redis_password !== undefined && { password: options.redis_password }),
    ...(options.redis_db !== undefined && { database: options.redis_db }),
    socket: tls ? { ...socket, tls } : socket,
    // A command fails at once when the connection is lost: nobody shall wait for it.
    disableOfflineQueue: true,
  });
  // Without a listener the loss of a connection would end the process; commands tell of it.
  client.on('error', () => undefined);
  await client.connect();
  client.unref();
  // Only what RESP versions and modules make of the type differs.
  return client as unknown as RedisClient;
}

/** Loads the official client. Rejects with an `APIError` that says what to do where the package is missing. */
export async function loadRedis(): Promise<CreateClient> {
  try {
    const { createClient } = await import('redis');
    return createClient;
  } catch (error) {
    throw new APIError('The options `redis_…` need the package `redis`: run `npm install redis`.', {
      code: 'missing_package',
      cause: error,
    });
  }
}

/** The longest that a call is held to be under way, in seconds: a process that has died ends none of its calls. */
const longestCall = 3600;

/** What all processes know that use this Redis. */
export function createRedisStore(client: RedisClient): Store {
  const toKey = (id: string, what: string | number) => `bedrock-agents-openai:${id}:${what}`;
  const now = () => Date.now() / 1000;
  return {
    read: (ids) =>
      Promise.all(
        ids.map(async (id) => {
          const [left, busy, counts] = await Promise.all([
            client.pTTL(toKey(id, 'cooled')),
            client.zCount(toKey(id, 'busy'), now(), '+inf'),
            client.hmGet(toKey(id, toMinute()), ['requests', 'tokens']),
          ]);
          const [requests, tokens] = counts.map(Number);
          // Redis counts a missing key as -2.
          return { cooledFor: Math.max(0, left) / 1000, busy, requests: requests ?? 0, tokens: tokens ?? 0 };
        }),
      ),
    async cool(id, seconds) {
      const [key, value] = [toKey(id, 'cooled'), Math.ceil(seconds * 1000)];
      // Not `PEXPIRE … GT`, which Redis knows since version 7 only.
      if ((await client.pTTL(key)) < value) await client.set(key, '1', { expiration: { type: 'PX', value } });
    },
    async begin(id, call) {
      const [busy, minute] = [toKey(id, 'busy'), toKey(id, toMinute())];
      const [requests] = await Promise.all([
        client.hIncrBy(minute, 'requests', 1),
        client.expire(minute, 120),
        client.zRemRangeByScore(busy, '-inf', now()),
        client.zAdd(busy, { score: now() + longestCall, value: call }),
        client.expire(busy, longestCall),
      ]);
      return requests;
    },
    async end(id, call, { failed, tokens }) {
      const minute = toKey(id, toMinute());
      const [calls, failures] = await Promise.all([
        client.hIncrBy(minute, 'calls', 1),
        client.hIncrBy(minute, 'failures', failed ? 1 : 0),
        client.hIncrBy(minute, 'tokens', tokens),
        client.expire(minute, 120),
        client.zRem(toKey(id, 'busy'), call),
      ]);
      return { calls, failures };
    },
  };
}
