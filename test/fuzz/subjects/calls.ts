import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { parseCallId, readSessionId, type ReturnedAction, toCallId } from '../../../src/bedrock/agents/call-id.ts';
import { toResumption } from '../../../src/bedrock/agents/results.ts';
import { BadRequestError } from '../../../src/errors.ts';
import { damage, damages } from '../bytes.ts';
import { texts } from '../values.ts';

// AWS's ids and names are well-formed; a lone surrogate is no text that base64 could hold.
const text = texts.map((each) => Buffer.from(each).toString());

const actions: fc.Arbitrary<ReturnedAction> = fc
  .record({
    sessionId: text,
    invocationId: text,
    index: fc.nat(5),
    count: fc.nat(5),
    actionGroup: text,
    agentId: text,
    collaboratorId: fc.option(
      text.filter((id) => id !== ''),
      { nil: undefined },
    ),
    confirmation: fc.constantFrom(undefined, 'USER_CONFIRMATION' as const, 'USER_CONFIRMATION_AND_RESULT' as const),
    target: fc.oneof(
      text.map((name) => ({ type: 'function' as const, name })),
      fc.tuple(text, text).map(([path, verb]) => ({ type: 'api' as const, path, verb })),
    ),
  })
  .map(({ collaboratorId, confirmation, ...action }) => ({
    ...action,
    ...(collaboratorId !== undefined && { collaboratorId }),
    ...(confirmation !== undefined && { confirmation }),
  }));

const strangers = fc.oneof(
  text,
  text.map((each) => `rc1_${each}`),
  fc.json().map((json) => `rc1_${Buffer.from(json).toString('base64url')}00000000`),
);

/** The ids of tool calls: read back as they were written, refused where they were changed or are none of ours. */
export const property = fc.property(actions, damages, strangers, text, (action, damaged, stranger, answer) => {
  const id = toCallId(action);
  if (!isDeepStrictEqual(parseCallId(id), action))
    throw new Error(`${id} is read as ${JSON.stringify(parseCallId(id))}.`);
  if (readSessionId(id) !== action.sessionId) throw new Error('The session is another.');
  const changed = damage(Buffer.from(id, 'latin1'), damaged).toString('latin1');
  for (const each of [changed, stranger]) {
    if (each !== id) refuse(() => void parseCallId(each));
    if (each !== id && readSessionId(each) !== undefined) throw new Error('A changed id names a session.');
  }
  refuseOrNot(
    () =>
      void toResumption(
        { type: 'assistant', text: '', calls: [{ id, name: 'a', arguments: '{}' }] },
        { type: 'results', results: [{ id, text: answer }] },
      ),
  );
});

function refuse(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (error instanceof BadRequestError) return;
    throw error;
  }
  throw new Error('A changed id was read.');
}

function refuseOrNot(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof BadRequestError)) throw error;
  }
}
