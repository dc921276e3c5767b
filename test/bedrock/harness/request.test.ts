import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { BadRequestError, type ChatMessage, completion, type CompletionParameters } from '../../../src/index.ts';
import { event } from '../../support/frames.ts';
import { serve } from '../../support/loopback.ts';
import { harnessArn, harnessModel, reach } from '../../support/models.ts';

const sessionHeader = 'x-amzn-bedrock-agentcore-runtime-session-id';
const runtimeSessionId = 'a-session-of-the-right-length-0123456789';

const aws = await serve((response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
  response.end(event('messageStop', { stopReason: 'end_turn' }));
});
beforeEach(() => void aws.received.splice(0));

const user = (content: string): ChatMessage => ({ role: 'user', content });
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content });
const tool = (tool_call_id: string, content: string): ChatMessage => ({ role: 'tool', tool_call_id, content });
const calling = (calls: Readonly<Record<string, string>>, content: string | null = null): ChatMessage => ({
  role: 'assistant',
  content,
  tool_calls: Object.entries(calls).map(([id, json]) => ({
    id,
    type: 'function',
    function: { name: `run_${id}`, arguments: json },
  })),
});
const hello = [user('hello')];

type Parameters = Omit<CompletionParameters, 'model' | 'messages'>;

/** The request as it came over the wire, its body parsed. */
async function send(parameters: Parameters = {}, messages: readonly ChatMessage[] = hello, model = harnessModel) {
  aws.received.splice(0);
  const answer = await completion({ ...reach(aws.url), model, messages, ...parameters } as CompletionParameters);
  if ('finalChatCompletion' in answer) await answer.finalChatCompletion();
  expect(aws.received).toHaveLength(1);
  const [received = expect.unreachable('nothing was received')] = aws.received;
  return { ...received, json: JSON.parse(received.body) as Readonly<Record<string, unknown>> };
}

/** The messages that a conversation becomes. */
async function tell(messages: readonly ChatMessage[], parameters: Parameters = {}): Promise<unknown> {
  return (await send(parameters, messages)).json['messages'];
}

async function refuse(parameters: object, messages: readonly ChatMessage[] = hello): Promise<BadRequestError> {
  const call = { ...reach(aws.url), model: harnessModel, messages, ...parameters };
  const error: unknown = await completion(call).then(
    () => expect.unreachable('the request was accepted'),
    (thrown: unknown) => thrown,
  );
  expect(aws.received).toEqual([]);
  expect(error).toBeInstanceOf(BadRequestError);
  return error as BadRequestError;
}

const text = (text: string) => ({ text });
const use = (id: string, input: object = {}) => ({ toolUse: { toolUseId: id, name: `run_${id}`, input } });
const answered = (id: string, text: string, status = 'success') => ({
  toolResult: { toolUseId: id, content: [{ text }], status },
});
const says = (role: string, ...content: object[]) => ({ role, content });

