import type { InvokeAgentRuntimeCommandInput } from '@aws-sdk/client-bedrock-agentcore';
import type { AgentRequest } from '../../agent.ts';
import { BadRequestError } from '../../errors.ts';
import { type FieldType, splitParameters } from '../parameters.ts';
import { toSessionId } from '../session.ts';
import { checkSettings } from '../settings.ts';
import { type AgentFormat, parseAgentFormat } from './agent-format.ts';
import { parseForm, toPayload } from './payload.ts';

/** InvokeAgentRuntime's fields that a caller may name, and `endSession`, which asks for StopRuntimeSession. */
const types = {
  accept: 'header',
  accountId: 'string',
  baggage: 'header',
  contentType: 'header',
  endSession: 'boolean',
  mcpMethod: 'header',
  mcpName: 'header',
  mcpProtocolVersion: 'header',
  mcpSessionId: 'header',
  qualifier: 'string',
  runtimeUserId: 'header',
  traceId: 'header',
  traceParent: 'header',
  traceState: 'header',
} as const satisfies Record<string, FieldType>;

const sessionRules = {
  service: 'AgentCore',
  names: ['runtimeSessionId'],
  // Sent as a header, so nothing but visible ASCII.
  pattern: /^[\x21-\x7e]{33,256}$/,
  expected: '33 to 256 characters without blanks',
} as const;

/** Fields that are made of something else here, and of what. */
const made = { agentRuntimeArn: '`model`', payload: '`messages` and custom parameters', prompt: '`messages`' };

type Input = Omit<InvokeAgentRuntimeCommandInput, 'agentRuntimeArn'>;

/** What any AgentCore agent is asked with, wherever it runs. */
export interface Invocation extends Input {
  readonly runtimeSessionId: string;
  readonly payload: string | Uint8Array;
}

/** An invocation and what else the caller wants of it. */
export interface Asked {
  readonly input: Invocation;
  /** How the answer is read, where it does not tell itself. */
  readonly format: AgentFormat | undefined;
  readonly endsSession: boolean;
}

/** What is asked → InvokeAgentRuntime's input. Throws a `BadRequestError` before anything is sent. */
export function toInvocation(request: AgentRequest): Asked {
  const {
    agent_format: agentFormat,
    extra_body: extraBody,
    forward_multimodal_content: forward,
    payload_format: payloadFormat,
    ...parameters
  } = request.parameters;
  const form = parseForm(payloadFormat);
  checkSettings(request, { service: 'AgentCore', tools: form.carriesTools });
  for (const [param, source] of Object.entries(made)) {
    if (parameters[param] === undefined) continue;
    throw new BadRequestError(`${param} is made of ${source}; to replace it in the payload, use \`extra_body\`.`, {
      param,
    });
  }
  const { fields, custom } = splitParameters(parameters, types);
  const { endSession = false, ...headers } = fields;
  const sessionId = toSessionId(request.session, sessionRules, request.freshSessionId);
  const said = { request, sessionId, custom, forwardsContent: parseFlag(forward) };
  const input = {
    // An agent written with AWS's TypeScript SDK answers 406 when it streams and the stream is not accepted.
    accept: 'application/json, text/event-stream',
    contentType: 'application/json',
    // Their types were checked against the table above.
    ...(headers as Partial<Record<Exclude<keyof typeof types, 'endSession'>, string>>),
    runtimeSessionId: sessionId,
    payload: toPayload(form, said, extraBody as object | undefined),
  };
  return { input, format: parseAgentFormat(agentFormat), endsSession: endSession === true };
}

/** LiteLLM takes the word for the flag, too. */
function parseFlag(value: unknown): boolean {
  if (value === true || value === 'true') return true;
  if (value == null || value === false || value === 'false') return false;
  throw new BadRequestError('forward_multimodal_content: expected true or false.', {
    param: 'forward_multimodal_content',
  });
}
