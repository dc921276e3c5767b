import type { InvokeHarnessCommandInput } from '@aws-sdk/client-bedrock-agentcore';
import type { AgentRequest } from '../../agent.ts';
import { BadRequestError } from '../../errors.ts';
import type { HarnessRef } from '../model.ts';
import { type FieldType, splitParameters } from '../parameters.ts';
import { toSessionId } from '../session.ts';
import { checkSettings } from '../settings.ts';
import { toMessages } from './messages.ts';
import { type ModelConfigs, toModel, toTools } from './overrides.ts';

/** InvokeHarness's fields that a caller may name; the inside of structures is AWS's to check. */
const types = {
  actorId: 'string',
  allowedTools: 'array',
  baggage: 'header',
  bedrockModelConfig: 'object',
  geminiModelConfig: 'object',
  liteLlmModelConfig: 'object',
  maxIterations: 'number',
  maxTokens: 'number',
  openAiModelConfig: 'object',
  qualifier: 'string',
  runtimeUserId: 'header',
  skills: 'array',
  systemPrompt: 'array',
  timeoutSeconds: 'number',
  traceId: 'header',
  traceParent: 'header',
  traceState: 'header',
} as const satisfies Record<string, FieldType>;

const service = 'AgentCore harness';

// https://docs.aws.amazon.com/bedrock-agentcore/latest/APIReference/API_InvokeHarness.html
const sessionRules = {
  service,
  names: ['runtimeSessionId'],
  pattern: /^[a-zA-Z0-9][a-zA-Z0-9_-]{32,99}$/,
  expected: '33 to 100 letters, digits, _ and -, the first a letter or a digit',
} as const;

const settings = ['max_tokens', 'max_completion_tokens', 'temperature', 'top_p'] as const;

/** What is asked → InvokeHarness's input. Throws a `BadRequestError` before anything is sent. */
export function toInput(ref: HarnessRef, request: AgentRequest): InvokeHarnessCommandInput {
  checkSettings(request, { service, tools: true, serviceTools: true, settings, custom: false });
  const { bedrockModelConfig, geminiModelConfig, liteLlmModelConfig, openAiModelConfig, ...fields } =
    parseFields(request);
  const configs = { bedrockModelConfig, geminiModelConfig, liteLlmModelConfig, openAiModelConfig };
  const model = toModel(configs, request);
  const tools = toTools(request);
  const { max_tokens: most, max_completion_tokens: maxTokens = most } = request.settings;
  const { instructions } = request;
  return {
    ...fields,
    ...oneOf('qualifier', fields.qualifier, ref.qualifier, 'the ARN names an endpoint'),
    ...oneOf('maxTokens', fields.maxTokens, maxTokens, '`max_tokens` says it'),
    ...oneOf('systemPrompt', fields.systemPrompt, toPrompt(instructions), 'the system messages say it'),
    ...(model && { model }),
    ...(tools.length > 0 && { tools }),
    harnessArn: ref.arn,
    runtimeSessionId: toSessionId(request.session, sessionRules, request.freshSessionId),
    messages: toMessages(request),
  };
}

type Fields = Omit<InvokeHarnessCommandInput, 'harnessArn' | 'runtimeSessionId' | 'messages' | 'model' | 'tools'>;

function parseFields({ parameters }: AgentRequest): Fields & ModelConfigs {
  const { extra_body: extraBody, ...given } = parameters;
  const { fields, custom } = splitParameters({ ...given, ...(extraBody as object | undefined) }, types);
  const [param] = Object.keys(custom);
  // Their outer types were checked; what a structure holds is the caller's and AWS's affair.
  if (param === undefined) return fields as Fields & ModelConfigs;
  throw new BadRequestError(
    `${param} is no field of InvokeHarness that can be given, and a harness takes no custom parameters; leave it out.`,
    { param },
  );
}

/** A field that may be said in two ways, but not in both. */
function oneOf(param: string, given: unknown, made: unknown, why: string): object {
  if (made === undefined) return {};
  if (given === undefined || given === made) return { [param]: made };
  throw new BadRequestError(`${param}: ${why} already; give one of the two.`, { param });
}

/** A call's prompt replaces the harness's own, which a session does not remember. */
function toPrompt(instructions: string): Fields['systemPrompt'] {
  return instructions.trim() === '' ? undefined : [{ text: instructions }];
}