describe('the HTTP request', () => {
  it('is a POST that names the harness in its query and the session in a header', async () => {
    const { method, url, headers, json } = await send({ runtimeSessionId });
    expect(method).toBe('POST');
    expect(url).toBe(`/harnesses/invoke?harnessArn=${encodeURIComponent(harnessArn)}`);
    expect(headers[sessionHeader]).toBe(runtimeSessionId);
    expect(json).toEqual({ messages: [says('user', text('hello'))] });
  });

  it('is the same for a stream', async () => {
    const whole = await send({ runtimeSessionId });
    const stream = await send({ runtimeSessionId, stream: true });
    expect(stream.url).toBe(whole.url);
    expect(stream.json).toEqual(whole.json);
  });

  it('is signed for bedrock-agentcore in the region of the ARN, with the caller’s headers', async () => {
    const { headers } = await send({ extra_headers: { 'X-Mine': 'yes' }, aws_region_name: 'us-west-2' });
    expect(headers.authorization).toContain('/us-west-2/bedrock-agentcore/aws4_request');
    expect(headers.authorization).toMatch(/SignedHeaders=[^,]*x-mine/);
    expect(headers['x-mine']).toBe('yes');
    expect((await refuseLate({ aws_region_name: 'us-east-1' })).param).toBe('aws_region_name');
  });

  it.each(['harness-endpoint', 'endpoint'])('names the endpoint of an endpoint ARN (%s)', async (kind) => {
    const { url } = await send({}, hello, `${harnessModel}/${kind}/prod`);
    expect(url).toBe(`/harnesses/invoke?harnessArn=${encodeURIComponent(harnessArn)}&qualifier=prod`);
  });

  it('names the endpoint that the caller names', async () => {
    expect((await send({ qualifier: 'prod' })).url).toMatch(/&qualifier=prod$/);
    expect((await send({ qualifier: 'prod' }, hello, `${harnessModel}/endpoint/prod`)).url).toMatch(/&qualifier=prod$/);
    const error = await refuseLate({ qualifier: 'test', model: `${harnessModel}/endpoint/prod` });
    expect(error).toMatchObject({ param: 'qualifier', status: 400 });
  });

  it.each(['runtime-endpoint/prod', 'prod', 'endpoint/'])('names no harness with %s behind its ARN', async (rest) => {
    expect((await refuse({ model: `${harnessModel}/${rest}` })).param).toBe('model');
  });

  async function refuseLate(parameters: object): Promise<BadRequestError> {
    aws.received.splice(0);
    return refuse(parameters);
  }
});

describe('the session', () => {
  it('is a new one for every call that names none', async () => {
    const one = (await send()).headers[sessionHeader];
    const other = (await send()).headers[sessionHeader];
    expect(one).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_-]{32,99}$/);
    expect(one).not.toBe(other);
  });

  it('may have any name, always with the same id', async () => {
    const ids = [
      await send({ litellm_session_id: 'Ada’s' }),
      await send({ metadata: { session_id: 'Ada’s' } }),
      await send({ litellm_session_id: 'x'.repeat(300) }),
    ].map(({ headers }) => headers[sessionHeader]);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).not.toBe(ids[0]);
    for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_-]{32,99}$/);
    const kept = await send({ litellm_session_id: runtimeSessionId });
    expect(kept.headers[sessionHeader]).toBe(runtimeSessionId);
  });

  it.each(['x'.repeat(32), 'x'.repeat(101), `-${'x'.repeat(40)}`, `${'x'.repeat(40)}.`, ''])(
    'is refused with an id that AWS refuses (%s)',
    async (id) => {
      const error = await refuse({ runtimeSessionId: id });
      expect(error.param).toBe('runtimeSessionId');
      expect(error.message).toContain('33 to 100');
    },
  );

  it('has no name of another service', async () => {
    const error = await refuse({ sessionId: runtimeSessionId });
    expect(error.message).toContain('`runtimeSessionId`');
  });
});

