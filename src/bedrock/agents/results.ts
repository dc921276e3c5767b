import type { InvocationResultMember } from '@aws-sdk/client-bedrock-agent-runtime';
import type { AssistantTurn, ResultsTurn } from '../../agent.ts';
import { BadRequestError } from '../../errors.ts';
import { parseCallId, type ReturnedAction } from './call-id.ts';
import { parseOutcome } from './outcome.ts';

/** What a returned invocation is answered with, and in which session. */
export interface Resumption {
  readonly sessionId: string;
  readonly invocationId: string;
  readonly returnControlInvocationResults: InvocationResultMember[];
}

/** AWS's limit. */
const mostResults = 5;

/** Tool messages → the results of a returned invocation. Throws a `BadRequestError` where one is missing or foreign. */
export function toResumption({ calls }: AssistantTurn, { results }: ResultsTurn): Resumption {
  const texts = new Map(results.map(({ id, text }) => [id, text]));
  if (texts.size < results.length) throw wrong('two tool messages answer the same call; send one for each call');
  if (calls.length > mostResults) {
    throw wrong(
      `an agent takes at most ${mostResults} answers at once, and ${calls.length} calls came; ask it for fewer`,
    );
  }
  const answered = calls.map(({ id, name }) => {
    const text = texts.get(id);
    if (text === undefined)
      throw wrong(`the call of ${name} is not answered; all calls of a message are answered together`);
    return { action: parseCallId(id), text };
  });
  const [first] = answered;
  if (!first) throw wrong('there is no call to answer');
  const { sessionId, invocationId, count } = first.action;
  if (answered.some(({ action }) => action.sessionId !== sessionId || action.invocationId !== invocationId)) {
    throw wrong('the calls belong to different turns of the agent; send each assistant message as it came');
  }
  const given = new Set(answered.map(({ action }) => action.index)).size;
  if (given < calls.length) throw wrong('a call stands twice in the assistant message; send it as it came');
  if (given < count)
    throw wrong(
      `the agent made ${count} calls at once, and the assistant message has ${given} of them; send it as it came`,
    );
  const inOrder = answered.sort((a, b) => a.action.index - b.action.index);
  return {
    sessionId,
    invocationId,
    returnControlInvocationResults: inOrder.map(({ action, text }) => toResult(action, text)),
  };
}

function toResult(action: ReturnedAction, text: string): InvocationResultMember {
  const { actionGroup, collaboratorId, target } = action;
  const { body, ...states } = parseOutcome(text, action.confirmation);
  const common = { actionGroup, ...(collaboratorId !== undefined && { agentId: collaboratorId }), ...states };
  if (target.type === 'function') {
    const responseBody = body !== undefined && { responseBody: { TEXT: { body } } };
    return { functionResult: { ...common, function: target.name, ...responseBody } };
  }
  // Of an API that failed, nobody here knows the status.
  const isFine = body !== undefined && states.responseState === undefined;
  const responseBody = body !== undefined && { responseBody: { 'application/json': { body } } };
  const { path: apiPath, verb: httpMethod } = target;
  return { apiResult: { ...common, apiPath, httpMethod, ...(isFine && { httpStatusCode: 200 }), ...responseBody } };
}

function wrong(why: string): BadRequestError {
  return new BadRequestError(`messages: ${why}.`, { param: 'messages' });
}
