import { BadRequestError } from '../errors.ts';

/** What a model string names. */
export type ModelRef = AgentRef | RuntimeRef;

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

const forms = '`bedrock/agent/{AGENT_ID}/{ALIAS_ID}` or `bedrock/agentcore/{AGENT_RUNTIME_ARN}`';

/**
 * Reads a model string, by prefix and never by substring: the ARN of a runtime's endpoint contains `agent/` too.
 * Throws a `BadRequestError` that shows the right form.
 */
export function parseModel(model: string): ModelRef {
  if (model.startsWith('bedrock/agent/')) return parseAgent(model);
  if (model.startsWith('bedrock/agentcore/')) return parseRuntime(model);
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

const arnPattern =
  /^(arn:aws[a-z-]*:bedrock-agentcore:([a-z0-9-]+):\d{12}:(runtime|harness)\/[\w-]+)(?:\/runtime-endpoint\/([\w-]+))?$/;

function parseRuntime(model: string): RuntimeRef {
  const name = model.slice('bedrock/agentcore/'.length);
  const [, arn, region, kind, qualifier] = arnPattern.exec(name) ?? [];
  if (kind === 'harness' || /^https?:\/\//.test(name)) {
    throw invalid(model, 'a harness ARN and the URL of a container are not built yet');
  }
  if (arn === undefined || region === undefined) {
    throw invalid(
      model,
      'expected `bedrock/agentcore/` and a runtime ARN like arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my_agent-abc',
    );
  }
  return { service: 'agentcore', arn, region, ...(qualifier !== undefined && { qualifier }) };
}

function invalid(model: string, expected: string): BadRequestError {
  return new BadRequestError(`Invalid model "${model}": ${expected}.`, { param: 'model', model });
}
