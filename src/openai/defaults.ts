import type { Agent, AgentRequest, Agents } from '../agent.ts';
import type * as Requests from './request.ts';

/**
 * The agents of `create`, asked with these parameters of `completion()` where a request says nothing else. A model
 * string that is none is an error at once, a wrong parameter is one with the first call.
 */
export function withParameters(
  parameters: Readonly<Record<string, unknown>>,
  create: (parameters: Readonly<Record<string, unknown>>) => Agents,
): Agents {
  let bound: Promise<Bound> | undefined;

  async function bind(): Promise<Bound> {
    const { parseDefaults } = await import('./request.ts');
    const defaults = parseDefaults(parameters);
    return { defaults, agents: create(defaults.toAsked(false).parameters) };
  }

  return (model): Agent => {
    create({})(model);
    let agent: Agent | undefined;
    return async (request) => {
      // What is wrong is told anew to each call.
      bound ??= bind();
      bound.catch(() => (bound = undefined));
      const { defaults, agents } = await bound;
      agent ??= agents(model);
      const response = await agent(merge(request, defaults.toAsked(request.stream)));
      return { ...response, ...(!response.ownPrice && defaults.price && { ownPrice: defaults.price }) };
    };
  };
}

interface Bound {
  readonly defaults: ReturnType<typeof Requests.parseDefaults>;
  readonly agents: Agents;
}

function merge(request: AgentRequest, defaults: Requests.Asked): AgentRequest {
  const policy = { ...defaults.policy, ...request.policy };
  return {
    ...defaults,
    // Its parameters, too: those of the defaults are for who creates the agents.
    ...request,
    tools: request.tools.length > 0 ? request.tools : defaults.tools,
    settings: { ...defaults.settings, ...request.settings },
    dropUnsupported: request.dropUnsupported || defaults.dropUnsupported,
    ...(Object.keys(policy).length > 0 && { policy }),
  };
}
