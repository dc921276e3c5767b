import type { Process } from './process.ts';

/** One figure of ours beside the same of theirs, or beside the least that the work can cost. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly theirs: number;
  /** What `bound` bounds. */
  readonly compared: { readonly by: 'ratio' | 'difference'; readonly value: number };
  /** The middle half of the pairs. */
  readonly quartiles?: readonly [number, number];
  readonly bound?: number;
}

/** Does its work once; what it returns is told to the measuring process. */
export type Round = () => unknown;

export interface Subject {
  /** What is compared, by names of its own; each runs in a process of its own, which answers every message with a round. */
  readonly contenders: Readonly<Record<string, (url: string) => Round | Promise<Round>>>;
  readonly measure: (run: (contender: string, ...nodeOptions: string[]) => Process, url: string) => Promise<Row[]>;
}

/** A further one is a file and a line. */
export const subjects: Readonly<Record<string, () => Promise<Subject>>> = {
  events: () => import('./subjects/events.ts'),
  decoding: () => import('./subjects/decoding.ts'),
  harness: () => import('./subjects/harness.ts'),
  requests: () => import('./subjects/requests.ts'),
  delay: () => import('./subjects/delay.ts'),
  'runtime-delay': () => import('./subjects/runtime-delay.ts'),
  start: () => import('./subjects/start.ts'),
  memory: () => import('./subjects/memory.ts'),
  fetch: () => import('./subjects/fetch.ts'),
  serving: () => import('./subjects/serving.ts'),
};
