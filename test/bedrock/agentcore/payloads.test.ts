import { RunAgentInputSchema } from '@ag-ui/core/schemas';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { BadRequestError, completion, type CompletionParameters, type PayloadRequest } from '../../../src/index.ts';
import { serve } from '../../support/loopback.ts';
import { agentModel, reach, runtimeModel as model } from '../../support/models.ts';

const aws = await serve((response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"result":"Hi"}');
});
beforeEach(() => void aws.received.splice(0));

const session = { runtimeSessionId: 'a-session-that-is-long-enough-for-aws' };
const forms = ['prompt', 'input.prompt', 'converse', 'ag-ui', 'a2a'] as const;
const hello = [{ role: 'user', content: 'hello agent' }] as const;
const tools = [
  { type: 'function', function: { name: 'add', description: 'Adds.', parameters: { type: 'object' } } },
] as const;

type Given = Partial<CompletionParameters>;

async function send(parameters: Given) {
  await completion({ ...reach(aws.url), model, messages: hello, ...parameters });
  expect(aws.received).toHaveLength(1);
  const [received] = aws.received.splice(0);
  if (!received) throw new Error('nothing was received');
  return received;
}

/** The payload as it came over the wire. */
async function payload(parameters: Given): Promise<Record<string, unknown>> {
  return JSON.parse((await send(parameters)).body) as Record<string, unknown>;
}

async function refuse(parameters: Given): Promise<BadRequestError> {
  const error: unknown = await completion({ ...reach(aws.url), model, messages: hello, ...parameters }).then(
    () => expect.unreachable('the request was accepted'),
    (thrown: unknown) => thrown,
  );
  expect(aws.received).toEqual([]);
  expect(error).toBeInstanceOf(BadRequestError);
  return error as BadRequestError;
}

const call = { id: 'call-1', type: 'function', function: { name: 'add', arguments: '{"a":40,"b":2}' } } as const;

/** A conversation whose last word is the result of a call. */
const asked: CompletionParameters['messages'] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Hello' },
  { role: 'assistant', content: 'Hi!' },
  { role: 'user', content: 'What is 40 + 2?' },
  { role: 'assistant', content: 'Let me see.', tool_calls: [call] },
  { role: 'tool', tool_call_id: 'call-1', content: '42' },
];

const png = 'iVBORw0KGgo=';
const attached: CompletionParameters['messages'] = [
  {
    role: 'user',
    content: [
      { type: 'text', text: 'Look: ' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
      { type: 'file', file: { filename: 'the report_1.pdf', file_data: 'data:application/pdf;base64,JVBERg==' } },
    ],
  },
];

describe('payload_format', () => {
  it.each([{}, { payload_format: null }, { payload_format: 'prompt' }] as const)(
    'is the prompt by default: %j',
    async (given) => {
      expect((await send(given)).body).toBe('{"prompt":"hello agent"}');
    },
  );

  it.each(['Prompt', 'mcp', '', 7, ['a2a']])('%j is a 400 that lists the names', async (format) => {
    const error = await refuse({ payload_format: format as never });
    expect(error.param).toBe('payload_format');
    for (const name of forms) expect(error.message).toContain(`\`${name}\``);
  });

  it.each(forms)('%s never travels itself', async (format) => {
    expect((await send({ payload_format: format })).body).not.toContain('payload_format');
  });

  it('is a 400 on an agent', async () => {
    expect((await refuse({ model: agentModel, payload_format: 'prompt' })).param).toBe('payload_format');
  });

  it.each(forms)('%s with nothing new to say is a 400', async (format) => {
    const messages = [...hello, { role: 'assistant', content: 'Hi' }] as const;
    for (const each of [messages, [{ role: 'user', content: ' ' }] as const]) {
      expect((await refuse({ payload_format: format, messages: each })).message).toMatch(/nothing new/i);
    }
  });

  it.each(['prompt', 'input.prompt', 'converse', 'a2a'] as const)('%s has no place for tools', async (format) => {
    const error = await refuse({ payload_format: format, tools });
    expect(error).toMatchObject({ name: 'UnsupportedParamsError', param: 'tools' });
    expect((await send({ payload_format: format, tools, drop_params: true })).body).not.toContain('Adds.');
  });

  it.each(forms)('%s refuses other settings of OpenAI', async (format) => {
    expect(await refuse({ payload_format: format, temperature: 0.5 })).toMatchObject({ param: 'temperature' });
  });

  it.each(forms)('%s refuses files that it cannot send, and takes them from long ago', async (format) => {
    const link = { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } } as const;
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'See' }, link] }] as const;
    expect((await refuse({ payload_format: format, messages })).param).toBe('messages.0.content.1');
    const later = [...messages, { role: 'assistant', content: 'A cat.' }, { role: 'user', content: 'Sure?' }] as const;
    expect((await send({ payload_format: format, messages: later })).body).toContain('[file: image]');
  });

  it.each(forms)('%s is what extra_body says where both speak', async (format) => {
    expect(await payload({ payload_format: format, extra_body: { k: 1 } })).toMatchObject({ k: 1 });
  });
});

