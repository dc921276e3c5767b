import type { Agent, Agents } from '../agent.ts';
import { invokeRuntime } from './agentcore/agent.ts';
import { invokeAgent } from './agents/agent.ts';
import { createClients } from './clients.ts';
import { parseModel } from './model.ts';

/**
 * The agents of Amazon Bedrock by their model strings: `bedrock/agent/{AGENT_ID}/{ALIAS_ID}` and
 * `bedrock/agentcore/{RUNTIME_ARN}`. `defaults` are parameters for every call, such as `aws_region_name`.
 */
export function bedrock(defaults: Readonly<Record<string, unknown>> = {}): Agents {
  const clients = createClients();
  return (model): Agent => {
    const ref = parseModel(model);
    const agent = ref.service === 'agents' ? invokeAgent(ref, clients) : invokeRuntime(ref, clients);
    return (request) => agent({ ...request, parameters: { ...defaults, ...request.parameters } });
  };
}
