import { connect, createRedisStore, loadRedis, type RedisClient, type RedisOptions } from './redis.ts';
import { createMemoryStore, type State, type Store } from './store.ts';

/** What one process knows or, where the options name a Redis, what all of them know. */
export function createStore(options: RedisOptions): Store {
  const isShared = options.redis_url !== undefined || options.redis_host !== undefined;
  return isShared ? createSharedStore(options) : createMemoryStore();
}

/** Milliseconds: how long a call waits for Redis, and for how long Redis is left alone after it failed. */
const patience = 1000;
const rest = 5000;

/** How many calls may wait to be ended in Redis. */
const most = 10_000;

/** Two books: where Redis does not answer, what this process knows itself is enough to go on. */
function createSharedStore(options: RedisOptions): Store {
  const own = createMemoryStore();
  let redis: Promise<{ readonly store: Store; readonly client: RedisClient }> | undefined;
  let restUntil = 0;
  let isTold = false;

  async function share<T>(use: (store: Store) => Promise<T>): Promise<T | undefined> {
    if (Date.now() < restUntil) return undefined;
    // Loading takes its time once, and says nothing of Redis.
    const createClient = await loadRedis();
    const opened = (redis ??= connect(createClient, options).then((client) => ({
      client,
      store: createRedisStore(client),
    })));
    try {
      return await within(
        patience,
        opened.then(({ store }) => use(store)),
      );
    } catch (error) {
      if (redis === opened) redis = undefined;
      opened.then(
        ({ client }) => client.isOpen && client.destroy(),
        () => undefined,
      );
      restUntil = Date.now() + rest;
      if (!isTold) process.emitWarning(`${lost} (${toReason(error)})`, { code: 'ROUTER_WITHOUT_REDIS' });
      isTold = true;
      return undefined;
    }
  }

  const missed: ((store: Store) => Promise<unknown>)[] = [];
  let next: NodeJS.Timeout | undefined;

  /** Redis would hold a call to be under way whose end it does not hear of. */
  function sendLater(end: (store: Store) => Promise<unknown>): void {
    missed.push(end);
    if (missed.length > most) missed.shift();
    next ??= setTimeout(() => void sendMissed(), rest).unref();
  }

  async function sendMissed(): Promise<void> {
    next = undefined;
    const ends = missed.splice(0);
    const sent = await share((store) => Promise.all(ends.map((end) => end(store))));
    if (!sent) ends.forEach(sendLater);
  }

  return {
    async read(ids) {
      const local = await own.read(ids);
      const before = local.map((state) => ({ ...state }));
      const shared = await share((store) => store.read(ids));
      return local.map((state, index) => {
        const [known, then] = [shared?.[index], before[index]];
        return known && then ? toWhole(state, known, then) : state;
      });
    },
    async cool(id, seconds) {
      await Promise.all([own.cool(id, seconds), share((store) => store.cool(id, seconds))]);
    },
    async begin(id, call) {
      const [local, shared] = await Promise.all([own.begin(id, call), share((store) => store.begin(id, call))]);
      return shared ?? local;
    },
    async end(id, call, outcome) {
      const end = (store: Store) => store.end(id, call, outcome);
      const [local, shared] = await Promise.all([end(own), share(end)]);
      if (!shared) sendLater(end);
      return shared ?? local;
    },
  };
}

/** What the others did when `all` was read, and what this process does, which may have more calls by now than `then`. */
function toWhole(own: State, all: State, then: State): State {
  const toSum = (name: 'busy' | 'requests' | 'tokens') => Math.max(0, all[name] - then[name]) + own[name];
  return {
    // What began to rest while Redis was away goes on resting.
    get cooledFor() {
      return Math.max(all.cooledFor, own.cooledFor);
    },
    get busy() {
      return toSum('busy');
    },
    get requests() {
      return toSum('requests');
    },
    get tokens() {
      return toSum('tokens');
    },
  };
}

const lost = 'Redis does not answer; this router goes on with what its own process knows.';

/** A word of the system's, and no more: a message may hold the password of the URL. */
function toReason(error: unknown): string {
  if (!(error instanceof Error)) return 'Error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('late'), { code: 'ETIMEDOUT' })), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
