import type { Agent, Agents } from '../agent.ts';
import type { Clients } from './clients.ts';
import { type ModelRef, parseModel } from './model.ts';

/**
 * The agents of Amazon Bedrock by their model strings: `bedrock/agent/{AGENT_ID}/{ALIAS_ID}` and
 * `bedrock/agentcore/{RUNTIME_ARN}`. `defaults` are parameters for every call, such as `aws_region_name`.
 */
export function bedrock(defaults: Readonly<Record<string, unknown>> = {}): Agents {
  let clients: Promise<Clients> | undefined;
  return (model): Agent => {
    const ref = parseModel(model);
    let agent: Promise<Agent> | undefined;
    return async (request) => {
      clients ??= import('./clients.ts').then(({ createClients }) => createClients());
      agent ??= createAgent(ref, await clients);
      const ask = await agent;
      return ask({ ...request, parameters: { ...defaults, ...request.parameters } });
    };
  };
}

/** Loads a service with its first call, so that importing this package costs next to nothing. */
async function createAgent(ref: ModelRef, clients: Clients): Promise<Agent> {
  switch (ref.service) {
    case 'agents': {
      const { invokeAgent } = await import('./agents/agent.ts');
      return invokeAgent(ref, clients);
    }
    case 'agentcore': {
      const { invokeRuntime } = await import('./agentcore/agent.ts');
      return invokeRuntime(ref, clients);
    }
  }
}
