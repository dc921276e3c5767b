import { Timeout } from '../errors.ts';

/** A request's signal that also aborts, with a `Timeout`, just before the client gives up. */
export interface Patience {
  readonly signal: AbortSignal;
  /** Called when the answer has begun: from now on only the request's own signal counts. */
  readonly end: () => void;
}

/**
 * OpenAI's clients say how many seconds they wait for an answer to begin, and when they have waited that long they ask
 * again: the turn would run twice. Only an answer that comes before can tell them not to.
 */
export function createPatience({ headers, signal }: Request): Patience {
  const seconds = readSeconds(headers);
  // Less than a second comes as 0, and more than a timer can count is no haste.
  if (!(seconds >= 1 && seconds < 2_000_000)) return { signal, end: () => undefined };
  const controller = new AbortController();
  const leave = () => controller.abort(signal.reason);
  if (signal.aborted) leave();
  else signal.addEventListener('abort', leave, { once: true });
  const timer = setTimeout(() => controller.abort(toTimeout(seconds)), seconds * 1000 - Math.min(seconds * 100, 1000));
  return { signal: controller.signal, end: () => clearTimeout(timer) };
}

/** The same for a client in this process, which has left after `milliseconds`: was it out of patience? */
export function toGivenUp({ headers }: Request, milliseconds: number): Timeout | undefined {
  const seconds = readSeconds(headers);
  return milliseconds >= seconds * 1000 ? toTimeout(seconds) : undefined;
}

/** How long the client waits, rounded down; `NaN` where it does not say. */
function readSeconds(headers: Headers): number {
  // Python's has another name.
  const given = headers.get('x-stainless-timeout') ?? headers.get('x-stainless-read-timeout');
  return given === null ? NaN : Math.trunc(Number(given));
}

function toTimeout(seconds: number): Timeout {
  const wait = seconds < 1 ? 'less than a second' : `${seconds} seconds`;
  return new Timeout(
    `The answer did not begin within the ${wait} that your client waits; give the client a longer timeout. ` +
      'The turn may have run.',
  );
}
