import { EventType } from '@ag-ui/core';
import type { Message } from '@a2a-js/sdk';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  bedrock,
  type ChatCompletion,
  type CompletionParameters,
  createCompletion,
  type Completion,
} from '../../../src/index.ts';
import { startLocalBedrock } from '../../../src/local.ts';
import { reach, runtimeArn, runtimeModel } from '../../support/models.ts';
import { type Handled, type RunInput, startA2A, startAgUi, startRuntime } from '../../support/real-agents.ts';

type Ask = (
  parameters: Partial<CompletionParameters> & Pick<CompletionParameters, 'messages'>,
) => Promise<ChatCompletion>;

/** The ways to an agent of this URL: each asks whole, or as a stream that is summed up. */
function waysTo(url: string): readonly (readonly [string, Ask])[] {
  const direct = createCompletion(bedrock());
  const locals = startLocalBedrock({ runtimes: { [runtimeArn]: url } });
  const forwarded: Ask = async (parameters) => {
    const local = await locals;
    return complete(createCompletion(bedrock(reach(local.url))), { model: runtimeModel, ...parameters });
  };
  const asked: Ask = (parameters) => complete(direct, { model: `bedrock/agentcore/${url}`, ...parameters });
  return [
    ['directly, whole', asked],
    ['directly, as a stream', (parameters) => asked({ ...parameters, stream: true })],
    ['through the local Bedrock, whole', forwarded],
    ['through the local Bedrock, as a stream', (parameters) => forwarded({ ...parameters, stream: true })],
  ];
}

async function complete(completion: Completion, parameters: CompletionParameters): Promise<ChatCompletion> {
  const answered = await completion(parameters);
  return 'finalChatCompletion' in answered ? answered.finalChatCompletion() : answered;
}

const messages = [{ role: 'user', content: 'hello agent' }] as const;
const session = { runtimeSessionId: 'a-session-that-is-long-enough-for-aws' };

