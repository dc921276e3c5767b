import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent } from '../agent.ts';
import { APIError } from '../errors.ts';

/** The longest pause, in seconds: of our own, and of AWS's `Retry-After`. */
const longest = { backoff: 8, retryAfter: 60 };

/**
 * Asks again, at most `retries` times, when the turn cannot have run. Only before the agent resolves: once an answer
 * has begun, asking again would run the turn twice.
 */
export function retry(agent: Agent, retries: number): Agent {
  if (retries === 0) return agent;
  return async (request) => {
    for (let attempt = 0; ; attempt++) {
      try {
        return await agent(request);
      } catch (error) {
        const seconds = attempt < retries ? toPause(error, attempt) : undefined;
        if (seconds === undefined) throw error;
        await pause(seconds, request.signal);
      }
    }
  };
}

/** Full jitter, so that many callers that failed together do not come back together. */
function toPause(error: unknown, attempt: number): number | undefined {
  if (!(error instanceof APIError) || !error.retryable) return undefined;
  const { retry_after } = error;
  if (retry_after !== undefined) return retry_after <= longest.retryAfter ? retry_after : undefined;
  return Math.random() * Math.min(longest.backoff, 0.5 * 2 ** attempt);
}

async function pause(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(seconds * 1000, undefined, { ...(signal && { signal }) });
  } catch {
    // The only way for a sleep to fail.
    throw signal?.reason;
  }
}
