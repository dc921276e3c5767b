import type { Handler } from './handler.ts';

/** What every SDK takes that takes a `fetch`. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * A handler as a `fetch` that reaches it without a network, whatever the host of the URL. Errors come as responses; it
 * rejects as `fetch` does: for a URL that is none, and with the reason of the caller's signal.
 */
export function toFetch(handler: Handler): Fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    request.signal.throwIfAborted();
    return handler(request);
  };
}
