import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent, AgentResponse, Policy } from '../agent.ts';
import { APIError, type Attempt, copyError, toAttempts } from '../errors.ts';

/** The longest pause, in seconds: of our own, and of AWS's `Retry-After`. */
const longest = { backoff: 8, retryAfter: 60 };

/**
 * Asks again, as often as the request's policy says, when the turn cannot have run; an error class that `retryPolicy`
 * names is repeated in any case. Only before the agent resolves: once an answer has begun, asking again would run the
 * turn twice.
 */
export function retry(agent: Agent): Agent {
  return async (request) => {
    const { policy = {} } = request;
    const attempts: Attempt[] = [];
    for (let attempt = 0; ; attempt++) {
      try {
        return withRetries(await agent(request), attempt);
      } catch (error) {
        if (!(error instanceof APIError)) throw error;
        attempts.push(...toAttempts(error));
        const isAsked = countFor(error, policy) !== undefined;
        const pause = attempt < toRetries(error, policy) ? toPause(error, attempt, isAsked) : undefined;
        if (pause === undefined) throw copyError(error, { attempts });
        await wait(pause, request.signal);
      }
    }
  };
}

/** How often a call may be repeated after this error; `byDefault` where the request does not say. */
export function toRetries(error: APIError, policy: Policy, byDefault = 0): number {
  return countFor(error, policy) ?? policy.retries ?? byDefault;
}

/**
 * Seconds to wait before the same agent is asked again, `undefined` where it must not be; `isAsked` where the caller
 * wants this class of error repeated. Full jitter, so that many callers that failed together do not come back together.
 */
export function toPause(error: APIError, attempt: number, isAsked = false): number | undefined {
  if (!error.retryable && !isAsked) return undefined;
  const { retry_after } = error;
  if (retry_after !== undefined) return retry_after <= longest.retryAfter ? retry_after : undefined;
  return Math.random() * Math.min(longest.backoff, 0.5 * 2 ** attempt);
}

/** Sleeps; throws the signal's reason when it aborts. */
export async function wait(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(seconds * 1000, undefined, { ...(signal && { signal }) });
  } catch {
    // The only way for a sleep to fail.
    throw signal?.reason;
  }
}

/** The answer with how often it was asked for in vain. */
export function withRetries(response: AgentResponse, retries: number): AgentResponse {
  return retries === 0 ? response : { ...response, about: { ...response.about, retries } };
}

/** What `retryPolicy` says of an error's class, or of the class that it is a kind of. */
export function countFor(error: APIError, { retryPolicy }: Policy): number | undefined {
  if (!retryPolicy) return undefined;
  for (let link: unknown = error; link instanceof APIError; link = Object.getPrototypeOf(link)) {
    // LiteLLM's word for our `Timeout` ends like all the others.
    const count = retryPolicy[`${link.name === 'Timeout' ? 'TimeoutError' : link.name}Retries`];
    if (count !== undefined) return count;
  }
  return undefined;
}
