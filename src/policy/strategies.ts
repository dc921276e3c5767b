import { type Deployment, toWeights } from './deployments.ts';
import type { State } from './store.ts';

/** A deployment that may be asked now. */
export interface Candidate {
  readonly deployment: Deployment;
  readonly state: State;
}

type Candidates = readonly [Candidate, ...Candidate[]];

export interface Strategy {
  readonly choose: (candidates: Candidates) => Candidate;
  /** Learns how long a deployment took to its first word, in seconds. */
  readonly learn?: (deployment: Deployment, seconds: number) => void;
}

/** Chance, by weight: `weight`, else `rpm`, else `tpm` of the deployments. */
export const simpleShuffle: Strategy = {
  choose: (candidates) => {
    const weights = toWeights(candidates.map(({ deployment }) => deployment));
    let rest = Math.random() * weights.reduce((sum, weight) => sum + weight, 0);
    return candidates.find((_, index) => (rest -= weights[index] ?? 0) < 0) ?? candidates[0];
  },
};

/** Whoever has the fewest calls under way. */
export const leastBusy: Strategy = {
  choose: (candidates) => {
    const fewest = Math.min(...candidates.map(({ state }) => state.busy));
    return draw(candidates.filter(({ state }) => state.busy === fewest)) ?? candidates[0];
  },
};

/** How `latency-based-routing` measures. */
export interface LatencyOptions {
  /** Seconds for which a measurement counts; default 3600. */
  readonly ttl?: number;
  /** Whoever is slower than the fastest by no more than this share of its time is as good; default 0. */
  readonly lowest_latency_buffer?: number;
}

/** Whoever was fastest to its first word, of the last ten calls; a deployment of which nothing is known comes first. */
export function lowestLatency({ ttl = 3600, lowest_latency_buffer: buffer = 0 }: LatencyOptions): Strategy {
  const known = new Map<string, { readonly seconds: number; readonly until: number }[]>();
  const toMean = ({ deployment }: Candidate) => {
    const valid = (known.get(deployment.id) ?? []).filter(({ until }) => until > Date.now());
    return valid.length === 0 ? 0 : valid.reduce((sum, { seconds }) => sum + seconds, 0) / valid.length;
  };
  return {
    choose: (candidates) => {
      const means = candidates.map((candidate) => ({ candidate, mean: toMean(candidate) }));
      const limit = Math.min(...means.map(({ mean }) => mean)) * (1 + buffer);
      const fast = means.filter(({ mean }) => mean <= limit).map(({ candidate }) => candidate);
      return draw(fast) ?? candidates[0];
    },
    learn: ({ id }, seconds) => {
      const measured = { seconds, until: Date.now() + ttl * 1000 };
      known.set(id, [...(known.get(id) ?? []), measured].slice(-10));
    },
  };
}

function draw<T>(equals: readonly T[]): T | undefined {
  return equals[Math.floor(Math.random() * equals.length)];
}
