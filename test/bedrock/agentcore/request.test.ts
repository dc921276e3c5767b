import type { ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import { BadRequestError, completion, type CompletionParameters } from '../../../src/index.ts';
import { serve, type Received } from '../../support/loopback.ts';
import { reach, runtimeArn, runtimeModel as model } from '../../support/models.ts';

const sessionHeader = 'x-amzn-bedrock-agentcore-runtime-session-id';
const longId = 'litellm-test-session-id-12345678901234567890';

const aws = await serve((response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end('{"result":"Hi"}');
});
beforeEach(() => void aws.received.splice(0));

const hello = [{ role: 'user', content: 'hello agent' }] as const;

/** The request as it came over the wire, its body parsed. */
async function send(parameters: object = {}): Promise<Received & { readonly json: Record<string, unknown> }> {
  const call: CompletionParameters = { ...reach(aws.url), model, messages: hello, ...parameters };
  const answer = await completion(call);
  if ('finalChatCompletion' in answer) await answer.finalChatCompletion();
  expect(aws.received).toHaveLength(1);
  const [received] = aws.received;
  if (!received) throw new Error('nothing was received');
  return { ...received, json: JSON.parse(received.body) as Record<string, unknown> };
}

async function refuse(parameters: object): Promise<BadRequestError> {
  const error: unknown = await completion({ ...reach(aws.url), model, messages: hello, ...parameters }).then(
    () => expect.unreachable('the request was accepted'),
    (thrown: unknown) => thrown,
  );
  expect(aws.received).toEqual([]);
  expect(error).toBeInstanceOf(BadRequestError);
  return error as BadRequestError;
}

/** Header names that the signature covers. */
function signed(authorization = ''): string[] {
  return /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? [];
}

describe('the HTTP request', () => {
  const path = '/runtimes/arn%3Aaws%3Abedrock-agentcore%3Aus-west-2%3A123456789012%3Aruntime%2F';

  it('is a POST to the path of the percent-encoded ARN, without a query', async () => {
    const { method, url } = await send();
    expect(method).toBe('POST');
    expect(url).toBe(`${path}my-agent-runtime/invocations`);
  });

  it('has the qualifier as its query', async () => {
    expect((await send({ qualifier: 'DEFAULT' })).url).toBe(`${path}my-agent-runtime/invocations?qualifier=DEFAULT`);
  });

  it('encodes the qualifier', async () => {
    const { url } = await send({ qualifier: 'a&b=c d' });
    expect(new URL(url, aws.url).searchParams.get('qualifier')).toBe('a&b=c d');
    expect([...new URL(url, aws.url).searchParams]).toHaveLength(1);
  });

  it('has the accountId as its query', async () => {
    expect((await send({ accountId: '123456789012' })).url).toBe(
      `${path}my-agent-runtime/invocations?accountId=123456789012`,
    );
  });

  it('accepts both kinds of answer, whole and streamed alike', async () => {
    for (const stream of [false, true]) {
      const { headers } = await send({ stream });
      expect(headers.accept).toBe('application/json, text/event-stream');
      expect(headers['content-type']).toBe('application/json');
      aws.received.splice(0);
    }
  });

  it('is signed for the service bedrock-agentcore in the region of the ARN', async () => {
    const { headers } = await send({ runtimeSessionId: longId });
    expect(headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-west-2\/bedrock-agentcore\/aws4_request, /,
    );
    expect(signed(headers.authorization)).toContain(sessionHeader);
  });

  it('is signed in the region of the ARN whatever the environment says', async () => {
    process.env['AWS_REGION'] = 'eu-west-1';
    try {
      const other = model.replace('us-west-2', 'ap-southeast-2');
      expect((await send({ model: other })).headers.authorization).toContain('/ap-southeast-2/bedrock-agentcore/');
    } finally {
      Reflect.deleteProperty(process.env, 'AWS_REGION');
    }
  });

  it.each(['aws_region_name', 'region_name'])('refuses another region than the ARN names (%s)', async (name) => {
    const error = await refuse({ [name]: 'us-east-1' });
    expect(error.param).toBe('aws_region_name');
    expect(error.message).toMatch(/us-east-1.*us-west-2/);
  });

  it('takes the region that the ARN names', async () => {
    await send({ aws_region_name: 'us-west-2' });
  });

  it.each(['aws-cn', 'aws-us-gov'])('takes ARNs of the partition %s', async (partition) => {
    const { url } = await send({ model: model.replace('arn:aws:', `arn:${partition}:`) });
    expect(decodeURIComponent(url)).toContain(`arn:${partition}:bedrock-agentcore`);
  });

  it.each(['api_base', 'base_url', 'aws_bedrock_runtime_endpoint'])('%s replaces the host', async (name) => {
    const { api_base, ...keys } = reach(aws.url);
    await completion({ ...keys, model, messages: hello, [name]: api_base });
    expect(aws.received).toHaveLength(1);
  });

  it('ignores AWS_BEARER_TOKEN_BEDROCK, which is for models', async () => {
    process.env['AWS_BEARER_TOKEN_BEDROCK'] = 'bearer-for-models';
    try {
      expect((await send()).headers.authorization).toMatch(/^AWS4-HMAC-SHA256 /);
    } finally {
      Reflect.deleteProperty(process.env, 'AWS_BEARER_TOKEN_BEDROCK');
    }
  });

  it('never has an aws_* name or a credential in its body or URL', async () => {
    const { body, url } = await send({
      aws_session_token: 'token-EXAMPLE',
      aws_region_name: 'us-west-2',
      aws_bedrock_runtime_endpoint: aws.url,
      max_response_bytes: 1000,
      extra_headers: { 'x-a': 'header-EXAMPLE' },
    });
    expect(`${url} ${body}`).not.toMatch(/aws_|EXAMPLE|127\.0\.0\.1|max_response_bytes/);
  });
});

describe('headers', () => {
  it.each([
    ['runtimeUserId', 'x-amzn-bedrock-agentcore-runtime-user-id', 'test-user-123'],
    ['runtimeSessionId', sessionHeader, longId],
    ['mcpSessionId', 'mcp-session-id', 'mcp-1'],
    ['mcpProtocolVersion', 'mcp-protocol-version', '2025-06-18'],
    ['mcpMethod', 'mcp-method', 'tools/call'],
    ['mcpName', 'mcp-name', 'search'],
    ['traceId', 'x-amzn-trace-id', 'Root=1-5759e988-bd862e3fe1be46a994272793'],
    ['traceParent', 'traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    ['traceState', 'tracestate', 'congo=t61rcWkgMzE'],
    ['baggage', 'baggage', 'userId=alice'],
    ['contentType', 'content-type', 'application/json; charset=utf-8'],
    ['accept', 'accept', 'text/event-stream'],
  ])('%s is the header %s and not in the payload', async (name, header, value) => {
    const { headers, json } = await send({ [name]: value });
    expect(headers[header]).toBe(value);
    expect(json).toEqual({ prompt: 'hello agent' });
  });

  it('of the trace and the user are absent where nobody gave them', async () => {
    const names = Object.keys((await send()).headers);
    expect(names.filter((name) => /^mcp-|user-id|trace|baggage/.test(name))).toEqual([]);
  });

  it.each(['extra_headers', 'headers'])('of %s are sent and signed', async (name) => {
    const { headers } = await send({ [name]: { 'X-Amzn-Bedrock-AgentCore-Runtime-Custom-Tenant': 'a' } });
    expect(headers['x-amzn-bedrock-agentcore-runtime-custom-tenant']).toBe('a');
    expect(signed(headers.authorization)).toContain('x-amzn-bedrock-agentcore-runtime-custom-tenant');
  });

  it('of extra_headers win over those that the request has of itself', async () => {
    const { headers } = await send({ extra_headers: { Accept: 'text/plain' } });
    expect(headers.accept).toBe('text/plain');
  });

  it.each(['qualifier', 'runtimeUserId', 'accountId', 'traceId', 'baggage', 'mcpSessionId', 'contentType', 'accept'])(
    '%s must be a string',
    async (name) => {
      const error = await refuse({ [name]: 7 });
      expect(error.param).toBe(name);
      expect(error.message).toBe(`${name}: expected string, got number.`);
    },
  );

  it('with a character that no header may have are a 400, not a lost connection', async () => {
    const error = await refuse({ runtimeUserId: 'a\nb' });
    expect(error.message).toContain('header');
  });

  // Fails: the message says "a parameter" and `param` is null.
  it('with a character that no header may have are a 400 that names them', async () => {
    expect((await refuse({ runtimeUserId: 'a\nb' })).param).toBe('runtimeUserId');
  });
});

describe('an endpoint ARN', () => {
  const endpoint = `${model}/runtime-endpoint/production`;

  it('is the runtime with a qualifier', async () => {
    expect((await send({ model: endpoint })).url).toBe(
      `/runtimes/${encodeURIComponent(runtimeArn)}/invocations?qualifier=production`,
    );
  });

  it('is not taken for an agent, though it has agent/ in it', async () => {
    const odd = `${model.replace('my-agent-runtime', 'my_agent')}/runtime-endpoint/DEFAULT`;
    expect((await send({ model: odd })).url).toMatch(/^\/runtimes\/.*my_agent\/invocations\?qualifier=DEFAULT$/);
  });

  it('goes with the same qualifier, not with another', async () => {
    expect((await send({ model: endpoint, qualifier: 'production' })).url).toMatch(/\?qualifier=production$/);
    aws.received.splice(0);
    const error = await refuse({ model: endpoint, qualifier: 'staging' });
    expect(error.param).toBe('qualifier');
    expect(error.message).toContain('production');
  });
});

describe('the payload', () => {
  it('is exactly the prompt', async () => {
    expect((await send()).body).toBe('{"prompt":"hello agent"}');
  });

  it('is the same for a stream: the agent is not told', async () => {
    expect((await send({ stream: true })).body).toBe('{"prompt":"hello agent"}');
  });

  it('has the text parts of a message joined, and no content', async () => {
    const content = [
      { type: 'text', text: 'hello ' },
      { type: 'text', text: 'agent €' },
    ];
    expect((await send({ messages: [{ role: 'user', content }] })).json).toEqual({ prompt: 'hello agent €' });
  });

  it('has custom parameters beside the prompt, as the JSON they are', async () => {
    const custom = { actor: 'alice', limit: 3, strict: false, colours: ['a', { b: 1 }], where: { city: 'Graz' } };
    expect((await send(custom)).json).toEqual({ prompt: 'hello agent', ...custom });
  });

  it("has Bedrock Agents' names as custom parameters", async () => {
    const custom = { enableTrace: true, memoryId: 'm', invocationId: 'i' };
    expect((await send(custom)).json).toEqual({ prompt: 'hello agent', ...custom });
  });

  it('has the fields of extra_body, which win', async () => {
    const { json } = await send({ colour: 'red', size: 1, extra_body: { colour: 'blue', k: 1, input: { a: null } } });
    expect(json).toEqual({ prompt: 'hello agent', colour: 'blue', size: 1, k: 1, input: { a: null } });
  });

  it('may have another prompt by extra_body', async () => {
    expect((await send({ extra_body: { prompt: { text: 'other' } } })).json).toEqual({ prompt: { text: 'other' } });
  });

  it('may have no text of the messages where extra_body has the prompt', async () => {
    const messages = [{ role: 'user', content: '' }];
    expect((await send({ messages, extra_body: { prompt: 'other' } })).json).toEqual({ prompt: 'other' });
  });

  it.each(['prompt', 'payload', 'agentRuntimeArn'])('%s as a parameter is a 400 that shows the way', async (name) => {
    const error = await refuse({ [name]: 'SECRET' });
    expect(error.param).toBe(name);
    expect(error.message).toContain('extra_body');
    expect(error.message).not.toContain('SECRET');
  });

  it.each([
    ['the user message is empty', [{ role: 'user', content: '' }]],
    ['there are only instructions', [{ role: 'system', content: 'Be brief.' }]],
    ['an answer comes last', [...hello, { role: 'assistant', content: 'Hi' }]],
  ])('is a 400 when %s: there is nothing new', async (_, messages) => {
    const error = await refuse({ messages });
    expect(error.param).toBe('messages');
    expect(error.message).toMatch(/nothing new/i);
  });
});

describe('the history', () => {
  const past = [
    { role: 'user', content: 'First question' },
    { role: 'assistant', content: 'First answer' },
    { role: 'user', content: 'Second question' },
    { role: 'assistant', content: 'Second answer' },
    { role: 'user', content: 'Third question' },
  ];
  const prompt = async (parameters: object) => (await send(parameters)).json['prompt'] as string;

  it('stands in the prompt as a transcript, in order, before the new text', async () => {
    const text = await prompt({ messages: past });
    const places = past.map(({ content }) => text.indexOf(content));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(text.endsWith('Third question')).toBe(true);
  });

  it('says of each turn whose it was', async () => {
    expect(await prompt({ messages: past })).toBe(
      'User: First question\n\nAssistant: First answer\n\nUser: Second question\n\n' +
        'Assistant: Second answer\n\nUser: Third question',
    );
  });

  it.each([{ runtimeSessionId: longId }, { litellm_session_id: 'chat-1' }, { metadata: { session_id: 'chat-1' } }])(
    'stays at home when the session remembers it: %j',
    async (session) => {
      expect(await prompt({ messages: past, ...session })).toBe('Third question');
    },
  );

  it('has no empty turn', async () => {
    const messages = [
      { role: 'user', content: 'One' },
      { role: 'assistant', content: null },
      { role: 'user', content: 'Two' },
    ];
    const text = await prompt({ messages });
    expect(text).toMatch(/One.*Two$/s);
    expect(text).not.toContain('Assistant');
  });

  it('holds tool calls, results and attachments as text', async () => {
    const messages = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See ' },
          { type: 'file', file: { filename: 'a.pdf' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'add', arguments: '{"a":1}' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: '42' },
      { role: 'assistant', content: 'It is 42.' },
      { role: 'user', content: 'Thanks' },
    ];
    expect(await prompt({ messages })).toMatch(/See \[file: a\.pdf\].*add\({"a":1}\).*42.*It is 42\..*Thanks$/s);
  });

  it('that opens with the assistant gets a user turn before it', async () => {
    const messages = [{ role: 'assistant', content: 'Welcome!' }, ...hello];
    expect(await prompt({ messages })).toMatch(
      /^User: \(conversation begins\)\n\nAssistant: Welcome!\n\n.*hello agent$/,
    );
  });

  it.each([
    ['the first turn without a session', past.slice(0, 1), {}, /^Be brief\.\n\nFirst question$/],
    ['a later turn without a session', past, {}, /First answer.*Be brief\.\n\nThird question$/s],
    ['the first turn of a session', past.slice(0, 1), { runtimeSessionId: longId }, /^Be brief\.\n\nFirst question$/],
    ['a later turn of a session', past, { runtimeSessionId: longId }, /^Third question$/],
  ])('has the instructions in front of the input in %s', async (_, messages, session, expected) => {
    expect(await prompt({ messages: [{ role: 'system', content: 'Be brief.' }, ...messages], ...session })).toMatch(
      expected,
    );
  });
});

describe('the session', () => {
  const generated = /^[a-zA-Z0-9][a-zA-Z0-9_-]{32,99}$/;
  const session = async (parameters: object) => (await send(parameters)).headers[sessionHeader];

  it('is a new one of 33 to 100 characters for each call that names none', async () => {
    const first = await session({});
    aws.received.splice(0);
    const second = await session({});
    expect(first).toMatch(generated);
    expect(second).toMatch(generated);
    expect(first).not.toBe(second);
  });

  it.each([longId, 'x'.repeat(33), 'x'.repeat(256), `user:42/chat.7#${'x'.repeat(30)}`])(
    'is sent as it is: %s',
    async (runtimeSessionId) => {
      expect(await session({ runtimeSessionId })).toBe(runtimeSessionId);
    },
  );

  it("refuses the 15 characters of LiteLLM's own example and says how to mend them", async () => {
    const error = await refuse({ runtimeSessionId: 'session-abc-123' });
    expect(error).toMatchObject({ status: 400, param: 'runtimeSessionId', code: null });
    expect(error.message).toContain('33 to 256');
    expect(error.message).toContain('15 characters');
    expect(error.message).toContain('`litellm_session_id`');
  });

  it.each(['', 'x'.repeat(32), 'x'.repeat(257), `${'x'.repeat(40)} y`, `${'x'.repeat(40)}\n`, 'ü'.repeat(40)])(
    'refuses an id that AWS would refuse: %j',
    async (runtimeSessionId) => {
      expect((await refuse({ runtimeSessionId })).param).toBe('runtimeSessionId');
    },
  );

  it.each(['sessionId', 'sessionID'])('refuses %s and gives the right name', async (name) => {
    const error = await refuse({ [name]: longId });
    expect(error.param).toBe(name);
    expect(error.message).toContain('`runtimeSessionId`');
  });

  it.each([
    ['litellm_session_id', (id: string) => ({ litellm_session_id: id })],
    ['metadata.session_id', (id: string) => ({ metadata: { session_id: id } })],
  ])('%s is used as it is where it is valid, else always becomes the same id', async (_, named) => {
    const ids: (string | string[] | undefined)[] = [];
    for (const id of [longId, 'session-abc-123', 'session-abc-123', 'Straße 7', '']) {
      ids.push(await session(named(id)));
      aws.received.splice(0);
    }
    const [valid, short, again, odd, empty] = ids;
    expect(valid).toBe(longId);
    for (const id of [short, odd, empty]) expect(id).toMatch(generated);
    expect(short).toBe(again);
    expect(new Set(ids).size).toBe(4);
  });
});

describe('OpenAI parameters', () => {
  const tools = [{ type: 'function', function: { name: 'add', parameters: { type: 'object' } } }];

  it.each([
    ['tools', { tools }],
    ['temperature', { temperature: 0.5 }],
  ])('%s is unsupported unless dropped', async (name, parameters) => {
    const error = await refuse(parameters);
    expect(error).toMatchObject({ name: 'UnsupportedParamsError', param: name, code: 'unsupported_parameter' });
    expect(error.message).toContain(`\`${name}\``);
    expect((await send({ ...parameters, drop_params: true })).json).toEqual({ prompt: 'hello agent' });
  });

  it('n: 1, user, stream_options and max_retries never raise', async () => {
    const { json } = await send({ n: 1, user: 'u', stream_options: { include_usage: true }, max_retries: 2 });
    expect(json).toEqual({ prompt: 'hello agent' });
  });
});

describe('attachments of a message', () => {
  const text = { type: 'text', text: 'Look at this.' };
  const image = { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,anBn' } };
  const pdf = { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,cGRm' } };
  const link = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
  const audio = { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } };
  const say = (...content: readonly unknown[]) => ({ messages: [{ role: 'user', content }] });

  it('are the media of the payload, as AWS documents it', async () => {
    const { json } = await send(say(text, image));
    expect(json).toEqual({ prompt: 'Look at this.', media: { type: 'image', format: 'jpeg', data: 'anBn' } });
  });

  it('are a list of media where there are several', async () => {
    const { json } = await send(say(text, image, pdf));
    expect(json['media']).toEqual([
      { type: 'image', format: 'jpeg', data: 'anBn' },
      { type: 'document', format: 'pdf', data: 'cGRm', name: 'a.pdf' },
    ]);
  });

  it.each([
    ['a link', link, /not followed/],
    ['a recording', audio, /audio/],
    ['a file id', { type: 'file', file: { file_id: 'file-1' } }, /not followed/],
  ])('that are %s have no place there', async (_, part, why) => {
    const error = await refuse(say(text, part));
    expect(error.message).toMatch(why);
    expect(error.param).toBe('messages.0.content.1');
  });

  it.each([true, 'true'])("are OpenAI's own parts where forward_multimodal_content is %j", async (forward) => {
    const parts = [text, link, audio, pdf];
    const { json } = await send({ ...say(...parts), forward_multimodal_content: forward, user_id: 'u' });
    expect(json).toEqual({ prompt: 'Look at this.', content: parts, user_id: 'u' });
  });

  it.each([false, 'false', null])('are media where forward_multimodal_content is %j', async (forward) => {
    const { json } = await send({ ...say(text, image), forward_multimodal_content: forward });
    expect(json).toHaveProperty('media');
    expect(json).not.toHaveProperty('content');
  });

  it('are nothing where all parts are text, and only what is new counts', async () => {
    expect((await send({ ...say(text), forward_multimodal_content: true })).json).toEqual({ prompt: 'Look at this.' });
    aws.received.splice(0);
    const messages = [
      { role: 'user', content: [text, image] },
      { role: 'assistant', content: 'Nice.' },
      { role: 'user', content: 'And?' },
    ];
    const { json } = await send({ messages, forward_multimodal_content: true });
    expect(Object.keys(json)).toEqual(['prompt']);
    expect(json['prompt']).toContain('[file: image]');
  });

  it('of all new messages travel', async () => {
    const messages = [
      { role: 'user', content: [text, image] },
      { role: 'user', content: 'Please.' },
    ];
    const { json } = await send({ messages, forward_multimodal_content: true });
    expect(json['content']).toEqual([text, image, { type: 'text', text: 'Please.' }]);
  });

  it('do not take the place of a custom parameter', async () => {
    expect(await refuse({ ...say(text, image), media: {} })).toMatchObject({ param: 'media' });
    const forwarded = { ...say(text, image), content: 'x', forward_multimodal_content: true };
    expect(await refuse(forwarded)).toMatchObject({ param: 'content' });
  });

  it('need a yes or a no', async () => {
    const error = await refuse({ ...say(text, image), forward_multimodal_content: 1 });
    expect(error).toMatchObject({ param: 'forward_multimodal_content' });
  });
});
