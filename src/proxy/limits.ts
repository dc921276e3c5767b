import { randomUUID } from 'node:crypto';
import { RateLimitError } from '../errors.ts';
import type { Store } from '../policy/store.ts';
import type { Caller } from './keys.ts';

/** Ends a call that was counted, with the tokens that it used. */
export type Release = (tokens: number) => void;

/** Counts a caller's call. Rejects with a `RateLimitError` for one too many in this minute. */
export type Limit = (caller: Caller) => Promise<Release>;

/** Holds the named keys to their `rpm` and `tpm`. A call's tokens count when it has ended, as nobody knows them before. */
export function createLimits(store: Store): Limit {
  return async (caller) => {
    if (caller.type === 'master' || (caller.rpm === undefined && caller.tpm === undefined)) return () => undefined;
    const { name, rpm = Infinity, tpm = Infinity } = caller;
    const id = `key:${name}`;
    const call = randomUUID();
    const [state] = await store.read([id]);
    if ((state?.tokens ?? 0) >= tpm) throw exceeded(`${tpm} tokens`);
    const requests = await store.begin(id, call);
    const release: Release = (tokens) => void store.end(id, call, { failed: false, tokens });
    if (requests <= rpm) return release;
    release(0);
    throw exceeded(`${rpm} requests`);
  };
}

function exceeded(limit: string): RateLimitError {
  const seconds = Math.ceil(60 - ((Date.now() / 1000) % 60));
  return new RateLimitError(`Your key may use ${limit} in a minute; try again in ${seconds} seconds.`, {
    retry_after: seconds,
    code: 'rate_limit_exceeded',
  });
}