describe('without a session, the whole conversation travels', () => {
  it('as messages of alternating roles, none of whose blocks is empty', async () => {
    const conversation = [
      user('a'),
      user('b'),
      assistant(' '),
      user('c'),
      assistant('d'),
      assistant('e'),
      user(''),
      user('f'),
    ];
    expect(await tell(conversation)).toEqual([
      says('user', text('a'), text('b'), text('c')),
      says('assistant', text('d'), text('e')),
      says('user', text('f')),
    ]);
  });

  it('with the calls and their answers as such', async () => {
    const conversation = [
      user('a'),
      calling({ one: '{"x":[1,null]}', two: '' }, 'Let me see.'),
      tool('two', 'TWO'),
      tool('one', '{"error":"none"}'),
      user('and?'),
      calling({ three: '{}' }),
      tool('three', ''),
    ];
    expect(await tell(conversation)).toEqual([
      says('user', text('a')),
      says('assistant', text('Let me see.'), use('one', { x: [1, null] }), use('two')),
      says('user', answered('two', 'TWO'), answered('one', '{"error":"none"}', 'error'), text('and?')),
      says('assistant', use('three')),
      says('user', answered('three', '(empty)')),
    ]);
  });

  it('with calls that nobody answered as text', async () => {
    const conversation = [user('a'), calling({ one: '{"x":1}' }), user('Never mind.')];
    expect(await tell(conversation)).toEqual([
      says('user', text('a')),
      says('assistant', text('[called run_one({"x":1})]')),
      says('user', text('Never mind.')),
    ]);
  });

  it('with ids that AWS takes, the same for a call and its answer', async () => {
    const ids = ['rc1_'.padEnd(200, 'x'), 'call:1', 'call.1', 'ok_1'];
    const conversation = [
      user('a'),
      calling(Object.fromEntries(ids.map((id) => [id, '{}']))),
      ...ids.map((id) => tool(id, 'x')),
    ];
    const [, called, results] = (await tell(conversation)) as readonly { readonly content: readonly never[] }[];
    const given = called?.content.map(({ toolUse: { toolUseId } }: { toolUse: { toolUseId: string } }) => toolUseId);
    const told = results?.content.map(({ toolResult }: { toolResult: { toolUseId: string } }) => toolResult.toolUseId);
    expect(told).toEqual(given);
    expect(new Set(given).size).toBe(4);
    expect(given?.[3]).toBe('ok_1');
    for (const id of given ?? []) expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
  });

  it('and begins with the user', async () => {
    expect(await tell([assistant('Hi, I am Bo.'), user('a')])).toEqual([
      says('user', text('(conversation begins)')),
      says('assistant', text('Hi, I am Bo.')),
      says('user', text('a')),
    ]);
  });

  it('with the files of earlier messages by their names', async () => {
    const picture: ChatMessage = {
      role: 'user',
      content: [
        { type: 'text', text: 'See ' },
        { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,eA==' } },
      ],
    };
    expect(await tell([picture, assistant('b'), user('c')])).toEqual([
      says('user', text('See [file: a.pdf]')),
      says('assistant', text('b')),
      says('user', text('c')),
    ]);
  });
});

describe('with a session, only what is new travels', () => {
  const before = [user('a'), calling({ old: '{}' }), tool('old', 'x'), assistant('b')];

  it('after the last answer', async () => {
    expect(await tell([...before, user('c'), user('d')], { runtimeSessionId })).toEqual([
      says('user', text('c'), text('d')),
    ]);
  });

  it('and before answers the turn with the calls that they answer', async () => {
    const conversation = [...before, user('c'), calling({ one: '{"x":1}' }, 'Hm.'), tool('one', 'ONE')];
    expect(await tell(conversation, { runtimeSessionId })).toEqual([
      says('assistant', text('Hm.'), use('one', { x: 1 })),
      says('user', answered('one', 'ONE')),
    ]);
    expect(await tell([...conversation, user('d')], { litellm_session_id: 's' })).toEqual([
      says('assistant', text('Hm.'), use('one', { x: 1 })),
      says('user', answered('one', 'ONE'), text('d')),
    ]);
  });

  it('but nothing of a call that nobody answered', async () => {
    const conversation = [...before, user('c'), calling({ one: '{}' }), user('Never mind.')];
    expect(await tell(conversation, { runtimeSessionId })).toEqual([says('user', text('Never mind.'))]);
  });
});

describe('a conversation is refused', () => {
  const open = calling({ one: '{}', two: '{}' });

  it.each<[string, readonly ChatMessage[]]>([
    ['ends with an answer', [user('a'), assistant('b')]],
    ['ends with an empty answer', [user('a'), assistant('')]],
    ['ends with a call', [user('a'), open]],
    ['ends with blanks', [user('a'), assistant('b'), user(' \n')]],
    ['has nothing but instructions', [{ role: 'system', content: 'Be nice.' }]],
    ['answers only some calls', [user('a'), open, tool('one', 'x')]],
    ['answers a call twice', [user('a'), open, tool('one', 'x'), tool('one', 'y'), tool('two', 'z')]],
    ['answers a call whose arguments are no object', [user('a'), calling({ one: '[1]' }), tool('one', 'x')]],
    ['answers a call whose arguments are no JSON', [user('a'), calling({ one: '{"PRIVATE":' }), tool('one', 'x')]],
  ])('that %s', async (_, messages) => {
    const error = await refuse({}, messages);
    expect(error).toMatchObject({ param: 'messages', status: 400 });
    expect(inspect(error)).not.toContain('PRIVATE');
    expect(await refuse({ runtimeSessionId }, messages)).toMatchObject({ param: 'messages' });
  });

  it.each([
    ['image', { type: 'image_url', image_url: { url: 'data:image/png;base64,eA==' } }],
    ['audio', { type: 'input_audio', input_audio: { data: 'eA==', format: 'wav' } }],
    ['file', { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,eA==' } }],
  ] as const)('whose last message has a part that is %s, by name', async (kind, part) => {
    const error = await refuse({}, [{ role: 'user', content: [{ type: 'text', text: 'See' }, part] }]);
    expect(error.param).toBe('messages.0.content.1');
    expect(error.message).toContain(kind);
  });
});

describe('what the harness was made with', () => {
  it('is left alone by a call that names nothing', async () => {
    expect(Object.keys((await send()).json)).toEqual(['messages']);
  });

  it('has its prompt replaced by the instructions, on every call', async () => {
    const system: ChatMessage = { role: 'system', content: 'Be nice.' };
    const developer: ChatMessage = { role: 'developer', content: 'Be brief.' };
    const systemPrompt = [text('Be nice.\n\nBe brief.')];
    const first = await send({ runtimeSessionId }, [system, developer, user('a')]);
    expect(first.json).toEqual({ systemPrompt, messages: [says('user', text('a'))] });
    const second = await send({ runtimeSessionId }, [system, developer, user('a'), assistant('b'), user('c')]);
    expect(second.json).toEqual({ systemPrompt, messages: [says('user', text('c'))] });
    expect((await send({ systemPrompt: [text('Mine.')] })).json).toMatchObject({ systemPrompt: [text('Mine.')] });
    aws.received.splice(0);
    expect((await refuse({ systemPrompt: [text('Mine.')] }, [system, user('a')])).param).toBe('systemPrompt');
  });

  it('has its tools replaced by the caller’s functions and by those that it restates', async () => {
    const parameters = { type: 'object', properties: { a: { type: 'integer' } } };
    const mcp = { type: 'remote_mcp', name: 'docs', config: { remoteMcp: { url: 'https://mcp.example' } } } as const;
    const { json } = await send({
      tools: [
        { type: 'function', function: { name: 'add', description: 'Adds.', parameters, strict: true } },
        mcp,
        { type: 'function', function: { name: 'now' } },
        { type: 'agentcore_browser' },
      ],
      tool_choice: 'auto',
      parallel_tool_calls: true,
    });
    const inline = (name: string, description: string, inputSchema: object) => ({
      type: 'inline_function',
      name,
      config: { inlineFunction: { description, inputSchema } },
    });
    expect(json['tools']).toEqual([
      inline('add', 'Adds.', parameters),
      inline('now', 'now', { type: 'object', properties: {} }),
      mcp,
      { type: 'agentcore_browser' },
    ]);
    expect((await send({ tools: [] })).json).not.toHaveProperty('tools');
  });

  it.each(['bedrockModelConfig', 'openAiModelConfig', 'geminiModelConfig', 'liteLlmModelConfig'])(
    'has its model replaced by a %s',
    async (name) => {
      const config = { modelId: 'm', maxTokens: 3, additionalParams: { seed: 7 } };
      expect((await send({ [name]: config })).json['model']).toEqual({ [name]: config });
      const { json } = await send({ [name]: config, temperature: 0, top_p: 0.5, max_tokens: 9 });
      expect(json).toMatchObject({ model: { [name]: { ...config, temperature: 0, topP: 0.5 } }, maxTokens: 9 });
    },
  );

  it('has its limits and all else replaced by the fields of the same name', async () => {
    const fields = {
      actorId: 'ada',
      allowedTools: ['@builtin', 'add'],
      maxIterations: 3,
      maxTokens: 100,
      timeoutSeconds: 60,
      skills: [{ path: '/skills/a' }],
    };
    expect((await send(fields)).json).toEqual({ ...fields, messages: [says('user', text('hello'))] });
    expect((await send({ extra_body: fields })).json).toMatchObject(fields);
    const { headers } = await send({ runtimeUserId: 'ada', traceParent: '00-1', traceId: 'Root=1', baggage: 'a=1' });
    expect(headers).toMatchObject({
      'x-amzn-bedrock-agentcore-runtime-user-id': 'ada',
      traceparent: '00-1',
      'x-amzn-trace-id': 'Root=1',
      baggage: 'a=1',
    });
  });

  it.each([
    [{ max_tokens: 5 }, 5],
    [{ max_completion_tokens: 6 }, 6],
    [{ max_tokens: 5, max_completion_tokens: 6 }, 6],
    [{ max_tokens: 5, maxTokens: 5 }, 5],
  ])('has its limit of tokens replaced by %j', async (parameters, maxTokens) => {
    expect((await send(parameters)).json).toMatchObject({ maxTokens });
  });
});

describe('a parameter is refused', () => {
  it.each(['temperature', 'top_p'])('%s without a model, unless it may be dropped', async (name) => {
    const error = await refuse({ [name]: 0.5 });
    expect(error).toMatchObject({ name: 'UnsupportedParamsError', param: name, code: 'unsupported_parameter' });
    expect(error.message).toContain('bedrockModelConfig');
    expect(Object.keys((await send({ [name]: 0.5, drop_params: true })).json)).toEqual(['messages']);
    expect(Object.keys((await send({ [name]: 1 })).json)).toEqual(['messages']);
  });

  it.each([
    ['seed', { seed: 7 }],
    ['stop', { stop: 'END' }],
    ['tool_choice', { tool_choice: 'required' }],
    ['response_format', { response_format: { type: 'json_object' } }],
  ])('%s, which no harness takes', async (param, parameters) => {
    const error = await refuse(parameters);
    expect(error).toMatchObject({ name: 'UnsupportedParamsError', param });
    expect(error.message).not.toContain('allowed_openai_params');
    expect(Object.keys((await send({ ...parameters, drop_params: true })).json)).toEqual(['messages']);
  });

  it.each<[string, object]>([
    ['bedrockModelConfig.modelId', { bedrockModelConfig: {} }],
    ['openAiModelConfig.modelId', { openAiModelConfig: { modelId: 7 } }],
    ['openAiModelConfig', { bedrockModelConfig: { modelId: 'm' }, openAiModelConfig: { modelId: 'm' } }],
    ['temperature', { temperature: 0.5, bedrockModelConfig: { modelId: 'm', temperature: 0.4 } }],
    ['bedrockModelConfig', { bedrockModelConfig: 'm' }],
    ['maxTokens', { maxTokens: 5, max_tokens: 6 }],
    ['maxTokens', { maxTokens: '5' }],
    ['skills', { skills: {} }],
    ['actorId', { actorId: 7 }],
    ['runtimeUserId', { runtimeUserId: 'a\nb' }],
    ['harnessArn', { harnessArn }],
    ['color', { color: 'red' }],
    ['enableTrace', { enableTrace: true }],
    ['color', { extra_body: { color: 'red' } }],
    ['temperature', { temperature: 0.5, allowed_openai_params: ['temperature'] }],
    ['aws_color', { aws_color: 'red' }],
  ])('%s in %j', async (param, parameters) => {
    expect(await refuse(parameters)).toMatchObject({ param, status: 400 });
  });
});
