import { createHash } from 'node:crypto';

/** Promises by what they were made of; the least recently used goes first, a failed one at once. */
export interface Cache {
  readonly get: <T>(key: readonly unknown[], create: () => Promise<T>) => Promise<T>;
}

export function createCache(most: number): Cache {
  const entries = new Map<string, Promise<unknown>>();
  return {
    get<T>(key: readonly unknown[], create: () => Promise<T>): Promise<T> {
      const hash = toHash(key);
      // What stands under a key was made by the `create` that belongs to it.
      const entry = (entries.get(hash) as Promise<T> | undefined) ?? create();
      entries.delete(hash);
      entries.set(hash, entry);
      const [oldest] = entries.keys();
      if (oldest !== undefined && entries.size > most) entries.delete(oldest);
      entry.catch(() => {
        if (entries.get(hash) === entry) entries.delete(hash);
      });
      return entry;
    },
  };
}

const numbers = new WeakMap<object, number>();
let count = 0;

/** A hash, so that no secret is kept where a heap dump or a debugger lists keys. Functions are told apart by identity. */
function toHash(key: readonly unknown[]): string {
  const text = JSON.stringify(key, (_, value: unknown) => {
    if (typeof value !== 'function') return value;
    const number = numbers.get(value) ?? ++count;
    numbers.set(value, number);
    return `function ${number}`;
  });
  return createHash('sha256').update(text).digest('base64');
}
