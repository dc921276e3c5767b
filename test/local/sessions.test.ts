import type { SessionState } from '@aws-sdk/client-bedrock-agent-runtime';
import { expect, test } from 'vitest';
import { createSessions } from '../../src/local/sessions.ts';
import { awsException } from '../../src/local.ts';
import type { LocalAgent, LocalTurn } from '../../src/local.ts';
import { invokeAgent, start, textOf } from './clients.ts';

// A generator function is what users write; not all of them have something to wait for.
/* eslint-disable @typescript-eslint/require-await */
/** Keeps what it was told of the turns before, and answers in two pieces. */
function createNotingAgent(): { agent: LocalAgent; seen: (readonly LocalTurn[])[] } {
  const seen: (readonly LocalTurn[])[] = [];
  const agent: LocalAgent = async function* ({ turns, inputText }) {
    seen.push(turns);
    yield 'Heard ';
    yield { chunk: { bytes: `${inputText}.` } };
  };
  return { agent, seen };
}

test('an agent sees what its session said before, until the session ends', async () => {
  const { agent, seen } = createNotingAgent();
  const bedrock = await start({ agents: { 'AGENT/ALIAS': agent, 'OTHER/ALIAS': agent } });
  await invokeAgent(bedrock, { inputText: 'one' });
  await invokeAgent(bedrock, { inputText: 'two', endSession: true });
  await invokeAgent(bedrock, { inputText: 'three' });
  await invokeAgent(bedrock, { inputText: 'four', sessionId: 'another' });
  await invokeAgent(bedrock, { inputText: 'five', agentId: 'OTHER' });
  expect(seen).toEqual([[], [{ inputText: 'one', answer: 'Heard one.' }], [], [], []]);
});

test('a conversation that the caller brings along becomes part of the session', async () => {
  const { agent, seen } = createNotingAgent();
  const bedrock = await start({ agents: { 'AGENT/ALIAS': agent } });
  const messages = [
    { role: 'assistant', content: [{ text: 'Welcome.' }] },
    { role: 'user', content: [{ text: 'I am ' }, { text: 'Ada.' }] },
    { role: 'assistant', content: [{ text: 'Hello Ada.' }] },
    { role: 'user', content: [{ text: 'Hm.' }] },
  ] satisfies NonNullable<SessionState['conversationHistory']>['messages'];
  await invokeAgent(bedrock, { inputText: 'one', sessionState: { conversationHistory: { messages } } });
  await invokeAgent(bedrock, { inputText: 'two' });
  const brought = [
    { inputText: undefined, answer: 'Welcome.' },
    { inputText: 'I am Ada.', answer: 'Hello Ada.' },
    { inputText: 'Hm.', answer: '' },
  ];
  expect(seen).toEqual([brought, [...brought, { inputText: 'one', answer: 'Heard one.' }]]);
});

test('a turn that failed is not remembered', async () => {
  let failing = true;
  const bedrock = await start({
    agents: {
      'AGENT/ALIAS': async function* ({ turns }) {
        yield `${turns.length} turns before.`;
        if (failing) throw awsException('ThrottlingException', 'No.');
      },
    },
  });
  await invokeAgent(bedrock);
  failing = false;
  expect(textOf((await invokeAgent(bedrock)).events)).toBe('0 turns before.');
  expect(textOf((await invokeAgent(bedrock)).events)).toBe('1 turns before.');
});

test('the results of a returned control are taken only for an invocation of the same session', async () => {
  const bedrock = await start({
    agents: {
      'AGENT/ALIAS': async function* ({ sessionState, turns }) {
        if (sessionState['returnControlInvocationResults']) yield `Done after ${turns.length} turn.`;
        else yield { returnControl: { invocationId: 'one', invocationInputs: [] } };
      },
    },
  });
  const result = { functionResult: { actionGroup: 'group', function: 'f', responseBody: { TEXT: { body: '1' } } } };
  const results = (invocationId?: string): SessionState => ({ invocationId, returnControlInvocationResults: [result] });
  const refused = { name: 'ValidationException', message: expect.stringContaining('invocationId') as string };

  expect((await invokeAgent(bedrock, { sessionState: results('one') })).error).toMatchObject(refused);
  await invokeAgent(bedrock);
  expect((await invokeAgent(bedrock, { sessionState: results('two') })).error).toMatchObject(refused);
  expect((await invokeAgent(bedrock, { sessionState: results() })).error).toMatchObject(refused);
  const elsewhere = await invokeAgent(bedrock, { sessionId: 'another', sessionState: results('one') });
  expect(elsewhere.error).toMatchObject(refused);
  const { events } = await invokeAgent(bedrock, { sessionState: results('one') });
  expect(textOf(events)).toBe('Done after 1 turn.');
});

test('the longest unused session is forgotten when there are more than a thousand', () => {
  const sessions = createSessions();
  const [first, second] = [sessions.open('first'), sessions.open('second')];
  sessions.open('first');
  for (let index = 0; index < 999; index += 1) sessions.open(`session-${index}`);
  expect(sessions.open('first')).toBe(first);
  expect(sessions.open('second')).not.toBe(second);
});
