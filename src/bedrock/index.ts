import type { Agent, Agents } from '../agent.ts';
import { readSessionId } from './agents/call-id.ts';
import type { Clients } from './clients.ts';
import { type ModelRef, parseModel } from './model.ts';

/**
 * The agents of Amazon Bedrock by their model strings: `bedrock/agent/{AGENT_ID}/{ALIAS_ID}`,
 * `bedrock/agentcore/{RUNTIME_ARN}` and `bedrock/agentcore/{HARNESS_ARN}`, or a container's URL on this machine in place
 * of the ARN. `defaults` are parameters for every call, such as `aws_region_name`.
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

/** The session in which a call waits for its result, where its id tells it; for those who stand around an agent. */
export const sessionOfCall: (id: string) => string | undefined = readSessionId;

/** Parameters that say one thing together: a call that names one of them means none of the defaults for the others. */
const groups = [
  [
    'aws_access_key_id',
    'aws_secret_access_key',
    'aws_session_token',
    'aws_profile_name',
    'aws_credentials',
    'aws_web_identity_token',
    'api_key',
  ],
  ['aws_region_name', 'region_name'],
  ['api_base', 'base_url', 'aws_bedrock_runtime_endpoint'],
  ['sessionId', 'sessionID', 'runtimeSessionId', 'litellm_session_id'],
  ['num_retries', 'max_retries'],
];

/** What was given, and the defaults for what was not; `null` gives nothing. */
export function withDefaults<T extends Readonly<Record<string, unknown>>>(
  given: T,
  defaults: Readonly<Record<string, unknown>>,
): T {
  const replaced = new Set(groups.filter((group) => group.some((name) => given[name] != null)).flat());
  const kept = Object.entries(defaults).filter(
    ([name, value]) => given[name] == null && value != null && !replaced.has(name),
  );
  return { ...given, ...Object.fromEntries(kept) };
}

/** A service, loaded with its first call: importing this package shall cost next to nothing, and so shall the next call. */
const services = {
  agents: once(() => import('./agents/agent.ts')),
  agentcore: once(() => import('./agentcore/agent.ts')),
  harness: once(() => import('./harness/agent.ts')),
  container: once(() => import('./agentcore/container.ts')),
};

function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => (loaded ??= load());
}

async function createAgent(ref: ModelRef, clients: Clients): Promise<Agent> {
  switch (ref.service) {
    case 'agents': {
      const { invokeAgent } = await services.agents();
      return invokeAgent(ref, clients);
    }
    case 'agentcore': {
      const { invokeRuntime } = await services.agentcore();
      return invokeRuntime(ref, clients);
    }
    case 'harness': {
      const { invokeHarness } = await services.harness();
      return invokeHarness(ref, clients);
    }
    case 'container': {
      const { invokeContainer } = await services.container();
      return invokeContainer(ref, clients);
    }
  }
}
