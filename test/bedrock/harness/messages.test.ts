import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AgentRequest, Turn } from '../../../src/agent.ts';
import { toMessages } from '../../../src/bedrock/harness/messages.ts';
import { BadRequestError } from '../../../src/index.ts';
import { checkHarnessCall } from '../../../src/local/harness-constraints.ts';
import { harnessArn } from '../../support/models.ts';

const text = fc.constantFrom('', ' \n', 'a', 'b €', '{"error":"x"}');
const user = text.map((said): Turn[] => [{ type: 'user', parts: [{ type: 'text', text: said }] }]);
const assistant = text.map((said): Turn[] => [{ type: 'assistant', text: said, calls: [] }]);
const ids = fc.uniqueArray(fc.constantFrom('call_1', 'call:2', 'x'.repeat(70), '€'), { minLength: 1 });
const json = fc.constantFrom('', '{}', '{"a":[1]}');
const calling = fc.tuple(text, ids, json, fc.boolean(), text).map(([said, given, json, isAnswered, answer]): Turn[] => {
  const calls = given.map((id) => ({ id, name: 'f', arguments: json }));
  const results = given.toReversed().map((id) => ({ id, text: answer }));
  return [{ type: 'assistant', text: said, calls }, ...(isAnswered ? [{ type: 'results' as const, results }] : [])];
});
const conversation = fc.array(fc.oneof(user, assistant, calling), { maxLength: 8 }).map((steps) => steps.flat());
const session = { id: 's', exact: false, name: 'litellm_session_id' };

/** What travels; `undefined` where there is nothing new to say. */
function tell(turns: readonly Turn[], isRemembered: boolean) {
  try {
    return toMessages({ turns, ...(isRemembered && { session }) } as AgentRequest);
  } catch (error) {
    expect(error).toBeInstanceOf(BadRequestError);
    return undefined;
  }
}

it.each([false, true])('whatever was said, AWS takes the messages (in a session: %s)', (isRemembered) => {
  const call = {
    arn: harnessArn,
    qualifier: 'DEFAULT',
    sessionId: 'x'.repeat(40),
    requestId: 'r',
    userId: undefined,
    signal: new AbortController().signal,
  };
  let told = 0;
  fc.assert(
    fc.property(conversation, (turns) => {
      const messages = tell(turns, isRemembered);
      const last = turns.at(-1);
      const isNew = last?.type === 'results' || (last?.type === 'user' && toText(last).trim() !== '');
      if (isNew) expect(messages).toBeDefined();
      if (!messages) return;
      told++;
      checkHarnessCall(call, { messages });
      if (!isRemembered) expect(messages[0]?.role).toBe('user');
      for (const { text } of messages.flatMap(({ content }) => content)) expect(text?.trim()).not.toBe('');
    }),
    { numRuns: 500 },
  );
  expect(told).toBeGreaterThan(100);
});

it('what a session remembers and what travels are the whole, each turn once', () => {
  fc.assert(
    fc.property(conversation, (turns) => {
      const whole = tell(turns, false);
      const fresh = tell(turns, true);
      expect(fresh === undefined).toBe(whole === undefined);
      if (!whole || !fresh) return;
      const blocks = (messages: typeof whole) => messages.flatMap(({ content }) => content);
      expect(blocks(whole).slice(-blocks(fresh).length)).toEqual(blocks(fresh));
    }),
  );
});

function toText(turn: Turn): string {
  return turn.type === 'user' ? turn.parts.map((part) => (part.type === 'text' ? part.text : '')).join('') : '';
}
