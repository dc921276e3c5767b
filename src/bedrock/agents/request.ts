import type { InvokeAgentCommandInput } from '@aws-sdk/client-bedrock-agent-runtime';
import type { AgentRequest } from '../../agent.ts';
import { BadRequestError } from '../../errors.ts';
import type { AgentRef } from '../model.ts';
import { type FieldType, splitParameters, toJson } from '../parameters.ts';
import { toSessionId } from '../session.ts';
import { checkSettings } from '../settings.ts';
import { nothingNew, toNews } from '../turns.ts';
import { withBytes } from './bytes.ts';

/** InvokeAgent's fields that a caller may name; the inside of structures is AWS's to check. */
const types = {
  enableTrace: 'boolean',
  endSession: 'boolean',
  memoryId: 'string',
  sourceArn: 'header',
  sessionState: 'object',
  bedrockModelConfigurations: 'object',
  streamingConfigurations: 'object',
  promptCreationConfigurations: 'object',
  invocationId: 'string',
  inputText: 'string',
} as const satisfies Record<string, FieldType>;

const idPattern = /^[0-9a-zA-Z._:-]{2,100}$/;

const sessionRules = {
  service: 'Bedrock Agents',
  names: ['sessionId', 'sessionID'],
  pattern: idPattern,
  expected: '2 to 100 letters, digits and . _ : -',
} as const;

type SessionState = NonNullable<InvokeAgentCommandInput['sessionState']>;

/** InvokeAgent's input and what the reading of its answer depends on. */
export interface Invocation {
  readonly input: InvokeAgentCommandInput;
  /** Whether the caller wants to see every trace. */
  readonly showTraces: boolean;
  /** Whether it was not the caller who asked AWS to stream. */
  readonly isStreamedByUs: boolean;
}

/** What is asked → InvokeAgent's input. Throws a `BadRequestError` before anything is sent. */
export function toInput(ref: AgentRef, request: AgentRequest): Invocation {
  checkSettings(request, { service: 'Bedrock Agents', tools: true });
  const { fields, custom } = parseFields(request.parameters);
  const { invocationId, inputText, memoryId, streamingConfigurations: streaming, ...rest } = fields;
  if (memoryId !== undefined && !idPattern.test(memoryId)) {
    throw new BadRequestError(`memoryId: expected ${sessionRules.expected}.`, { param: 'memoryId' });
  }
  const news = toNews(request);
  const text = inputText ?? news.text;
  const sessionState = toSessionState(rest.sessionState, custom, news.history, invocationId);
  if (text === '' && !rest.endSession && !sessionState.returnControlInvocationResults) throw nothingNew();
  const isStreamedByUs = request.stream && streaming?.streamFinalResponse === undefined;
  const input = {
    ...rest,
    agentId: ref.agentId,
    agentAliasId: ref.aliasId,
    sessionId: toSessionId(request.session, sessionRules),
    // Usage, reasoning and the model's name exist in traces only.
    enableTrace: rest.enableTrace ?? true,
    ...(text !== '' && { inputText: text }),
    ...(memoryId !== undefined && { memoryId }),
    ...(Object.keys(sessionState).length > 0 && { sessionState }),
    ...((streaming || isStreamedByUs) && {
      streamingConfigurations: { ...streaming, ...(isStreamedByUs && { streamFinalResponse: true }) },
    }),
  };
  return { input, showTraces: rest.enableTrace === true, isStreamedByUs };
}

type Structures = Pick<
  InvokeAgentCommandInput,
  | 'sessionState'
  | 'bedrockModelConfigurations'
  | 'streamingConfigurations'
  | 'promptCreationConfigurations'
  | 'enableTrace'
  | 'endSession'
  | 'sourceArn'
>;

interface Fields extends Structures {
  readonly invocationId?: string;
  readonly inputText?: string;
  readonly memoryId?: string;
}

function parseFields(parameters: AgentRequest['parameters']) {
  const { extra_body: extraBody, ...given } = parameters;
  const body = (extraBody ?? {}) as Record<string, unknown>;
  const foreign = Object.keys(body).find((name) => !Object.hasOwn(types, name));
  if (foreign !== undefined) {
    throw new BadRequestError(
      `extra_body.${foreign} is not a field of InvokeAgent's body; give it as a parameter of its own instead.`,
      { param: `extra_body.${foreign}` },
    );
  }
  for (const param of ['inputText', 'agentId', 'agentAliasId']) {
    if (given[param] === undefined) continue;
    throw new BadRequestError(
      `${param} is made of ${param === 'inputText' ? '`messages`' : '`model`'}; leave it out.`,
      {
        param,
      },
    );
  }
  const { fields, custom } = splitParameters({ ...given, ...body }, types);
  // Their outer types were checked; what a structure holds is the caller's and AWS's affair.
  return { fields: fields as Fields, custom };
}

function toSessionState(
  given: SessionState | undefined,
  custom: Readonly<Record<string, unknown>>,
  history: ReturnType<typeof toNews>['history'],
  invocationId: string | undefined,
): SessionState {
  if (history.length > 0 && given?.conversationHistory) {
    throw new BadRequestError(
      'sessionState.conversationHistory and the earlier messages both carry the history; send one of them.',
      { param: 'sessionState' },
    );
  }
  const attributes = Object.entries(custom).flatMap(([name, value]) => {
    const text = typeof value === 'string' ? value : toJson(name, value);
    return text === undefined ? [] : [[name, text] as const];
  });
  return {
    // The same structure, but for the spelling of its bytes.
    ...(withBytes(given, 'sessionState') as SessionState | undefined),
    ...(invocationId !== undefined && { invocationId }),
    ...(attributes.length > 0 && {
      promptSessionAttributes: { ...given?.promptSessionAttributes, ...Object.fromEntries(attributes) },
    }),
    ...(history.length > 0 && {
      conversationHistory: { messages: history.map(({ role, text }) => ({ role, content: [{ text }] })) },
    }),
  };
}
