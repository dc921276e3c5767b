import { BadRequestError } from '../errors.ts';

/** What a model string names. */
export type ModelRef = AgentRef | RuntimeRef | HarnessRef;

export interface AgentRef {
  readonly service: 'agents';
  readonly agentId: string;
  readonly aliasId: string;
}

export interface RuntimeRef {
  readonly service: 'agentcore';
  readonly arn: string;
  readonly region: string;
  /** The endpoint that an endpoint ARN names. */
  readonly qualifier?: string;
}

export interface HarnessRef extends Omit<RuntimeRef, 'service'> {
  readonly service: 'harness';
}

const forms =
  '`bedrock/agent/{AGENT_ID}/{ALIAS_ID}`, `bedrock/agentcore/{AGENT_RUNTIME_ARN}` or `bedrock/agentcore/{HARNESS_ARN}`';

/**
 * Reads a model string, by prefix and never by substring: the ARN of a runtime's endpoint contains `agent/` too.
 * Throws a `BadRequestError` that shows the right form.
 */
export function parseModel(model: string): ModelRef {
  if (model.startsWith('bedrock/agent/')) return parseAgent(model);
  if (model.startsWith('bedrock/agentcore/')) return parseAgentCore(model);
  throw invalid(model, `expected ${forms}`);
}

// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_InvokeAgent.html
function parseAgent(model: string): AgentRef {
  const [, agentId, aliasId] = /^bedrock\/agent\/([0-9a-zA-Z]{1,10})\/([0-9a-zA-Z]{1,10})$/.exec(model) ?? [];
  if (agentId === undefined || aliasId === undefined) {
    throw invalid(model, 'expected `bedrock/agent/{AGENT_ID}/{ALIAS_ID}`, each id 1 to 10 letters and digits');
  }
  return { service: 'agents', agentId, aliasId };
}

/** A harness's endpoint is `harness-endpoint` in the console and `endpoint` in the API's reference. */
const arnPattern =
  /^(arn:aws[a-z-]*:bedrock-agentcore:([a-z0-9-]+):\d{12}:(runtime|harness)\/[\w-]+)(?:\/(?:\3-)?endpoint\/([\w-]+))?$/;

function parseAgentCore(model: string): RuntimeRef | HarnessRef {
  const name = model.slice('bedrock/agentcore/'.length);
  const [, arn, region, kind, qualifier] = arnPattern.exec(name) ?? [];
  if (/^https?:\/\//.test(name)) throw invalid(model, 'the URL of a container is not built yet');
  if (arn === undefined || region === undefined) {
    throw invalid(
      model,
      'expected `bedrock/agentcore/` and the ARN of a runtime or a harness, like arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my_agent-abc',
    );
  }
  return {
    service: kind === 'harness' ? 'harness' : 'agentcore',
    arn,
    region,
    ...(qualifier !== undefined && { qualifier }),
  };
}

function invalid(model: string, expected: string): BadRequestError {
  return new BadRequestError(`Invalid model "${model}": ${expected}.`, { param: 'model', model });
}
