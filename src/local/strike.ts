import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './faults.ts';

/** The connection that a fault strikes. */
export interface Target {
  readonly outgoing: ServerResponse;
  readonly signal: AbortSignal;
  /** How an exception looks in this answer's stream; `undefined` if the answer is no stream. */
  readonly toLastPiece: ((exception: Error) => Uint8Array) | undefined;
}

/** An answer with its fault: the same pieces, until something goes wrong in their middle. */
export async function* strike(
  pieces: AsyncIterable<Uint8Array>,
  fault: Fault | undefined,
  { outgoing, signal, toLastPiece }: Target,
): AsyncGenerator<Uint8Array> {
  switch (fault?.type) {
    case undefined:
    case 'exception':
      yield* pieces;
      return;
    case 'exception@stream':
      for await (const piece of pieces) {
        yield piece;
        if (toLastPiece) break;
      }
      if (toLastPiece) yield toLastPiece(fault.exception);
      return;
    case 'truncate':
      yield* firstHalf(pieces);
      return;
    case 'reset':
      yield* firstHalf(pieces);
      // What the caller has not read yet may be lost to a reset.
      await sleep(beforeReset);
      outgoing.socket?.resetAndDestroy();
      await left(signal);
      return;
    case 'silence':
      yield* firstHalf(pieces);
      await left(signal);
      return;
    default:
      fault satisfies never;
  }
}

/** Milliseconds. */
const beforeReset = 10;

/** One piece and half of the next. An answer that has only one is cut in that, so that it never looks whole. */
async function* firstHalf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first: Uint8Array | undefined;
  for await (const piece of pieces) {
    if (first) {
      yield first;
      first = piece;
      break;
    }
    first = piece;
  }
  if (first) yield first.subarray(0, Math.ceil(first.length / 2));
}

async function left(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
  signal.throwIfAborted();
}
