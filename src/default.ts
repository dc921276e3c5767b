import type { Agents } from './agent.ts';
import { bedrock, sessionOf } from './bedrock/index.ts';
import { type Completion, createCompletion } from './completion.ts';
import { withParameters } from './openai/defaults.ts';
import { mock } from './policy/mock.ts';
import type { RouterOptions } from './policy/router-options.ts';
import { createRoute } from './policy/router.ts';

/** `completion()` for the agents of Amazon Bedrock. */
export const completion = createCompletion(bedrock());

/** What `createRouter` returns. */
export interface Router {
  /** As everywhere, with the names of the `model_list` as models. */
  readonly completion: Completion;
  /** The groups of the `model_list`, without the router's fallbacks. */
  readonly agents: Agents;
}

/**
 * LiteLLM's Router for the agents of Amazon Bedrock: shares the calls of a group among its deployments, rests those
 * that fail and keeps a conversation where it began. Throws a `BadRequestError` for options that cannot be.
 */
export function createRouter(options: RouterOptions): Router {
  const agents = createRoute(options, {
    createAgents: (parameters) => withParameters(parameters, createMockable),
    sessionOf,
  });
  const { context_window_fallbacks = [], content_policy_fallbacks = [], default_fallbacks } = options;
  const fallbacks = [...(options.fallbacks ?? []), ...(default_fallbacks ? [{ '*': default_fallbacks }] : [])];
  const defaults = { fallbacks, context_window_fallbacks, content_policy_fallbacks };
  return { agents, completion: createCompletion(agents, { isRouted: true, defaults }) };
}

function createMockable(defaults: Readonly<Record<string, unknown>>): Agents {
  const agents = bedrock(defaults);
  return (model) => mock(agents(model));
}