describe('tool results', () => {
  it('are text of the prompt, after the transcript', async () => {
    const { prompt } = await payload({ messages: asked });
    expect(prompt).toBe(
      'User: Hello\n\nAssistant: Hi!\n\nUser: What is 40 + 2?\n\n' +
        'Assistant: Let me see.\n[called add({"a":40,"b":2})]\n\nUser: Be brief.\n\n[add answered: 42]',
    );
  });

  it('are all that is new in a session', async () => {
    expect(await payload({ messages: asked, ...session })).toEqual({ prompt: '[add answered: 42]' });
  });

  it('stand before what the user says with them', async () => {
    const messages = [...asked, { role: 'user', content: 'Thanks!' }] as const;
    expect(await payload({ messages, ...session })).toEqual({ prompt: '[add answered: 42]\n\nThanks!' });
  });

  it('are text in an A2A message and one level down, too', async () => {
    expect(await payload({ messages: asked, ...session, payload_format: 'input.prompt' })).toEqual({
      input: { prompt: '[add answered: 42]' },
    });
    const { params } = await payload({ messages: asked, ...session, payload_format: 'a2a' });
    expect(params).toMatchObject({ message: { parts: [{ kind: 'text', text: '[add answered: 42]' }] } });
  });
});

describe('input.prompt', () => {
  it('has everything one level down, and extra_body on the top', async () => {
    const json = await payload({
      payload_format: 'input.prompt',
      messages: attached,
      actor: 'alice',
      extra_body: { trace: 1 },
    });
    expect(json).toEqual({
      input: {
        prompt: 'Look: ',
        media: [
          { type: 'image', format: 'png', data: png },
          { type: 'document', format: 'pdf', data: 'JVBERg==', name: 'the report_1.pdf' },
        ],
        actor: 'alice',
      },
      trace: 1,
    });
  });
});

