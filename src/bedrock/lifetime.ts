import { setMaxListeners } from 'node:events';
import type { AgentRequest } from '../agent.ts';
import { Timeout } from '../errors.ts';

/** When a call must end: at the caller's abort, or after a silence. */
export interface Lifetime {
  /** Aborts with the caller's reason, or with a `Timeout`. */
  readonly signal: AbortSignal;
  /** Waits for AWS; the silence is counted only meanwhile. */
  readonly wait: <T>(promise: Promise<T>) => Promise<T>;
  /** The same for a promise that heeds no signal. */
  readonly race: <T>(promise: Promise<T>) => Promise<T>;
  /** Called when it aborts, unless it has ended. */
  readonly onAbort: (listener: () => void) => void;
  /** Lets go of the timer and of the caller's signal. */
  readonly end: () => void;
}

/** Seconds; AgentCore's own limit for an answer that is not streamed. */
const defaultTimeout = 900;

export function createLifetime({ signal, timeout = defaultTimeout }: AgentRequest): Lifetime {
  const controller = new AbortController();
  // Not listeners of the signal: each is an object that the garbage collector has to look after, and costs as much as
  // all the rest here.
  const listeners: (() => void)[] = [];
  let waiting = 0;
  let waited = 0;

  // One timer for the whole call: it is put off by every wait, and while nobody is reading it means nothing.
  const silence = setTimeout(
    () => {
      const before = waited;
      // Timers run before sockets are looked at: after a pause of the whole process, bytes may be waiting there.
      setImmediate(() => {
        if (waiting === 0 || waited > before) return;
        abort(new Timeout(`Nothing came from AWS for ${timeout} seconds (\`timeout\`).`));
      });
    },
    Math.min(timeout * 1000, 2 ** 31 - 1),
  );
  const onSignal = () => abort(signal?.reason);
  // Many calls may share one signal; that is no leak, and Node need not warn of it.
  if (signal) setMaxListeners(0, signal);
  signal?.addEventListener('abort', onSignal);

  function abort(reason: unknown): void {
    controller.abort(reason);
    // Also when nobody reads on to hear of it.
    end();
    for (const listener of listeners) listener();
  }

  function end(): void {
    clearTimeout(silence);
    signal?.removeEventListener('abort', onSignal);
  }

  async function wait<T>(promise: Promise<T>): Promise<T> {
    waiting++;
    // Refreshing a cleared timer would start it again.
    if (!controller.signal.aborted) silence.refresh();
    try {
      return await promise;
    } finally {
      waiting--;
      waited++;
    }
  }

  return {
    signal: controller.signal,
    wait,
    race(promise) {
      const aborted = new Promise<never>((_, reject) => {
        listeners.push(() => reject(controller.signal.reason as Error));
      });
      return wait(Promise.race([promise, aborted]));
    },
    onAbort: (listener) => void listeners.push(listener),
    end,
  };
}
