import { APIError } from '../errors.ts';
import type { HiddenParams } from '../completion.ts';
import type { Release } from './limits.ts';

/** A request and what became of it; nothing of what was said. */
export interface Exchange {
  readonly route: string;
  readonly method: string;
  /** By `performance.now()`. */
  readonly began: number;
  /** The name of the caller's key. */
  key?: string;
  /** As the configuration names it. */
  model?: string;
  /** Of an answer that does not tell it itself. */
  callId?: string;
  status?: number;
  isStream?: boolean;
  /** Seconds until the answer began. */
  begunAfter?: number;
  error?: unknown;
  /** Whether the client did not wait for the end. */
  isLeft?: boolean;
  known?: HiddenParams;
  release?: Release;
}

export function secondsSince(began: number): number {
  return (performance.now() - began) / 1000;
}

/** The class of an error, for logs and counts: a message may repeat what somebody said. */
export function nameOf(error: unknown): string {
  return error instanceof APIError ? error.name : 'UnexpectedError';
}
