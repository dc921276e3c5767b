import { BadRequestError } from '../errors.ts';

/** What a model string names. */
export type ModelRef = AgentRef | RuntimeRef | HarnessRef | ContainerRef;

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

/** An agent's container on this machine, as it runs before it is deployed. */
export interface ContainerRef {
  readonly service: 'container';
  /** Without a slash at its end. */
  readonly url: string;
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

function parseAgentCore(model: string): RuntimeRef | HarnessRef | ContainerRef {
  const name = model.slice('bedrock/agentcore/'.length);
  if (/^https?:\/\//.test(name)) return { service: 'container', url: parseContainer(model, name) };
  const [, arn, region, kind, qualifier] = arnPattern.exec(name) ?? [];
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

// Where servers say that they listen, too: http://0.0.0.0:8080.
const thisMachine = /^(localhost|.+\.localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1?\])$/;

/** Of this machine only: whoever may name a model must not choose which hosts of a network are asked. */
function parseContainer(model: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.username || url.password || url.search || url.hash) {
    throw invalid(model, "expected a container's URL like http://localhost:8080, without user, query and fragment");
  }
  if (!thisMachine.test(url.hostname)) {
    throw invalid(
      model,
      'a container is on this machine, as http://localhost:8080; one elsewhere is reached by its ARN, or by `api_base`',
    );
  }
  // Also as it stands in a curl command.
  return url.href.replace(/(?<!\/)\/+$/, '').replace(/\/invocations$/, '');
}

function invalid(model: string, expected: string): BadRequestError {
  return new BadRequestError(`Invalid model "${model}": ${expected}.`, { param: 'model', model });
}