describe('converse', () => {
  const converse = async (parameters: Given) => payload({ payload_format: 'converse', ...parameters });
  const resumed = [
    {
      role: 'assistant',
      content: [{ text: 'Let me see.' }, { toolUse: { toolUseId: 'call-1', name: 'add', input: { a: 40, b: 2 } } }],
    },
    { role: 'user', content: [{ toolResult: { toolUseId: 'call-1', status: 'success', content: [{ text: '42' }] } }] },
  ];

  it('is one user message, with custom parameters beside it', async () => {
    expect(await converse({ actor: 'alice' })).toEqual({
      messages: [{ role: 'user', content: [{ text: 'hello agent' }] }],
      actor: 'alice',
    });
  });

  it('has the whole conversation without a session, led by the instructions', async () => {
    const { messages } = await converse({ messages: asked });
    expect(messages).toEqual([
      { role: 'user', content: [{ text: 'Be brief.' }, { text: 'Hello' }] },
      { role: 'assistant', content: [{ text: 'Hi!' }] },
      { role: 'user', content: [{ text: 'What is 40 + 2?' }] },
      ...resumed,
    ]);
  });

  it('has only what is new in a session, led by the unfinished turn that it answers', async () => {
    expect(await converse({ messages: asked, ...session })).toEqual({ messages: resumed });
    const messages = [...asked.slice(0, 3), ...hello];
    expect(await converse({ messages, ...session })).toEqual({
      messages: [{ role: 'user', content: [{ text: 'hello agent' }] }],
    });
  });

  it('has the instructions on the first turn of a session', async () => {
    expect(await converse({ messages: asked.slice(0, 2), ...session })).toEqual({
      messages: [{ role: 'user', content: [{ text: 'Be brief.' }, { text: 'Hello' }] }],
    });
  });

  it('opens with the user, has no empty message and no two of one role in a row', async () => {
    const { messages } = await converse({
      messages: [
        { role: 'assistant', content: 'Welcome!' },
        { role: 'user', content: 'One' },
        { role: 'assistant', content: null },
        { role: 'user', content: 'Two' },
      ],
    });
    expect(messages).toEqual([
      { role: 'user', content: [{ text: '(conversation begins)' }] },
      { role: 'assistant', content: [{ text: 'Welcome!' }] },
      { role: 'user', content: [{ text: 'One' }, { text: 'Two' }] },
    ]);
  });

  it('tells a call as text that was never answered, and has every input as an object', async () => {
    const odd = { ...call, id: 'call-2', function: { name: 'odd', arguments: 'not JSON' } };
    const { messages } = await converse({
      messages: [
        ...hello,
        { role: 'assistant', content: null, tool_calls: [call, odd] },
        { role: 'tool', tool_call_id: 'call-2', content: '' },
      ],
    });
    expect(messages).toEqual([
      { role: 'user', content: [{ text: 'hello agent' }] },
      {
        role: 'assistant',
        content: [
          { text: '[called add({"a":40,"b":2})]' },
          { toolUse: { toolUseId: 'call-2', name: 'odd', input: { arguments: 'not JSON' } } },
        ],
      },
      { role: 'user', content: [{ toolResult: { toolUseId: 'call-2', status: 'success', content: [] } }] },
    ]);
  });

  it('has images and documents as blocks, under names that Converse takes', async () => {
    const { messages } = await converse({ messages: attached });
    expect(messages).toEqual([
      {
        role: 'user',
        content: [
          { text: 'Look: ' },
          { image: { format: 'png', source: { bytes: png } } },
          { document: { format: 'pdf', name: 'the report-1', source: { bytes: 'JVBERg==' } } },
        ],
      },
    ]);
  });
});

