import { randomUUID } from 'node:crypto';
import type { Agent, AgentEvent, AgentRequest, Mock } from '../agent.ts';
import { APIError, Timeout } from '../errors.ts';
import { wait } from './retry.ts';

/** Answers in an agent's place where the request says what; nothing is sent then. */
export function mock(agent: Agent): Agent {
  return (request) => (request.policy?.mock ? play(request.policy.mock, request) : agent(request));
}

async function play({ delay = 0, timesOut = false, ...answer }: Mock, request: AgentRequest) {
  const { signal, timeout, session, freshSessionId } = request;
  signal?.throwIfAborted();
  if (timesOut) {
    if (timeout !== undefined) await wait(timeout, signal);
    throw new Timeout('This is a mock: nothing came within `timeout`, as it was told to.');
  }
  if (delay > 0) await wait(delay, signal);
  if (answer.events.length === 0) throw toThrown(answer.error);
  return {
    sessionId: session?.id ?? freshSessionId ?? `session-${randomUUID()}`,
    about: {},
    events: playEvents(answer, signal),
  };
}

async function* playEvents({ events, error }: Mock, signal: AbortSignal | undefined) {
  for (const event of events) {
    // An agent's events come from a socket: never all at once, and never after an abort.
    await new Promise(setImmediate);
    signal?.throwIfAborted();
    yield [event] satisfies AgentEvent[];
  }
  if (error !== undefined) throw toThrown(error);
}

/** One of ours, since policies act on those. */
function toThrown(error: unknown): APIError {
  if (!(error instanceof APIError)) {
    const message = error instanceof Error ? error.message : String(error);
    return new APIError(message, { cause: error });
  }
  return error;
}
