import type { AgentRequest } from '../agent.ts';
import { RateLimitError } from '../errors.ts';
import { createSessionId, findHome, findNamed } from './affinity.ts';
import { holdsConversation, leaveSession } from './conversation.ts';
import type { Deployment, Group } from './deployments.ts';
import type { RouterOptions } from './router-options.ts';
import type { Candidate, Strategy } from './strategies.ts';
import type { State, Store } from './store.ts';

/** Whom to ask, and what: the request with its session. */
export interface Choice {
  readonly deployment: Deployment;
  readonly request: AgentRequest;
}

/** `tried` failed already, and are asked again only where there is nobody else. */
export type Choose = (
  group: Group,
  model: string,
  request: AgentRequest,
  tried: ReadonlySet<Deployment>,
) => Promise<Choice>;

export interface Means {
  readonly store: Store;
  readonly strategy: Strategy;
  readonly sessionOf: (request: AgentRequest) => string | undefined;
}

/**
 * Says whom to ask: the deployment that remembers the session, else the strategy's choice of those that do not rest.
 * Throws a `RateLimitError` with the seconds to wait when there is none.
 */
export function createChoose(options: RouterOptions, { store, strategy, sessionOf }: Means): Choose {
  return async (group, model, request, tried) => {
    const states = await store.read(group.map(({ id }) => id));
    const all = group.map((deployment, index) => ({ deployment, state: states[index] ?? unknown }));
    const open = all.filter((candidate) => toWait(candidate, options) === 0);

    const pending = sessionOf(request);
    const session = request.session?.id ?? pending;
    if (session !== undefined) {
      const lowest = toLowest(group, ({ order }) => order);
      const home = findNamed(session, group) ?? findHome(session, lowest);
      // Calls wait for their results in their session, and nowhere else.
      const mayLeave = pending === undefined && holdsConversation(request);
      const isOpen = open.some(({ deployment }) => deployment === home);
      if (isOpen && !(mayLeave && tried.has(home))) return { deployment: home, request };
      if (!mayLeave)
        throw allRest(
          all.filter(({ deployment }) => deployment === home),
          model,
          options,
        );
    }

    const untried = open.filter(({ deployment }) => !tried.has(deployment));
    const [first, ...others] = untried.length > 0 ? untried : open;
    if (!first) throw allRest(all, model, options);
    const { deployment } = strategy.choose(toLowest([first, ...others], ({ deployment: { order } }) => order));
    return { deployment, request: { ...leaveSession(request), freshSessionId: createSessionId(deployment) } };
  };
}

const unknown: State = { cooledFor: 0, busy: 0, requests: 0, tokens: 0 };

/** Seconds until a deployment may be asked. */
function toWait({ deployment: { rpm, tpm }, state }: Candidate, options: RouterOptions): number {
  if (state.cooledFor > 0 || !options.enable_pre_call_checks) return state.cooledFor;
  const isFull = (rpm != null && state.requests >= rpm) || (tpm != null && state.tokens >= tpm);
  return isFull ? 60 - ((Date.now() / 1000) % 60) : 0;
}

/** Those of the lowest order: the others are asked only when none of these can be. */
function toLowest<T>(all: readonly [T, ...T[]], toOrder: (each: T) => number | undefined): readonly [T, ...T[]] {
  const lowest = Math.min(...all.map((each) => toOrder(each) ?? Infinity));
  const [first, ...others] = all.filter((each) => (toOrder(each) ?? Infinity) === lowest);
  return first ? [first, ...others] : all;
}

function allRest(resting: readonly Candidate[], model: string, options: RouterOptions): RateLimitError {
  const seconds = Math.ceil(Math.min(...resting.map((candidate) => toWait(candidate, options))));
  return new RateLimitError(
    `No deployments available for selected model, Try again in ${seconds} seconds. Passed model=${model}.`,
    { model, retry_after: seconds },
  );
}
