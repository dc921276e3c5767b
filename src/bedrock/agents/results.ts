import type { InvocationResultMember } from '@aws-sdk/client-bedrock-agent-runtime';
import type { AssistantTurn, ResultsTurn } from '../../agent.ts';
import { BadRequestError } from '../../errors.ts';
import { parseFailure, parseObject } from '../outcome.ts';
import { parseCallId, type ReturnedAction } from './call-id.ts';

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
  if (texts.size < results.length) throw wrong('two tool messages answer the same call');
  if (calls.length > mostResults) throw wrong(`an agent takes at most ${mostResults} answers at once`);
  const answered = calls.map(({ id, name }) => {
    const text = texts.get(id);
    if (text === undefined)
      throw wrong(`the call of ${name} is not answered; all calls of a message are answered together`);
    return { action: parseCallId(id), text };
  });
  const [first] = answered;
  if (!first) throw wrong('there is no call to answer');
  const { sessionId, invocationId } = first.action;
  if (answered.some(({ action }) => action.sessionId !== sessionId || action.invocationId !== invocationId)) {
    throw wrong('the calls belong to different turns of the agent');
  }
  const inOrder = answered.sort((a, b) => a.action.index - b.action.index);
  return {
    sessionId,
    invocationId,
    returnControlInvocationResults: inOrder.map(({ action, text }) => toResult(action, text)),
  };
}

/** What a tool message says: a result; that the tool failed; or, where it was asked, yes or no. */
interface Outcome {
  readonly text?: string;
  readonly responseState?: 'FAILURE' | 'REPROMPT';
  readonly confirmationState?: 'CONFIRM' | 'DENY';
}

function toResult(action: ReturnedAction, text: string): InvocationResultMember {
  const { actionGroup, agentId, target, confirmation } = action;
  const { text: body, ...states } = confirmation ? toConfirmation(text, confirmation) : toOutcome(text);
  const common = { actionGroup, ...(agentId !== undefined && { agentId }), ...states };
  if (target.type === 'function') {
    return {
      functionResult: {
        ...common,
        function: target.name,
        ...(body !== undefined && { responseBody: { TEXT: { body } } }),
      },
    };
  }
  return {
    apiResult: {
      ...common,
      apiPath: target.path,
      httpMethod: target.verb,
      ...(body !== undefined && { httpStatusCode: 200, responseBody: { 'application/json': { body } } }),
    },
  };
}

/**
 * A result is any text. `{"error": "…"}` is given back to the model, which may try again (REPROMPT);
 * `{"error": "…", "fatal": true}` ends the turn with an error (FAILURE).
 */
function toOutcome(text: string): Outcome {
  const failure = parseFailure(text);
  return { text, ...(failure && { responseState: failure.isFatal ? 'FAILURE' : 'REPROMPT' }) };
}

const words: ReadonlyMap<string, 'CONFIRM' | 'DENY'> = new Map([
  ['confirm', 'CONFIRM'],
  ['confirmed', 'CONFIRM'],
  ['yes', 'CONFIRM'],
  ['true', 'CONFIRM'],
  ['deny', 'DENY'],
  ['denied', 'DENY'],
  ['no', 'DENY'],
  ['false', 'DENY'],
]);

/** Yes or no, as a word or as `{"confirmation": "CONFIRM" | "DENY"}`; a result of an action that waits for both is a yes. */
function toConfirmation(text: string, kind: NonNullable<ReturnedAction['confirmation']>): Outcome {
  const { confirmation, result } = parseObject(text);
  const isAsked = confirmation !== undefined;
  const word = (isAsked ? JSON.stringify(confirmation) : text).replaceAll(/^[\s"']+|[\s"'.!]+$/g, '');
  const confirmationState = words.get(word.toLowerCase());
  if (confirmationState) {
    const body = typeof result === 'string' ? result : result === undefined ? undefined : JSON.stringify(result);
    return { confirmationState, ...(body !== undefined && confirmationState === 'CONFIRM' && { text: body }) };
  }
  // A word that is none of these must not pass for a yes.
  if (kind === 'USER_CONFIRMATION_AND_RESULT' && !isAsked) return { confirmationState: 'CONFIRM', ...toOutcome(text) };
  throw wrong('this call asks for the user\'s confirmation; answer it with "CONFIRM" or "DENY"');
}

function wrong(why: string): BadRequestError {
  return new BadRequestError(`messages: ${why}.`, { param: 'messages' });
}