describe('any conversation as Converse messages', () => {
  interface Block {
    readonly text?: string;
    readonly toolUse?: { readonly toolUseId: string };
    readonly toolResult?: { readonly toolUseId: string };
  }
  interface Message {
    readonly role: string;
    readonly content: readonly Block[];
  }

  const text = fc.constantFrom('', ' ', 'one', 'two €');
  const user = text.map((content) => [{ role: 'user', content }] as const);
  const assistant = fc
    .tuple(text, fc.subarray(['a', 'b', 'c']), fc.subarray(['a', 'b', 'c']))
    .map(
      ([content, asks, answers]) =>
        [
          { role: 'assistant', content, tool_calls: asks.map((id) => ({ ...call, id })) },
          ...answers
            .filter((id) => asks.includes(id))
            .map((id) => ({ role: 'tool', tool_call_id: id, content: '42' }) as const),
        ] as const,
    );
  const conversation = fc
    .array(fc.oneof(user, assistant), { maxLength: 8 })
    .map((turns) => [...turns.flat(), ...hello] as CompletionParameters['messages']);
  const idsOf = (content: readonly Block[] = [], kind: 'toolUse' | 'toolResult') =>
    content.flatMap((block) => block[kind]?.toolUseId ?? []).toSorted();

  it.each([{}, session])('is one that Converse takes: %j', async (named) => {
    await fc.assert(
      fc.asyncProperty(conversation, async (messages) => {
        const json = await payload({ messages, ...named, payload_format: 'converse' });
        const sent = json['messages'] as readonly Message[];
        expect(sent.length).toBeGreaterThan(0);
        // A session may go on with the assistant's unfinished turn.
        if (!('runtimeSessionId' in named)) expect(sent[0]?.role).toBe('user');
        for (const [index, { role, content }] of sent.entries()) {
          if (index > 0) expect(role).not.toBe(sent[index - 1]?.role);
          expect(content.length).toBeGreaterThan(0);
          for (const block of content) expect(block.text?.trim()).not.toBe('');
          expect(idsOf(sent[index + 1]?.content, 'toolResult')).toEqual(idsOf(content, 'toolUse'));
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('ag-ui', () => {
  const agUi = async (parameters: Given) => {
    const json = await payload({ payload_format: 'ag-ui', ...parameters });
    // AG-UI's own schema, and no key beside its own: readers refuse what they do not know.
    const input = RunAgentInputSchema.parse(json);
    expect(Object.keys(json).toSorted()).toEqual(
      ['context', 'forwardedProps', 'messages', 'runId', 'state', 'threadId', 'tools'].toSorted(),
    );
    return input;
  };
  const texts = (messages: readonly object[]) => messages.map((message) => ({ ...message, id: undefined }));

  it.each([{}, session])('has the whole conversation and the tools, whoever remembers: %j', async (named) => {
    const { messages, tools: sent } = await agUi({ messages: asked, tools, ...named });
    expect(texts(messages)).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hi!' },
      { role: 'user', content: 'What is 40 + 2?' },
      { role: 'assistant', content: 'Let me see.', toolCalls: [call] },
      { role: 'tool', content: '42', toolCallId: 'call-1' },
    ]);
    expect(sent).toEqual([{ name: 'add', description: 'Adds.', parameters: { type: 'object' } }]);
  });

  it('is a thread of the session, and a run of its own each time', async () => {
    const one = await agUi(session);
    const two = await agUi(session);
    expect([one.threadId, two.threadId]).toEqual([session.runtimeSessionId, session.runtimeSessionId]);
    expect(one.runId).not.toBe(two.runId);
    const { headers, body } = await send({ payload_format: 'ag-ui' });
    const { threadId } = JSON.parse(body) as { threadId: string };
    expect(headers['x-amzn-bedrock-agentcore-runtime-session-id']).toBe(threadId);
  });

  it('has ids by which a server knows messages again, each its own', async () => {
    const twice = [...hello, { role: 'assistant', content: 'Hi' }, ...hello] as const;
    const ids = async (messages: CompletionParameters['messages']) =>
      (await agUi({ messages })).messages.map(({ id }) => id);
    const before = await ids(twice);
    const after = await ids([...twice, { role: 'assistant', content: 'Hi' }, { role: 'user', content: 'Bye' }]);
    expect(new Set(after).size).toBe(5);
    expect(after.slice(0, 3)).toEqual(before);
    expect(await ids(twice.slice(0, 1))).toEqual(before.slice(0, 1));
  });

  it('has custom parameters as forwardedProps', async () => {
    const input = await agUi({ actor: 'alice', limits: { a: 1 } });
    expect(input).toMatchObject({ forwardedProps: { actor: 'alice', limits: { a: 1 } } });
  });

  it('has images and documents as content parts', async () => {
    const { messages } = await agUi({ messages: attached });
    expect(texts(messages)).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look: ' },
          { type: 'image', source: { type: 'data', value: png, mimeType: 'image/png' } },
          { type: 'document', source: { type: 'data', value: 'JVBERg==', mimeType: 'application/pdf' } },
        ],
      },
    ]);
  });

  it('takes a state from extra_body, and tools without a description', async () => {
    const input = await agUi({
      tools: [{ type: 'function', function: { name: 'now' } }],
      extra_body: { state: { step: 2 } },
    });
    expect(input).toMatchObject({ state: { step: 2 } });
    expect(input.tools).toEqual([{ name: 'now', description: '', parameters: { type: 'object', properties: {} } }]);
  });
});

describe('a2a', () => {
  const a2a = async (parameters: Given) => {
    const { params, ...rest } = await payload({ payload_format: 'a2a', ...parameters });
    return { ...rest, ...(params as { message: Record<string, unknown> }) };
  };

  it.each([
    [false, 'message/send'],
    [true, 'message/stream'],
  ])('asks with the method that answers so (stream: %s)', async (stream, method) => {
    const rpc = await a2a({ stream, ...session });
    expect(rpc).toEqual({
      jsonrpc: '2.0',
      id: expect.stringMatching(/^request-/) as string,
      method,
      message: {
        kind: 'message',
        role: 'user',
        messageId: expect.stringMatching(/^message-/) as string,
        contextId: session.runtimeSessionId,
        parts: [{ kind: 'text', text: 'hello agent' }],
      },
    });
  });

  it('has the context of the session that is sent', async () => {
    const { headers, body } = await send({ payload_format: 'a2a' });
    expect(body).toContain(`"contextId":"${String(headers['x-amzn-bedrock-agentcore-runtime-session-id'])}"`);
  });

  it('has a transcript where no session remembers, and files as parts', async () => {
    const messages = [...asked.slice(1, 3), ...attached];
    const { message } = await a2a({ messages });
    expect(message['parts']).toEqual([
      { kind: 'text', text: 'User: Hello\n\nAssistant: Hi!\n\nUser: Look: ' },
      { kind: 'file', file: { bytes: png, mimeType: 'image/png', name: 'image-1.png' } },
      { kind: 'file', file: { bytes: 'JVBERg==', mimeType: 'application/pdf', name: 'the report_1.pdf' } },
    ]);
  });

  it('has custom parameters as metadata of the message', async () => {
    expect((await a2a({ actor: 'alice' })).message['metadata']).toEqual({ actor: 'alice' });
  });
});

describe('a function', () => {
  it('is told everything and its object is the payload, with extra_body over it', async () => {
    let told: PayloadRequest | undefined;
    const json = await payload({
      messages: asked,
      tools,
      actor: 'alice',
      ...session,
      extra_body: { trace: 1 },
      payload_format: (request) => {
        told = request;
        return { question: request.prompt, who: request.parameters['actor'], trace: 0 };
      },
    });
    expect(json).toEqual({ question: '[add answered: 42]', who: 'alice', trace: 1 });
    expect(told).toEqual({
      instructions: 'Be brief.',
      turns: expect.objectContaining({ length: 5 }) as unknown,
      tools: [{ name: 'add', description: 'Adds.', parameters: { type: 'object' } }],
      stream: false,
      prompt: '[add answered: 42]',
      sessionId: session.runtimeSessionId,
      hasSession: true,
      parameters: { actor: 'alice' },
    });
  });

  it.each<[string, unknown, string]>([
    ['a string', 'plain €', 'plain €'],
    ['bytes', new TextEncoder().encode('bytes €'), 'bytes €'],
    ['a buffer', Buffer.from('buffer'), 'buffer'],
    ['a list', [1, { a: 2 }], '[1,{"a":2}]'],
    ['a number', 7, '7'],
    ['null', null, 'null'],
    ['a value with JSON of its own', new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ])('may return %s', async (_, value, body) => {
    expect((await send({ payload_format: () => value, contentType: 'text/plain' })).body).toBe(body);
  });

  it.each<[string, () => unknown]>([
    ['returns nothing', () => undefined],
    ['returns a promise', () => Promise.resolve({})],
    ['returns what JSON has no form for', () => ({ a: 1n })],
    [
      'fails',
      () => {
        throw new Error('SECRET');
      },
    ],
  ])('that %s is a 400', async (_, create) => {
    expect((await refuse({ payload_format: create })).message).not.toContain('SECRET');
  });

  it('that returns no object leaves no place for extra_body', async () => {
    expect((await refuse({ payload_format: () => 'text', extra_body: { k: 1 } })).param).toBe('extra_body');
  });

  it('may say something where the messages say nothing', async () => {
    const messages = [{ role: 'user', content: '' }] as const;
    expect(await payload({ messages, payload_format: () => ({ action: 'reset' }) })).toEqual({ action: 'reset' });
  });
});
