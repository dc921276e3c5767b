import { BedrockAgentCoreClient, InvokeHarnessCommand } from '@aws-sdk/client-bedrock-agentcore';
import type { InvokeHarnessCommandInput, InvokeHarnessStreamOutput } from '@aws-sdk/client-bedrock-agentcore';
import { describe, expect, test } from 'vitest';
import { createFaults } from '../../src/local/faults.ts';
import { awsException } from '../../src/local.ts';
import type { LocalBedrock, LocalFaultName, LocalHarness, LocalHarnessRequest } from '../../src/local.ts';
import { harnessArn } from '../support/models.ts';
import { start } from './clients.ts';

const runtimeSessionId = 'a-session-of-the-right-length-0123456789';
const user = (text: string) => ({ role: 'user' as const, content: [{ text }] });

/** What AWS's own client makes of a harness's answer: its events, and what was thrown before or after them. */
async function ask(
  { url }: Pick<LocalBedrock, 'url'>,
  input: object = {},
): Promise<{ events: InvokeHarnessStreamOutput[]; error?: Error }> {
  const client = new BedrockAgentCoreClient({ region: 'us-west-2', endpoint: url, maxAttempts: 1 });
  const events: InvokeHarnessStreamOutput[] = [];
  const whole = { harnessArn, runtimeSessionId, messages: [user('Hi')], ...input } as InvokeHarnessCommandInput;
  try {
    const { stream } = await client.send(new InvokeHarnessCommand(whole));
    for await (const event of stream ?? []) events.push(event);
    return { events };
  } catch (error) {
    return { events, error: error as Error };
  } finally {
    client.destroy();
  }
}

async function invoke(harness: LocalHarness, input: object = {}) {
  return ask(await start({ harnesses: { [harnessArn]: harness } }), input);
}

const textOf = (events: readonly InvokeHarnessStreamOutput[]) =>
  events.map((event) => event.contentBlockDelta?.delta?.text ?? '').join('');
const stopOf = (events: readonly InvokeHarnessStreamOutput[]) =>
  events.flatMap((event) => event.messageStop?.stopReason ?? []);

// A generator function is what users write; not all of them have something to wait for.
/* eslint-disable @typescript-eslint/require-await */
describe('what a harness yields', () => {
  test('is told in the messages and blocks that AWS has', async () => {
    const { events, error } = await invoke(async function* () {
      yield { reasoning: 'Hm.' };
      yield 'Let me ';
      yield '';
      yield 'look.';
      yield { toolUse: { name: 'shell', toolUseId: 'a', input: { command: 'ls' } } };
      yield { usage: { inputTokens: 1, outputTokens: 2, cacheReadInputTokens: 3 } };
      yield { toolResult: { toolUseId: 'a', text: 'file' } };
      yield 'Done.';
    });
    expect(error).toBeUndefined();
    const usage = { inputTokens: 1, outputTokens: 2, cacheReadInputTokens: 3, totalTokens: 6 };
    const block = (contentBlockIndex: number, delta: object) => ({ contentBlockDelta: { contentBlockIndex, delta } });
    const began = (contentBlockIndex: number, start: object) => ({ contentBlockStart: { contentBlockIndex, start } });
    const ended = (contentBlockIndex: number) => ({ contentBlockStop: { contentBlockIndex } });
    expect(events).toEqual([
      { messageStart: { role: 'assistant' } },
      block(0, { reasoningContent: { text: 'Hm.' } }),
      ended(0),
      block(1, { text: 'Let me ' }),
      block(1, { text: 'look.' }),
      ended(1),
      began(2, { toolUse: { toolUseId: 'a', name: 'shell' } }),
      block(2, { toolUse: { input: '{"command":"ls"}' } }),
      ended(2),
      { messageStop: { stopReason: 'tool_use' } },
      { metadata: { usage, metrics: { latencyMs: 1 } } },
      { messageStart: { role: 'user' } },
      began(0, { toolResult: { toolUseId: 'a', status: 'success' } }),
      block(0, { toolResult: [{ text: 'file' }] }),
      ended(0),
      { messageStop: { stopReason: 'tool_result' } },
      { messageStart: { role: 'assistant' } },
      block(0, { text: 'Done.' }),
      ended(0),
      { messageStop: { stopReason: 'end_turn' } },
    ]);
  });

  test('may be events of AWS’s own, which are sent as they are', async () => {
    const hookEvent = { hookEventId: '12345678-1234-1234-1234-123456789012', name: 'audit', type: 'before_invocation' };
    const own = [
      { hookEvent },
      { messageStart: { role: 'assistant' } },
      { contentBlockDelta: { contentBlockIndex: 4, delta: { text: 'Hi' } } },
      { messageStop: { stopReason: 'hook_stopped' } },
    ];
    const { events } = await invoke(async function* () {
      yield* own;
    });
    expect(events).toEqual(own);
  });

  test('may name the reason why it stops, or nothing at all', async () => {
    const { events } = await invoke(async function* () {
      yield 'Hel';
      yield { stopReason: 'max_tokens' };
    });
    expect(stopOf(events)).toEqual(['max_tokens']);

    const nothing = await invoke(async function* () {});
    expect(nothing.events).toEqual([
      { messageStart: { role: 'assistant' } },
      { messageStop: { stopReason: 'end_turn' } },
    ]);
  });
});

