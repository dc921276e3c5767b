import type { AgentEvent, AgentResponse } from '../agent.ts';

/** Whoever wants to know of an answer; what they do must not throw. */
export interface Watcher {
  readonly onEvents: (events: readonly AgentEvent[]) => void;
  /** Once, when the answer has ended: whole, left by its reader, or with this error. */
  readonly onEnd: (error?: unknown) => void;
}

/** The same answer, watched; nothing of it is held back. */
export function watch(
  response: AgentResponse,
  signal: AbortSignal | undefined,
  { onEvents, onEnd }: Watcher,
): AgentResponse {
  const source = response.events[Symbol.asyncIterator]();
  let ended = false;
  const end = (error?: unknown) => {
    if (ended) return;
    ended = true;
    signal?.removeEventListener('abort', onAbort);
    onEnd(error);
  };
  // A stream that nobody reads ends with its signal.
  const onAbort = () => end(signal?.reason);
  signal?.addEventListener('abort', onAbort);

  // Not a generator: its `return()` would wait behind a `next()` that is under way.
  const events: AsyncIterator<readonly AgentEvent[], undefined> = {
    async next() {
      try {
        const result = await source.next();
        if (result.done) end();
        else onEvents(result.value);
        return result;
      } catch (error) {
        end(error);
        throw error;
      }
    },
    async return() {
      end();
      await source.return?.();
      return { done: true, value: undefined };
    },
  };
  return { ...response, events: { [Symbol.asyncIterator]: () => events } };
}
