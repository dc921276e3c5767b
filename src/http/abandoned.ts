import { createHash } from 'node:crypto';
import { Timeout } from '../errors.ts';

/** Remembers requests whose client left before it was answered. */
export interface Abandoned {
  readonly add: (request: Request, body: object) => void;
  /** Throws a `Timeout` when OpenAI's client asks for such a request once more. */
  readonly refuse: (request: Request, body: object) => void;
}

/**
 * OpenAI's clients ask again when they have waited long enough or have lost the connection; the turn that they no longer
 * wait for may have run, and would run twice. They number their tries, so that what an app itself asks again is let through.
 */
export function createAbandoned(): Abandoned {
  const times = new Map<string, number>();
  return {
    add(request, body) {
      const last = toKey(request, body);
      times.delete(last);
      times.set(last, performance.now());
      for (const [key, time] of times) {
        if (time > performance.now() - longest && times.size <= most) break;
        times.delete(key);
      }
    },
    refuse(request, body) {
      if (!(Number(request.headers.get('x-stainless-retry-count')) > 0)) return;
      if (!((times.get(toKey(request, body)) ?? -Infinity) > performance.now() - longest)) return;
      throw new Timeout(
        'Your client gave up on this answer and asked for it again, but the turn may have run, so it is not run twice. ' +
          'Give the client a longer timeout.',
      );
    },
  };
}

/** They wait at most 8 s between two tries. */
const longest = 60_000;

/** Should very many leave at once. */
const most = 10_000;

function toKey({ url, headers }: Request, body: object): string {
  const hash = createHash('sha256');
  // Two callers may well say the same.
  return hash.update(JSON.stringify([url, headers.get('authorization'), body])).digest('base64');
}
