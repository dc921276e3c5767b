import { afterAll, beforeEach, expect, it } from 'vitest';
import { type LocalHarness, type LocalHarnessRequest, startLocalBedrock } from '../../../src/local.ts';
import { harnessArn, harnessModel as model } from '../../support/models.ts';
import { createClient } from '../../support/openai.ts';

const heard: LocalHarnessRequest[] = [];

/** Runs its own shell beside a first call for two functions, asks for one more, and then says what it was told. */
const clerk: LocalHarness = async function* (request) {
  heard.push(request);
  const [result] = (request.messages.at(-1)?.content ?? []).flatMap(({ toolResult }) =>
    toolResult ? [toolResult] : [],
  );
  const { toolUseId } = (result ?? {}) as { readonly toolUseId?: string };
  await Promise.resolve();
  if (toolUseId === undefined) {
    yield 'Let me look.';
    yield { toolUse: { name: 'shell', toolUseId: 'own', input: { command: 'ls' } } };
    yield { usage: { inputTokens: 10, outputTokens: 5 } };
    yield { toolResult: { toolUseId: 'own', text: 'ledger.csv' } };
    yield 'Two questions.';
    yield { toolUse: { name: 'get_balance', toolUseId: 'first', input: { account: 7 } } };
    yield { toolUse: { name: 'get_name', toolUseId: 'second', input: {} } };
    yield { usage: { inputTokens: 20, outputTokens: 6, cacheReadInputTokens: 4 } };
  } else if (toolUseId === 'first') {
    yield { toolUse: { name: 'get_balance', toolUseId: 'third', input: { account: 8 } } };
  } else {
    yield `Told: ${JSON.stringify(result)}`;
  }
};
const local = await startLocalBedrock({ harnesses: { [harnessArn]: clerk } });
afterAll(local.close);

const given: unknown[] = [];
const runnable = (name: string, say: () => unknown) => ({
  type: 'function' as const,
  function: {
    name,
    description: `Says the ${name}.`,
    parameters: { type: 'object', properties: {} },
    parse: (text: string) => JSON.parse(text) as object,
    function: (values: object) => {
      given.push([name, values]);
      return say() as string;
    },
  },
});
const tools = [runnable('get_balance', () => ({ balance: 12 })), runnable('get_name', () => 'Ada')];
const messages = [
  { role: 'system' as const, content: 'Be exact.' },
  { role: 'user' as const, content: 'How much?' },
];
const client = createClient(local.url);

beforeEach(() => {
  heard.splice(0);
  given.splice(0);
});

const use = (name: string, toolUseId: string, input: object) => ({ toolUse: { toolUseId, name, input } });
const answer = (toolUseId: string, text: string) => ({
  toolResult: { toolUseId, content: [{ text }], status: 'success' },
});
const question = { role: 'user', content: [{ text: 'How much?' }] };
// The messages of one answer are one message to OpenAI's callers.
const asked = [
  {
    role: 'assistant',
    content: [
      { text: 'Let me look.\n\nTwo questions.' },
      use('get_balance', 'first', { account: 7 }),
      use('get_name', 'second', {}),
    ],
  },
  { role: 'user', content: [answer('first', '{"balance":12}'), answer('second', 'Ada')] },
];
const askedAgain = [
  { role: 'assistant', content: [use('get_balance', 'third', { account: 8 })] },
  { role: 'user', content: [answer('third', '{"balance":12}')] },
];

it.each([
  ['whole', () => client.chat.completions.runTools({ model, messages, tools })],
  ['streamed', () => client.chat.completions.runTools({ model, messages, tools, stream: true })],
])("the runner of OpenAI's client runs the caller's functions and no other, %s", async (_, start) => {
  const runner = start();
  expect(await runner.finalContent()).toBe(`Told: ${JSON.stringify(answer('third', '{"balance":12}').toolResult)}`);
  expect(given).toEqual([
    ['get_balance', { account: 7 }],
    ['get_name', {}],
    ['get_balance', { account: 8 }],
  ]);
  const roles = runner.messages.map(({ role }) => role);
  expect(roles).toEqual(['system', 'user', 'assistant', 'tool', 'tool', 'assistant', 'tool', 'assistant']);

  // Nobody remembers anything: the caller brings the conversation, each time in a new session.
  expect(heard.map((request) => request.messages)).toEqual([
    [question],
    [question, ...asked],
    [question, ...asked, ...askedAgain],
  ]);
  expect(new Set(heard.map(({ sessionId }) => sessionId)).size).toBe(3);
  for (const { body, tools: told } of heard) {
    expect(body['systemPrompt']).toEqual([{ text: 'Be exact.' }]);
    expect(told.map(({ name }) => name)).toEqual(['get_balance', 'get_name']);
  }
});

it('in a session, only the answers travel and the turn that asked for them', async () => {
  const request = { model, messages, tools, litellm_session_id: 'Ada’s ledger' };
  const runner = client.chat.completions.runTools(request);
  expect(await runner.finalContent()).toMatch(/^Told: /);
  expect(heard.map((one) => one.messages)).toEqual([[question], asked, askedAgain]);
  expect(new Set(heard.map(({ sessionId }) => sessionId)).size).toBe(1);
  // What the session remembers and what travels are together the whole conversation, each turn once.
  expect([...(heard[2]?.earlier ?? []), ...askedAgain]).toEqual([question, ...asked, ...askedAgain]);
});
