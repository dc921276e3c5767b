import type { Agents } from './agent.ts';
import { bedrock, sessionOfCall, withDefaults } from './bedrock/index.ts';
import { type Completion, createCompletion } from './completion.ts';
import { withParameters } from './openai/defaults.ts';
import type { CompletionParameters } from './openai/parameters.ts';
import { mock } from './policy/mock.ts';
import { retry } from './policy/retry.ts';
import { toFallbackParameters } from './policy/router-fallbacks.ts';
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
  const defaults = toFallbackParameters(options);
  return {
    agents,
    createCompletion: (scope) =>
      createCompletion(scope === undefined ? agents : withScope(agents, scope), { isRouted: true, defaults }),
  };
}

/** Parameters of `completion()` for calls that do not give their own. */
export interface DefaultOptions extends Partial<CompletionParameters> {
  /** Agents by names of your own, as in LiteLLM's Router; a model string still names its agent. */
  readonly model_list?: RouterOptions['model_list'];
}

/** `completion()` with defaults; names of the `model_list` are models, too, and a model string still names its agent. */
export function createDefaultCompletion({ model_list, ...defaults }: DefaultOptions): Completion {
  const { fallbacks, context_window_fallbacks, content_policy_fallbacks, stream_options, ...parameters } = defaults;
  if (!model_list) {
    // As of `completion` itself: TypeScript cannot see which overload a call is.
    return ((given: CompletionParameters) => completion(withDefaults(given, defaults))) as Completion;
  }
  const names = new Set(model_list.map(({ model_name: name }) => name));
  const router = createRouter({ model_list, default_litellm_params: withDefaults({}, parameters) });
  const direct = withParameters(parameters, (shared) => {
    const agents = createDeployed(shared);
    return (model) => retry(agents(model));
  });
  const isDirect = (model: string) => model.startsWith('bedrock/') && !names.has(model);
  const agents: Agents = (model) => (isDirect(model) ? direct(model) : router.agents(model));
  // What is of a call and not of an agent.
  const ofCalls = { fallbacks, context_window_fallbacks, content_policy_fallbacks, stream_options };
  return createCompletion(agents, { isRouted: true, defaults: withDefaults({}, ofCalls) });
}

function createDeployed(defaults: Readonly<Record<string, unknown>>): Agents {
  const agents = bedrock(defaults);
  return (model) => scoped(mock(agents(model)), sessionOfCall);
}
