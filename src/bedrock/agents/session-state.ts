import type { InvokeAgentCommandInput } from '@aws-sdk/client-bedrock-agent-runtime';
import { BadRequestError } from '../../errors.ts';
import { toJson } from '../parameters.ts';
import type { News } from '../turns.ts';
import { withBytes } from './bytes.ts';
import { withFiles } from './files.ts';
import type { Resumption } from './results.ts';

type SessionState = NonNullable<InvokeAgentCommandInput['sessionState']>;

/** What goes into the session's state beside the caller's own. */
export interface Additions {
  /** Parameters for the agent. */
  readonly custom: Readonly<Record<string, unknown>>;
  readonly news: News;
  readonly results: Resumption | undefined;
  readonly invocationId: string | undefined;
}

/** The caller's own session state and what was said in other ways; throws a `BadRequestError` where both say it. */
export function toSessionState(
  own: SessionState | undefined,
  { custom, news: { history, files }, results, invocationId }: Additions,
): SessionState {
  // The same structure, but for the spelling of its bytes.
  const given = withFiles(withBytes(own, 'sessionState') as SessionState | undefined, files);
  if (history.length > 0 && given?.conversationHistory) {
    throw new BadRequestError(
      'sessionState.conversationHistory and the earlier messages both carry the history; send one of them.',
      { param: 'sessionState' },
    );
  }
  const named = invocationId ?? given?.invocationId;
  if (results && named !== undefined && named !== results.invocationId) {
    throw new BadRequestError('invocationId names another invocation than the tool messages answer; leave it out.', {
      param: 'invocationId',
    });
  }
  if (results && given?.returnControlInvocationResults) {
    throw new BadRequestError(
      'sessionState.returnControlInvocationResults and the tool messages both answer; send one of them.',
      { param: 'sessionState' },
    );
  }
  const attributes = Object.entries(custom).flatMap(([name, value]) => {
    const text = typeof value === 'string' ? value : toJson(name, value);
    return text === undefined ? [] : [[name, text] as const];
  });
  return {
    ...given,
    ...(invocationId !== undefined && { invocationId }),
    ...(results && {
      invocationId: results.invocationId,
      returnControlInvocationResults: results.returnControlInvocationResults,
    }),
    ...(attributes.length > 0 && {
      promptSessionAttributes: { ...given?.promptSessionAttributes, ...Object.fromEntries(attributes) },
    }),
    ...(history.length > 0 && {
      conversationHistory: { messages: history.map(({ role, text }) => ({ role, content: [{ text }] })) },
    }),
  };
}
