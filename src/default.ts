import type { Agents } from './agent.ts';
import { bedrock, sessionOfCall } from './bedrock/index.ts';
import { type Completion, createCompletion } from './completion.ts';
import { withParameters } from './openai/defaults.ts';
import { mock } from './policy/mock.ts';
import type { RouterOptions } from './policy/router-options.ts';
import { createRoute } from './policy/router.ts';
import { scoped, sessionOfLastCall, withScope } from './policy/scope.ts';

/** `completion()` for the agents of Amazon Bedrock. */
export const completion = createCompletion(bedrock());

/** What `createRouter` returns. */
export interface Router {
  /** As everywhere, with the names of the `model_list` as models. */
  readonly completion: Completion;
  /** The groups of the `model_list`, without the router's fallbacks. */
  readonly agents: Agents;
}

/** One router for callers who must not meet. */
export interface SharedRouter {
  readonly agents: Agents;
  /** For the callers of a scope: what they name is theirs alone. Without a scope, names are as AWS knows them. */
  readonly createCompletion: (scope?: string) => Completion;
}

/**
 * LiteLLM's Router for the agents of Amazon Bedrock: shares the calls of a group among its deployments, rests those
 * that fail and keeps a conversation where it began. Throws a `BadRequestError` for options that cannot be.
 */
export function createRouter(options: RouterOptions): Router {
  const router = createSharedRouter(options);
  return { agents: router.agents, completion: router.createCompletion() };
}

/** The same for a proxy, whose callers share it. */
export function createSharedRouter(options: RouterOptions): SharedRouter {
  const agents = createRoute(options, {
    createAgents: (parameters) => withParameters(parameters, createDeployed),
    sessionOf: (request) => sessionOfLastCall(request, sessionOfCall),
  });
  const { context_window_fallbacks = [], content_policy_fallbacks = [], default_fallbacks } = options;
  const fallbacks = [...(options.fallbacks ?? []), ...(default_fallbacks ? [{ '*': default_fallbacks }] : [])];
  const defaults = { fallbacks, context_window_fallbacks, content_policy_fallbacks };
  return {
    agents,
    createCompletion: (scope) =>
      createCompletion(scope === undefined ? agents : withScope(agents, scope), { isRouted: true, defaults }),
  };
}

function createDeployed(defaults: Readonly<Record<string, unknown>>): Agents {
  const agents = bedrock(defaults);
  return (model) => scoped(mock(agents(model)), sessionOfCall);
}
