import { BadRequestError } from '../../errors.ts';
import { parseFailure, parseObject } from '../outcome.ts';
import type { Confirmation } from './call-id.ts';

/** What a tool message says: a result; that the tool failed; or, where it was asked, yes or no. */
export interface Outcome {
  readonly body?: string;
  readonly responseState?: 'FAILURE' | 'REPROMPT';
  readonly confirmationState?: 'CONFIRM' | 'DENY';
}

/** A tool message → what it says. Throws a `BadRequestError` where it leaves open whether the user agreed. */
export function parseOutcome(text: string, asked: Confirmation | undefined): Outcome {
  switch (asked) {
    case undefined:
      return toOutcome(text);
    case 'USER_CONFIRMATION':
      return parseConfirmation(text);
    case 'USER_CONFIRMATION_AND_RESULT':
      return parseConfirmedResult(text);
    default:
      return asked satisfies never;
  }
}

/**
 * A result is any text. `{"error": "…"}` is given back to the model, which may try again (REPROMPT);
 * `{"error": "…", "fatal": true}` ends the turn with an error (FAILURE).
 */
function toOutcome(body: string): Outcome {
  const failure = parseFailure(body);
  return { body, ...(failure && { responseState: failure.isFatal ? 'FAILURE' : 'REPROMPT' }) };
}

const words: ReadonlyMap<string, 'CONFIRM' | 'DENY'> = new Map([
  ['confirm', 'CONFIRM'],
  ['confirmed', 'CONFIRM'],
  ['yes', 'CONFIRM'],
  ['deny', 'DENY'],
  ['denied', 'DENY'],
  ['no', 'DENY'],
  ['true', 'CONFIRM'],
  ['false', 'DENY'],
]);

/** Yes or no, as a word or as `{"confirmation": "CONFIRM" | "DENY"}`; the agent runs the action itself. */
function parseConfirmation(text: string): Outcome {
  const { confirmation = text, ...rest } = parseObject(text);
  const confirmationState = parseWord(confirmation);
  if (confirmationState && Object.keys(rest).length === 0) return { confirmationState };
  throw unclear('the agent runs the action itself: answer with "CONFIRM" or "DENY" and nothing else');
}

/**
 * The caller ran the action or was not allowed to. A word is an answer without a result,
 * `{"confirmation", "result"}` says both; any other text is the result of an action that the user allowed.
 */
function parseConfirmedResult(text: string): Outcome {
  const { confirmation, result, ...rest } = parseObject(text);
  if (confirmation === undefined) {
    // A tool that answers true or false has run.
    const confirmationState = /^\s*(true|false)\s*$/.test(text) ? undefined : parseWord(text);
    if (confirmationState) return { confirmationState };
    // What begins like a refusal must not pass for a result that was allowed.
    if (/^\W*(den(y|ied)\b|(yes|no)\s*[^\w\s])/i.test(text)) throw unclear(both);
    return { confirmationState: 'CONFIRM', ...toOutcome(text) };
  }
  const confirmationState = parseWord(confirmation);
  if (!confirmationState || Object.keys(rest).length > 0) throw unclear(both);
  if (result === undefined) return { confirmationState };
  return { confirmationState, ...toOutcome(typeof result === 'string' ? result : JSON.stringify(result)) };
}

const both = 'answer with {"confirmation": "CONFIRM" or "DENY", "result": …} and nothing else';

function parseWord(answer: unknown): 'CONFIRM' | 'DENY' | undefined {
  if (typeof answer === 'boolean') return answer ? 'CONFIRM' : 'DENY';
  const word = typeof answer === 'string' ? answer.trim() : '';
  // What is longer is no word: to look through it for an end of signs may take the square of its length.
  return word.length < 32 ? words.get(word.replaceAll(/^[\s"']+|[\s"'.!]+$/g, '').toLowerCase()) : undefined;
}

function unclear(how: string): BadRequestError {
  return new BadRequestError(`messages: this call asks for the user's confirmation; ${how}.`, { param: 'messages' });
}
