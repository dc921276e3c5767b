import type { InvokeAgentCommandInput } from '@aws-sdk/client-bedrock-agent-runtime';
import type { AgentRequest, AssistantTurn, Session } from '../../agent.ts';
import { BadRequestError } from '../../errors.ts';
import type { AgentRef } from '../model.ts';
import { type FieldType, splitParameters } from '../parameters.ts';
import { toSessionId } from '../session.ts';
import { checkSettings } from '../settings.ts';
import { nothingNew, toNews } from '../turns.ts';
import { isCallId, parseCallId } from './call-id.ts';
import { toResumption } from './results.ts';
import { toSessionState } from './session-state.ts';

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
  const resumed = toResumed(ref, request);
  // A returned invocation waits in its session, which remembers the rest.
  const session = resumed ? toSession(resumed.sessionId, request.session) : request.session;
  const news = toNews({ ...request, ...(session && { session }) });
  if (news.results && (news.text !== '' || news.files.length > 0)) {
    throw new BadRequestError(
      'messages: AWS takes answers to calls or something new; send the new message after the answer.',
      {
        param: 'messages',
      },
    );
  }
  const text = inputText ?? news.text;
  const results = news.results && resumed ? toResumption(resumed.turn, news.results) : undefined;
  const sessionState = toSessionState(rest.sessionState, { custom, news, results, invocationId });
  const isSaying = text !== '' || news.files.length > 0 || sessionState.returnControlInvocationResults;
  if (!isSaying && !rest.endSession) throw nothingNew();
  const isStreamedByUs = request.stream && streaming?.streamFinalResponse === undefined;
  const input = {
    ...rest,
    agentId: ref.agentId,
    agentAliasId: ref.aliasId,
    sessionId: toSessionId(session, sessionRules, request.freshSessionId),
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

/** The last assistant turn, where its calls still wait for their answers, and the session in which they wait. */
function toResumed(
  ref: AgentRef,
  { turns }: AgentRequest,
): { readonly turn: AssistantTurn; readonly sessionId: string } | undefined {
  const turn = turns.findLast((each) => each.type === 'assistant');
  const [call] = turn?.calls ?? [];
  if (!turn || !call) return undefined;
  const isAnswered = turns.at(-1)?.type === 'results';
  // Calls of another's that nobody answers are history like any other.
  if (!isCallId(call.id) && !isAnswered) return undefined;
  const { agentId, sessionId } = parseCallId(call.id);
  if (agentId !== ref.agentId && !isAnswered) return undefined;
  if (agentId !== ref.agentId) {
    throw new BadRequestError(
      `messages: the calls were made by the agent ${agentId}, and this is ${ref.agentId}; answer them there.`,
      { param: 'messages' },
    );
  }
  return { turn, sessionId };
}

function toSession(id: string, given: Session | undefined): Session {
  if (given && toSessionId(given, sessionRules) !== id) {
    throw new BadRequestError(
      `${given.name} names another session than the one in which the calls were made; leave it out.`,
      {
        param: given.name,
      },
    );
  }
  return { id, exact: true, name: sessionRules.names[0] };
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
  const runtimes = ['agent_format', 'forward_multimodal_content', 'payload_format'].find((name) => given[name] != null);
  if (runtimes !== undefined) {
    throw new BadRequestError(`${runtimes} is for AgentCore runtimes; leave it out for a Bedrock agent.`, {
      param: runtimes,
    });
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
