import type fc from 'fast-check';

/** What is fuzzed: inputs, and a check of each that throws where something does not hold. */
export interface Subject {
  readonly property: Pick<fc.IRawProperty<never>, 'run'>;
}

/** A further one is a file and a line. */
export const subjects: Readonly<Record<string, () => Promise<Subject>>> = {
  frames: () => import('./subjects/frames.ts'),
  events: () => import('./subjects/events.ts'),
  bodies: () => import('./subjects/bodies.ts'),
  formats: () => import('./subjects/formats.ts'),
  python: () => import('./subjects/python.ts'),
  recordings: () => import('./subjects/recordings.ts'),
  messages: () => import('./subjects/messages.ts'),
  calls: () => import('./subjects/calls.ts'),
  completions: () => import('./subjects/completions.ts'),
  configs: () => import('./subjects/configs.ts'),
  http: () => import('./subjects/http.ts'),
};