test('a harness is told what the caller sent', async () => {
  let told: LocalHarnessRequest | undefined;
  const tools = [
    { type: 'inline_function', name: 'f', config: { inlineFunction: { description: 'd', inputSchema: {} } } },
  ];
  await invoke(
    async function* (request) {
      told = request;
      yield 'ok';
    },
    { qualifier: 'prod', runtimeUserId: 'ada', tools, maxTokens: 5 },
  );
  expect(told).toMatchObject({
    arn: harnessArn,
    qualifier: 'prod',
    sessionId: runtimeSessionId,
    userId: 'ada',
    text: 'Hi',
    messages: [user('Hi')],
    earlier: [],
    tools,
    body: { maxTokens: 5 },
  });
});

test('a session remembers whole turns, and not the answer that waits for its caller', async () => {
  const earlier: unknown[] = [];
  const bedrock = await start({
    harnesses: {
      [harnessArn]: async function* (request) {
        earlier.push(request.earlier);
        if (request.text === 'call') yield { toolUse: { name: 'f', toolUseId: 'a', input: {} } };
        else yield `so ${request.text ?? 'told'}`;
      },
    },
  });
  const called = { role: 'assistant', content: [{ toolUse: { name: 'f', toolUseId: 'a', input: {} } }] };
  const answered = { role: 'user', content: [{ toolResult: { toolUseId: 'a', content: [{ text: '1' }] } }] };
  await ask(bedrock, { messages: [user('one')] });
  const { events } = await ask(bedrock, { messages: [user('call')] });
  expect(stopOf(events)).toEqual(['tool_use']);
  await ask(bedrock, { messages: [called, answered] });
  await ask(bedrock, { messages: [user('two')] });
  await ask(bedrock, { messages: [user('other')], runtimeSessionId: `${runtimeSessionId}-2` });
  const first = [user('one'), { role: 'assistant', content: [{ text: 'so one' }] }];
  const second = [...first, user('call')];
  const third = [...second, called, answered, { role: 'assistant', content: [{ text: 'so told' }] }];
  expect(earlier).toEqual([[], first, second, third, []]);
});

test('left out, an echo answers for every ARN', async () => {
  const bedrock = await start({});
  const first = await ask(bedrock);
  expect(textOf(first.events)).toBe('You said: Hi\n\nThis is turn 1 of this session.');
  expect(first.events.at(-1)?.metadata?.usage).toMatchObject({ inputTokens: 1, outputTokens: 10 });
  expect(textOf((await ask(bedrock)).events)).toContain('turn 2');
  const messages = [user('a'), { role: 'assistant', content: [{ text: 'b' }] }, user('c')];
  const brought = await ask(bedrock, { messages, runtimeSessionId: `${runtimeSessionId}-2` });
  expect(textOf(brought.events)).toBe('You said: c\n\nThis is turn 2 of this session.');
});

