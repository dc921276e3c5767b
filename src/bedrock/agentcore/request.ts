import type { InvokeAgentRuntimeCommandInput } from '@aws-sdk/client-bedrock-agentcore';
import type { AgentRequest } from '../../agent.ts';
import { BadRequestError } from '../../errors.ts';
import type { RuntimeRef } from '../model.ts';
import { type FieldType, splitParameters, toJson } from '../parameters.ts';
import { toSessionId } from '../session.ts';
import { checkSettings } from '../settings.ts';
import { type News, nothingNew, toNews } from '../turns.ts';

/** InvokeAgentRuntime's fields that a caller may name. */
const types = {
  accept: 'header',
  accountId: 'string',
  baggage: 'header',
  contentType: 'header',
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

/** What is asked → InvokeAgentRuntime's input. Throws a `BadRequestError` before anything is sent. */
export function toInput(ref: RuntimeRef, request: AgentRequest): InvokeAgentRuntimeCommandInput {
  checkSettings(request, { service: 'AgentCore', tools: false });
  const { extra_body: extraBody, ...parameters } = request.parameters;
  for (const [param, source] of Object.entries(made)) {
    if (parameters[param] === undefined) continue;
    throw new BadRequestError(`${param} is made of ${source}; to replace it in the payload, use \`extra_body\`.`, {
      param,
    });
  }
  const { fields, custom } = splitParameters(parameters, types);
  checkQualifier(ref, fields.qualifier);
  const news = toNews(request);
  if (news.results) {
    throw new BadRequestError('Answers to tool calls (role "tool") are not built yet for AgentCore.', {
      param: 'messages',
    });
  }
  const overridden = Object.hasOwn(extraBody ?? {}, 'prompt');
  if (news.text === '' && !overridden) throw nothingNew();
  const payload = { prompt: toPrompt(news), ...custom, ...(extraBody as object | undefined) };
  return {
    // An agent written with AWS's TypeScript SDK answers 406 when it streams and the stream is not accepted.
    accept: 'application/json, text/event-stream',
    contentType: 'application/json',
    ...(ref.qualifier !== undefined && { qualifier: ref.qualifier }),
    // Their types were checked against the table above.
    ...(fields as Partial<Record<keyof typeof types, string>>),
    agentRuntimeArn: ref.arn,
    runtimeSessionId: toSessionId(request.session, sessionRules, request.freshSessionId),
    payload: toPayload(payload),
  };
}

function toPayload(fields: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(fields).flatMap(([name, value]) => {
    const json = toJson(name, value);
    return json === undefined ? [] : [`${JSON.stringify(name)}:${json}`];
  });
  return `{${members.join(',')}}`;
}

function checkQualifier(ref: RuntimeRef, qualifier: unknown): void {
  if (qualifier === undefined || ref.qualifier === undefined || qualifier === ref.qualifier) return;
  throw new BadRequestError(`qualifier: the ARN names the endpoint ${ref.qualifier} already; give one of the two.`, {
    param: 'qualifier',
  });
}

/** An agent that takes a prompt has no place for messages; what went before stands before what is new. */
function toPrompt({ history, text }: News): string {
  if (history.length === 0) return text;
  const names = { user: 'User', assistant: 'Assistant' };
  const before = history.map((message) => `${names[message.role]}: ${message.text}`);
  return [...before, `User: ${text}`].join('\n\n');
}
