/** What routers know of their deployments, by the deployments' ids; several processes may share it. */
export interface Store {
  /** What is known of each; of what this process itself does, it stays true. */
  readonly read: (ids: readonly string[]) => Promise<readonly State[]>;
  /** Makes it rest; one that rests for longer goes on. */
  readonly cool: (id: string, seconds: number) => Promise<void>;
  /** Resolves with the calls begun in this minute, this one included. */
  readonly begin: (id: string, call: string) => Promise<number>;
  readonly end: (id: string, call: string, outcome: Outcome) => Promise<Tally>;
}

export interface State {
  /** Seconds until the deployment may be asked again; 0 where it may. */
  readonly cooledFor: number;
  /** Calls under way. */
  readonly busy: number;
  /** Calls begun in this minute. */
  readonly requests: number;
  /** Tokens used in this minute. */
  readonly tokens: number;
}

export interface Outcome {
  readonly failed: boolean;
  readonly tokens: number;
}

/** Of this minute. */
export interface Tally {
  readonly calls: number;
  readonly failures: number;
}

/** What one process knows. */
export function createMemoryStore(): Store {
  const deployments = new Map<string, Memory>();

  function recall(id: string): Memory {
    const minute = toMinute();
    const known = deployments.get(id);
    if (known?.minute === minute) return known;
    const { cooledUntil = 0, busy = 0 } = known ?? {};
    const fresh = { cooledUntil, busy, minute, requests: 0, tokens: 0, calls: 0, failures: 0 };
    deployments.set(id, fresh);
    return fresh;
  }

  const toState = (id: string): State => ({
    get cooledFor() {
      return Math.max(0, (recall(id).cooledUntil - Date.now()) / 1000);
    },
    get busy() {
      return recall(id).busy;
    },
    get requests() {
      return recall(id).requests;
    },
    get tokens() {
      return recall(id).tokens;
    },
  });

  return {
    read: (ids) => Promise.resolve(ids.map(toState)),
    cool: (id, seconds) => {
      const memory = recall(id);
      memory.cooledUntil = Math.max(memory.cooledUntil, Date.now() + seconds * 1000);
      return Promise.resolve();
    },
    begin: (id) => {
      const memory = recall(id);
      memory.busy++;
      memory.requests++;
      return Promise.resolve(memory.requests);
    },
    end: (id, _call, { failed, tokens }) => {
      const memory = recall(id);
      memory.busy--;
      memory.tokens += tokens;
      memory.calls++;
      if (failed) memory.failures++;
      return Promise.resolve({ calls: memory.calls, failures: memory.failures });
    },
  };
}

interface Memory {
  /** Milliseconds of the clock. */
  cooledUntil: number;
  busy: number;
  readonly minute: number;
  requests: number;
  tokens: number;
  calls: number;
  failures: number;
}

/** The minute of the clock; what is counted in a minute is forgotten with it. */
export function toMinute(): number {
  return Math.floor(Date.now() / 60_000);
}