describe('a call is refused', () => {
  const use = (toolUseId: string) => ({ toolUse: { toolUseId, name: 'f', input: {} } });
  const result = (toolUseId: string) => ({ toolResult: { toolUseId, content: [{ text: 'x' }] } });
  const says = (role: string, ...content: object[]) => ({ role, content });
  const inline = (config: object) => ({ tools: [{ type: 'inline_function', name: 'f', config }] });

  test.each<[object, string]>([
    [{ harnessArn: 'arn:aws:s3:::a' }, "'harnessArn'"],
    [{ qualifier: 'a-b' }, "'qualifier'"],
    [{ runtimeSessionId: 'short' }, "'runtimeSessionId'"],
    [{ runtimeSessionId: 'x'.repeat(101) }, "'runtimeSessionId'"],
    [{ runtimeSessionId: `-${runtimeSessionId}` }, "'runtimeSessionId'"],
    [{ messages: [] }, 'must not be empty'],
    [{ messages: [says('system', { text: 'a' })] }, "'messages.1.member.role'"],
    [{ messages: [user('')] }, "'messages.1.member.content.1.member.text'"],
    [{ messages: [says('user')] }, 'is empty'],
    [{ messages: [user('a'), user('b')] }, 'alternate'],
    [{ messages: [user('a'), says('assistant', { text: 'b' })] }, 'end with a user message'],
    [{ messages: [says('user', result('a'))] }, 'exceeds the number of toolUse blocks of previous turn'],
    [{ messages: [says('assistant', use('a')), user('b')] }, 'for the following Ids: a'],
    [{ messages: [says('assistant', use('a')), says('user', result('b'))] }, 'for the following Ids: a'],
    [{ messages: [says('assistant', use('a b')), says('user', result('a b'))] }, "content.1.member.toolUse.toolUseId'"],
    [{ systemPrompt: [{ text: '' }] }, "'systemPrompt.1.member.text'"],
    [{ tools: [{ type: 'function', name: 'f' }] }, "'tools.1.member.type'"],
    [{ tools: [{ type: 'remote_mcp', name: 'a b' }] }, "'tools.1.member.name'"],
    [inline({ inlineFunction: { inputSchema: {} } }), "'tools.1.member.config.inlineFunction.description'"],
    [inline({ inlineFunction: { description: 'd' } }), "'tools.1.member.config.inlineFunction.inputSchema'"],
    [{ model: { bedrockModelConfig: {} } }, "'model.bedrockModelConfig.modelId'"],
    [{ model: { bedrockModelConfig: { modelId: 'm', temperature: 3 } } }, "'model.bedrockModelConfig.temperature'"],
  ])('with %j', async (input, says) => {
    const { events, error } = await invoke(async function* () {
      yield 'ok';
    }, input);
    expect(events).toEqual([]);
    expect(error).toMatchObject({ name: 'ValidationException', reason: 'FieldValidationFailed' });
    expect(error?.message).toContain(says);
  });

  test('for a harness that nobody made', async () => {
    const { error } = await ask(await start({ harnesses: {} }));
    expect(error).toMatchObject({ name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 404 } });
  });
});

describe('a failure', () => {
  test.each([
    ['AccessDeniedException', 'AccessDeniedException', 403],
    ['ThrottlingException', 'ThrottlingException', 429],
    ['ServiceQuotaExceededException', 'ServiceQuotaExceededException', 402],
    ['TypeError', 'RuntimeClientError', 424],
  ])('%s before the answer is %s', async (thrown, name, httpStatusCode) => {
    // eslint-disable-next-line require-yield
    const { error } = await invoke(async function* () {
      throw awsException(thrown, 'No.');
    });
    expect(error).toMatchObject({ name, message: 'No.', $metadata: { httpStatusCode } });
  });

  test.each([
    ['InternalServerException', 'InternalServerException'],
    ['ValidationException', 'ValidationException'],
    ['RuntimeClientError', 'RuntimeClientError'],
    ['ThrottlingException', 'RuntimeClientError'],
    ['TypeError', 'RuntimeClientError'],
  ])('%s in the answer is %s', async (thrown, name) => {
    const { events, error } = await invoke(async function* () {
      yield 'one';
      throw awsException(thrown, 'No.');
    });
    expect(textOf(events)).toBe('one');
    expect(error).toMatchObject({ name, message: 'No.' });
  });
});

describe('on purpose', () => {
  const harnesses = {
    [harnessArn]: async function* () {
      yield 'one';
      yield 'two';
    },
  };

  test.each<[LocalFaultName, string]>([
    ['throttling', 'ThrottlingException'],
    ['serviceQuotaExceeded', 'ServiceQuotaExceededException'],
    ['runtimeClientError', 'RuntimeClientError'],
    ['internalServer@stream', 'InternalServerException'],
    ['validation@stream', 'ValidationException'],
    ['runtimeClientError@stream', 'RuntimeClientError'],
  ])('%s strikes', async (fault, name) => {
    const { events, error } = await ask(await start({ harnesses, faults: { [fault]: 1 } }));
    expect(error).toMatchObject({ name });
    expect(events.length).toBe(fault.endsWith('@stream') ? 1 : 0);
  });

  test('nothing strikes that a harness does not know', () => {
    for (const name of ['conflict', 'retryableConflict', 'dependencyFailed', 'throttling@stream'] as const) {
      expect(createFaults({ [name]: 1 })('harnesses')).toBeUndefined();
    }
    expect(createFaults({ 'throttling@stream': 1 })('agents')).toBeDefined();
  });

  test('a reset and a cut leave the answer unfinished', async () => {
    const reset = await ask(await start({ harnesses, faults: { reset: 1 } }));
    expect(reset.error).toMatchObject({ code: 'ECONNRESET' });
    const cut = await ask(await start({ harnesses, faults: { truncate: 1 } }));
    expect(stopOf(cut.events)).toEqual([]);
  });
});