describe("AWS's own runtime", async () => {
  async function* words(text: string) {
    for (const word of text.split(/(?<= )/)) yield await Promise.resolve(word);
  }
  const fail = (text: string): never => {
    throw new Error(text);
  };
  async function* breakOff() {
    yield await Promise.resolve('one ');
    fail('The tool broke.');
  }
  const handlers: Readonly<Record<string, (handled: Handled) => unknown>> = {
    string: ({ payload }) => `You said: ${String(payload['prompt'])}`,
    json: ({ payload, sessionId }) => ({ result: { echo: payload['prompt'], content: [{ text: sessionId }] } }),
    words: () => words('Hello   dear\nworld'),
    objects: async function* () {
      for await (const word of words('Hello dear world'))
        yield { event: { contentBlockDelta: { delta: { text: word } } } };
    },
    error: () => fail('The agent broke.'),
    breaks: breakOff,
  };
  const url = await startRuntime((handled) => handlers[String(handled.payload['handler'])]?.(handled));

  describe.each(waysTo(url))('asked %s', (way, ask) => {
    const isDirect = way.startsWith('directly');

    it('answers with a string', async () => {
      const { choices } = await ask({ messages, handler: 'string' });
      expect(choices[0]?.message.content).toBe('You said: hello agent');
    });

    it('answers with JSON, and is told the session', async () => {
      const answer = await ask({ messages, handler: 'json', ...session });
      expect(answer.choices[0]?.message.content).toBe(session.runtimeSessionId);
      expect(answer._hidden_params).toMatchObject({ session_id: session.runtimeSessionId });
    });

    it('streams strings, each blank of them kept', async () => {
      const { choices } = await ask({ messages, handler: 'words' });
      expect(choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Hello   dear\nworld' } });
    });

    it('streams objects', async () => {
      const { choices } = await ask({ messages, handler: 'objects' });
      expect(choices[0]?.message.content).toBe('Hello dear world');
    });

    it('fails before it begins: its own words, or where they are', async () => {
      const asked = ask({ messages, handler: 'error' });
      // It answers 500 with an empty body where a stream is accepted, and the service drops any body.
      await expect(asked).rejects.toMatchObject(
        isDirect
          ? { name: 'InternalServerError', message: expect.stringContaining('HTTP 500') as string }
          : { name: 'BadGatewayError', message: expect.stringContaining('/aws/bedrock-agentcore/runtimes/') as string },
      );
    });

    it('says why where only JSON is accepted', async () => {
      const asked = ask({ messages, handler: 'error', accept: 'application/json' });
      const words = isDirect ? 'The agent broke.' : 'CloudWatch';
      await expect(asked).rejects.toMatchObject({ message: expect.stringContaining(words) as string });
    });

    it('fails in its stream, which is an error and never an end', async () => {
      await expect(ask({ messages, handler: 'breaks' })).rejects.toMatchObject({
        name: 'BadGatewayError',
        message: 'The tool broke.',
      });
    });
  });
});

describe("an AG-UI server of AG-UI's own packages", async () => {
  const inputs: RunInput[] = [];
  beforeEach(() => void inputs.splice(0));
  const url = await startAgUi((input) => {
    inputs.push(input);
    const { threadId, runId } = input;
    const last = input.messages.at(-1);
    const tool = input.tools[0];
    const isCalled = last?.role === 'user' && tool !== undefined;
    const messageId = 'message-1';
    const toolCallId = 'call-1';
    return [
      ...(isCalled
        ? ([
            { type: EventType.TOOL_CALL_START, toolCallId, toolCallName: tool.name, parentMessageId: messageId },
            { type: EventType.TOOL_CALL_ARGS, toolCallId, delta: '{"a":40,' },
            { type: EventType.TOOL_CALL_ARGS, toolCallId, delta: '"b":2}' },
            { type: EventType.TOOL_CALL_END, toolCallId },
          ] as const)
        : ([
            { type: EventType.TEXT_MESSAGE_START, messageId, role: 'assistant' },
            { type: EventType.TEXT_MESSAGE_CONTENT, messageId, delta: `The ${String(last?.role)} said: ` },
            { type: EventType.TEXT_MESSAGE_CONTENT, messageId, delta: JSON.stringify(last?.content) },
            { type: EventType.TEXT_MESSAGE_END, messageId },
          ] as const)),
      { type: EventType.RUN_FINISHED, threadId, runId },
    ];
  });
  const tools = [{ type: 'function', function: { name: 'add', parameters: { type: 'object' } } }] as const;

  describe.each(waysTo(url))('asked %s', (_, ask) => {
    const agUi: Ask = (parameters) => ask({ payload_format: 'ag-ui', ...parameters });

    it('answers', async () => {
      const { choices } = await agUi({ messages, ...session });
      expect(choices[0]?.message.content).toBe('The user said: "hello agent"');
      expect(inputs).toMatchObject([{ threadId: session.runtimeSessionId, tools: [], context: [], state: {} }]);
    });

    it('calls a tool of the caller, who answers it', async () => {
      const asked = await agUi({ messages, tools });
      const [choice] = asked.choices;
      expect(choice).toMatchObject({
        finish_reason: 'tool_calls',
        message: { tool_calls: [{ id: 'call-1', function: { name: 'add', arguments: '{"a":40,"b":2}' } }] },
      });
      if (!choice) throw new Error('no choice');
      const result = { role: 'tool', tool_call_id: 'call-1', content: '42' } as const;
      const answered = await agUi({ messages: [...messages, choice.message, result], tools });
      expect(answered.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'The tool said: "42"' } });
      expect(inputs[1]?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool']);
    });
  });
});

describe.each(['/invocations', '/'])("an A2A server of A2A's own SDK at %s", async (path) => {
  const received: Message[] = [];
  beforeEach(() => void received.splice(0));
  const url = await startA2A(path, (message) => {
    received.push(message);
    return `I heard: ${message.parts.map((part) => (part.kind === 'text' ? part.text : part.kind)).join(' + ')}`;
  });
  // Forwarding goes to /invocations and nowhere else.
  const ways = waysTo(url).filter(([way]) => path === '/invocations' || way.startsWith('directly'));

  it.each(ways)('answers when asked %s', async (_, ask) => {
    const content = [
      { type: 'text', text: 'Look' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
    ] as const;
    const answer = await ask({ messages: [{ role: 'user', content }], payload_format: 'a2a', ...session });
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'I heard: Look + file' } });
    expect(received).toMatchObject([{ role: 'user', contextId: session.runtimeSessionId }]);
  });
});
