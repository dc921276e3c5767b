import type { AgentRequest } from '../agent.ts';
import { RateLimitError } from '../errors.ts';
import { createSessionId, findHome } from './affinity.ts';
import { holdsConversation, leaveSession } from './conversation.ts';
import { type Deployment, type Group, toLowest } from './deployments.ts';
import type { RouterOptions } from './router-options.ts';
import type { Candidate, Strategy } from './strategies.ts';
import type { State, Store } from './store.ts';

/** Whom to ask, and what: the request with its session. */
export interface Choice {
  readonly deployment: Deployment;
  readonly request: AgentRequest;
}

export interface Chooser {
  /** The group with what is known of it, which goes on being true: choose, and ask, in the tick in which it comes. */
  readonly look: (group: Group) => Promise<readonly Candidate[]>;
  /**
   * Says whom to ask: the deployment that remembers the session, else the strategy's choice of those that do not rest.
   * `tried` failed already, and are asked again only where there is nobody else. Throws a `RateLimitError` with the
   * seconds to wait when there is none.
   */
  readonly choose: (
    all: readonly Candidate[],
    model: string,
    request: AgentRequest,
    tried: ReadonlySet<Deployment>,
  ) => Choice;
}

export interface Means {
  readonly store: Store;
  readonly strategy: Strategy;
  readonly sessionOf: (request: AgentRequest) => string | undefined;
}

/** Knows whom a router asks next. */
export function createChooser(options: RouterOptions, { store, strategy, sessionOf }: Means): Chooser {
  return {
    async look(group) {
      const states = await store.read(group.map(({ id }) => id));
      return group.map((deployment, index) => ({ deployment, state: states[index] ?? unknown }));
    },

    choose(all, model, request, tried) {
      const open = all.filter((candidate) => toWait(candidate, options) === 0);
      const pending = sessionOf(request);
      const session = request.session?.id ?? pending;
      const [one, ...more] = all.map(({ deployment }) => deployment);
      if (session !== undefined && one) {
        const home = findHome(session, [one, ...more]);
        // Calls wait for their results in their session, and nowhere else.
        const mayLeave = pending === undefined && holdsConversation(request);
        const isOpen = open.some(({ deployment }) => deployment === home);
        if (isOpen && !(mayLeave && tried.has(home))) return { deployment: home, request };
        if (!mayLeave) {
          const resting = all.filter(({ deployment }) => deployment === home);
          throw allRest(resting, model, options);
        }
      }

      const untried = open.filter(({ deployment }) => !tried.has(deployment));
      const [first, ...others] = untried.length > 0 ? untried : open;
      if (!first) throw allRest(all, model, options);
      const { deployment } = strategy.choose(toLowest([first, ...others], ({ deployment: { order } }) => order));
      return { deployment, request: { ...leaveSession(request), freshSessionId: createSessionId(deployment) } };
    },
  };
}

const unknown: State = { cooledFor: 0, busy: 0, requests: 0, tokens: 0 };

/** Seconds until a deployment may be asked. */
function toWait({ deployment: { rpm, tpm }, state }: Candidate, options: RouterOptions): number {
  if (state.cooledFor > 0 || !options.enable_pre_call_checks) return state.cooledFor;
  const isFull = (rpm != null && state.requests >= rpm) || (tpm != null && state.tokens >= tpm);
  return isFull ? 60 - ((Date.now() / 1000) % 60) : 0;
}

function allRest(resting: readonly Candidate[], model: string, options: RouterOptions): RateLimitError {
  const seconds = Math.ceil(Math.min(...resting.map((candidate) => toWait(candidate, options))));
  return new RateLimitError(
    `No deployments available for selected model, Try again in ${seconds} seconds. Passed model=${model}.`,
    { model, retry_after: seconds },
  );
}
