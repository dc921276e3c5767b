import type { Agent, Agents } from '../agent.ts';
import type * as RuntimeService from './agentcore/agent.ts';
import type * as AgentService from './agents/agent.ts';
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
      return ask({ ...request, parameters: withDefaults(request.parameters, defaults) });
    };
  };
}

/** Parameters that say one thing together: a call that names one of them means none of the defaults for the others. */
const groups = [
  [
    'aws_access_key_id',
    'aws_secret_access_key',
    'aws_session_token',
    'aws_profile_name',
    'aws_credentials',
    'aws_web_identity_token',
  ],
  ['aws_region_name', 'region_name'],
  ['api_base', 'base_url', 'aws_bedrock_runtime_endpoint'],
];

type Parameters = Readonly<Record<string, unknown>>;

function withDefaults(given: Parameters, defaults: Parameters): Parameters {
  const replaced = new Set(groups.filter((group) => group.some((name) => given[name] != null)).flat());
  const kept = Object.entries(defaults).filter(([name, value]) => value != null && !replaced.has(name));
  return { ...Object.fromEntries(kept), ...given };
}

// Each is loaded with its first call, so that importing this package costs next to nothing. To ask again what is loaded
// would cost every call as much as its signature.
let agents: Promise<typeof AgentService> | undefined;
let runtimes: Promise<typeof RuntimeService> | undefined;

async function createAgent(ref: ModelRef, clients: Clients): Promise<Agent> {
  switch (ref.service) {
    case 'agents': {
      const { invokeAgent } = await (agents ??= import('./agents/agent.ts'));
      return invokeAgent(ref, clients);
    }
    case 'agentcore': {
      const { invokeRuntime } = await (runtimes ??= import('./agentcore/agent.ts'));
      return invokeRuntime(ref, clients);
    }
  }
}
