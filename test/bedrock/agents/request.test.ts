import type { ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import { BadRequestError, completion, type CompletionParameters } from '../../../src/index.ts';
import { chunk } from '../../support/frames.ts';
import { serve, type Received } from '../../support/loopback.ts';
import { agentModel as model, reach } from '../../support/models.ts';

const aws = await serve((response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
  response.end(chunk('Hi'));
});
beforeEach(() => void aws.received.splice(0));

const hello = [{ role: 'user', content: 'Hello' }] as const;

/** The request as it came over the wire, its body parsed. */
async function send(parameters: object): Promise<Received & { readonly json: Record<string, unknown> }> {
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

function sessionOf(url: string): string {
  return decodeURIComponent(/\/sessions\/([^/]+)\/text$/.exec(url)?.[1] ?? '');
}

/** Header names that the signature covers. */
function signed(authorization = ''): string[] {
  return /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? [];
}

/** The signature's scope, in an environment that says only this of regions. */
async function scopeIn(environment: Readonly<Record<string, string>>, parameters: object): Promise<string> {
  const names = ['AWS_REGION_NAME', 'AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE', 'AWS_CONFIG_FILE'];
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, { AWS_CONFIG_FILE: '/nonexistent', ...environment });
  try {
    return (await send(parameters)).headers.authorization ?? '';
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  }
}

describe('the HTTP request', () => {
  it('is a POST to the path of the agent, alias and session', async () => {
    const { method, url } = await send({ sessionId: 's-1' });
    expect(method).toBe('POST');
    expect(url).toBe('/agents/L1RT58GYRW/agentAliases/MFPSBCXYTW/sessions/s-1/text');
  });

  it('percent-encodes the session id', async () => {
    const { url } = await send({ sessionId: 'sess.1:a' });
    expect(url).toBe('/agents/L1RT58GYRW/agentAliases/MFPSBCXYTW/sessions/sess.1%3Aa/text');
  });

  it('is signed for the service bedrock', async () => {
    const { headers } = await send({ aws_region_name: 'eu-central-1', aws_session_token: 'session-token' });
    expect(headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/bedrock\/aws4_request, /,
    );
    expect(headers['x-amz-security-token']).toBe('session-token');
    expect(headers['content-type']).toBe('application/json');
  });

  it.each([
    ['aws_region_name', { aws_region_name: 'us-east-2' }, {}, 'us-east-2'],
    ['region_name', { region_name: 'us-east-2' }, {}, 'us-east-2'],
    ['AWS_REGION_NAME before AWS_REGION', {}, { AWS_REGION_NAME: 'eu-west-1', AWS_REGION: 'eu-west-2' }, 'eu-west-1'],
    ['AWS_REGION', {}, { AWS_REGION: 'eu-west-2', AWS_DEFAULT_REGION: 'eu-west-3' }, 'eu-west-2'],
    ['AWS_DEFAULT_REGION', {}, { AWS_DEFAULT_REGION: 'eu-west-3' }, 'eu-west-3'],
    ['nothing at all', {}, {}, 'us-west-2'],
  ])('takes the region from %s', async (_, parameters, environment, region) => {
    expect(await scopeIn(environment, parameters)).toContain(`/${region}/bedrock/aws4_request`);
  });

  // Fails with an APIConnectionError of the SDK or in us-west-2: an empty variable hides the next.
  it.each([
    ['AWS_REGION', { AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-3' }],
    ['AWS_REGION_NAME', { AWS_REGION_NAME: '', AWS_DEFAULT_REGION: 'eu-west-3' }],
  ])('passes over %s when it is empty', async (_, environment) => {
    expect(await scopeIn(environment, {})).toContain('/eu-west-3/bedrock/aws4_request');
  });

  it('ignores AWS_BEARER_TOKEN_BEDROCK, which is for models', async () => {
    process.env['AWS_BEARER_TOKEN_BEDROCK'] = 'bearer-for-models';
    try {
      expect((await send({})).headers.authorization).toMatch(/^AWS4-HMAC-SHA256 /);
    } finally {
      Reflect.deleteProperty(process.env, 'AWS_BEARER_TOKEN_BEDROCK');
    }
  });

  it('has the body of LiteLLM for one user message', async () => {
    expect((await send({})).body).toBe('{"enableTrace":true,"inputText":"Hello"}');
    aws.received.splice(0);
    expect((await send({ messages: [{ role: 'user', content: 'Hello' }] })).json).toEqual({
      inputText: 'Hello',
      enableTrace: true,
    });
  });

  it('joins the text parts of a message without a separator', async () => {
    const content = [
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo €' },
    ];
    expect((await send({ messages: [{ role: 'user', content }] })).json['inputText']).toBe('Hello €');
  });

  it.each(['api_base', 'base_url', 'aws_bedrock_runtime_endpoint'])('%s replaces the host', async (name) => {
    const { api_base, ...keys } = reach(aws.url);
    await completion({ ...keys, model, messages: hello, [name]: api_base });
    expect(aws.received).toHaveLength(1);
  });

  it.each(['extra_headers', 'headers'])('%s are sent and signed', async (name) => {
    const { headers } = await send({ [name]: { 'X-Amzn-Test': 'a', 'x-other': 'b' } });
    expect(headers).toMatchObject({ 'x-amzn-test': 'a', 'x-other': 'b' });
    expect(signed(headers.authorization)).toEqual(expect.arrayContaining(['x-amzn-test', 'x-other', 'host']));
  });

  it('never has an aws_* name or a credential in its body or URL', async () => {
    const { body, url } = await send({
      aws_session_token: 'token-EXAMPLE',
      aws_region_name: 'us-east-1',
      aws_bedrock_runtime_endpoint: aws.url,
      max_response_bytes: 1000,
      extra_headers: { 'x-a': 'header-EXAMPLE' },
    });
    expect(`${url} ${body}`).not.toMatch(/aws_|EXAMPLE|127\.0\.0\.1|max_response_bytes/);
  });

  it('takes the caller who gives an api_key to SigV4', async () => {
    const error = await refuse({ api_key: 'jwt-secret' });
    expect(error.param).toBe('api_key');
    expect(error.message).toContain('aws_access_key_id');
    expect(error.message).not.toContain('jwt-secret');
  });
});

describe("InvokeAgent's fields", () => {
  const state = {
    sessionAttributes: { customer: '42' },
    promptSessionAttributes: { today: 'Sunday' },
    invocationId: 'invocation-1',
    returnControlInvocationResults: [
      { functionResult: { actionGroup: 'group', function: 'add', responseBody: { TEXT: { body: '3' } } } },
    ],
    knowledgeBaseConfigurations: [
      {
        knowledgeBaseId: 'KB12345678',
        retrievalConfiguration: {
          vectorSearchConfiguration: {
            numberOfResults: 5,
            overrideSearchType: 'HYBRID',
            filter: { andAll: [{ equals: { key: 'year', value: 2024 } }, { in: { key: 'tag', value: ['a', 'b'] } }] },
          },
        },
      },
    ],
  };
  const history = { conversationHistory: { messages: [{ role: 'user', content: [{ text: 'Before' }] }] } };
  const fields: readonly (readonly [name: string, value: unknown])[] = [
    ['enableTrace', false],
    ['enableTrace', true],
    ['endSession', true],
    ['memoryId', 'memory.1:a'],
    ['sessionState', state],
    ['sessionState', history],
    ['bedrockModelConfigurations', { performanceConfig: { latency: 'optimized' } }],
    ['streamingConfigurations', { streamFinalResponse: true, applyGuardrailInterval: 20 }],
    ['promptCreationConfigurations', { previousConversationTurnsToInclude: 3, excludePreviousThinkingSteps: true }],
  ];

  it.each(fields)('%s goes to its place as it is', async (name, value) => {
    expect((await send({ [name]: value })).json).toEqual({ inputText: 'Hello', enableTrace: true, [name]: value });
  });

  it.each(fields)('%s does the same from extra_body', async (name, value) => {
    const expected = { inputText: 'Hello', enableTrace: true, [name]: value };
    expect((await send({ extra_body: { [name]: value } })).json).toEqual(expected);
  });

  it('sourceArn is a header', async () => {
    const sourceArn = 'arn:aws:bedrock:us-west-2:123456789012:agent/L1RT58GYRW';
    const { headers, json } = await send({ sourceArn });
    expect(headers['x-amz-source-arn']).toBe(sourceArn);
    expect(json).toEqual({ inputText: 'Hello', enableTrace: true });
  });

  it('invocationId goes into sessionState, beside what the caller has there', async () => {
    expect((await send({ invocationId: 'my-test-invocation-id' })).json).toEqual({
      inputText: 'Hello',
      enableTrace: true,
      sessionState: { invocationId: 'my-test-invocation-id' },
    });
    aws.received.splice(0);
    const sessionState = { sessionAttributes: { a: '1' } };
    expect((await send({ invocationId: 'i-1', sessionState })).json['sessionState']).toEqual({
      ...sessionState,
      invocationId: 'i-1',
    });
  });

  const base64 = Buffer.from('a,b\n1,€\n').toString('base64');
  const withData = (data: unknown) => ({
    files: [
      {
        name: 'data.csv',
        useCase: 'CODE_INTERPRETER',
        source: { sourceType: 'BYTE_CONTENT', byteContent: { mediaType: 'text/csv', data } },
      },
      { name: 'x', useCase: 'CHAT', source: { sourceType: 'S3', s3Location: { uri: 's3://bucket/key' } } },
    ],
  });

  it.each([
    ['base64', base64],
    ['bytes', Buffer.from('a,b\n1,€\n')],
    ['a Uint8Array', new Uint8Array(Buffer.from('a,b\n1,€\n'))],
  ])('files with %s arrive with base64 that was encoded once', async (_, data) => {
    expect((await send({ sessionState: withData(data) })).json['sessionState']).toEqual(withData(base64));
  });

  // Fails: what is no base64 is dropped in silence, and AWS gets other bytes.
  it.each(['not base64 €!', 'data:text/csv;base64,YSxi'])(
    'files whose data is no base64 are refused: %s',
    async (data) => {
      expect((await refuse({ sessionState: withData(data) })).param).toMatch(/^sessionState/);
    },
  );

  // Fails until base64 is decoded wherever AWS's model has a blob, not in `files` alone.
  it('images of a function result arrive with base64 that was encoded once', async () => {
    const image = { format: 'png', source: { bytes: base64 } };
    const results = [{ functionResult: { actionGroup: 'a', responseBody: { IMAGES: { images: [image] } } } }];
    const sessionState = { invocationId: 'i', returnControlInvocationResults: results };
    expect((await send({ sessionState })).json['sessionState']).toEqual(sessionState);
  });

  it.each([[{ sessionAttributes: 5 }], [{ conversationHistory: { messages: 'Before' } }]])(
    'leaves the inside of sessionState to AWS to check: %j',
    async (sessionState) => {
      expect((await send({ sessionState })).json['sessionState']).toEqual(sessionState);
    },
  );

  // Fails with a TypeError of ours.
  it.each([[{ files: 'report.csv' }], [{ files: [null] }]])(
    'leaves files that are none to AWS to check: %j',
    async (sessionState) => {
      expect((await send({ sessionState })).json).toHaveProperty('sessionState.files');
    },
  );

  it('inputText from extra_body replaces the text of the messages', async () => {
    expect((await send({ extra_body: { inputText: 'Other' } })).json).toEqual({
      inputText: 'Other',
      enableTrace: true,
    });
  });

  it.each(['inputText', 'agentId', 'agentAliasId'])('%s is a 400 that says what it is made of', async (name) => {
    const error = await refuse({ [name]: 'SECRET' });
    expect(error.param).toBe(name);
    expect(error.message).not.toContain('SECRET');
  });

  it('extra_body may hold fields of InvokeAgent only, since the SDK drops others in silence', async () => {
    const error = await refuse({ extra_body: { enableTrace: false, topK: 5 } });
    expect(error.param).toBe('extra_body.topK');
    expect(error.message).toContain('extra_body.topK');
  });

  it.each([
    ['memoryId', { memoryId: 'a' }],
    ['memoryId', { memoryId: 'has blanks' }],
    ['memoryId', { memoryId: 'x'.repeat(101) }],
  ])('%s is checked against the pattern of AWS', async (param, parameters) => {
    expect((await refuse(parameters)).param).toBe(param);
  });

  it("AgentCore's names are custom parameters here, but its session's", async () => {
    const { json } = await send({ qualifier: 'production' });
    expect(json['sessionState']).toEqual({ promptSessionAttributes: { qualifier: 'production' } });
  });
});

describe('streaming', () => {
  it('has AWS stream the final response', async () => {
    expect((await send({ stream: true })).json).toEqual({
      inputText: 'Hello',
      enableTrace: true,
      streamingConfigurations: { streamFinalResponse: true },
    });
  });

  it.each([
    [{ streamFinalResponse: false }, { streamFinalResponse: false }],
    [{ applyGuardrailInterval: 20 }, { streamFinalResponse: true, applyGuardrailInterval: 20 }],
  ])('leaves to the caller what the caller set: %j', async (streamingConfigurations, expected) => {
    const { json } = await send({ stream: true, streamingConfigurations });
    expect(json['streamingConfigurations']).toEqual(expected);
  });

  it('leaves to the caller what the caller set in extra_body', async () => {
    const extra_body = { streamingConfigurations: { streamFinalResponse: false } };
    const { json } = await send({ stream: true, extra_body });
    expect(json['streamingConfigurations']).toEqual({ streamFinalResponse: false });
  });

  it.each([false, null, undefined])('is not asked for with stream: %s', async (stream) => {
    expect((await send({ stream })).json).not.toHaveProperty('streamingConfigurations');
  });
});

describe('custom parameters', () => {
  it('are prompt session attributes, strings as they are and other JSON as text', async () => {
    const { json } = await send({ tone: 'kind', limit: 3, strict: false, colours: ['a'], where: { city: 'Graz' } });
    expect(json['sessionState']).toEqual({
      promptSessionAttributes: {
        tone: 'kind',
        limit: '3',
        strict: 'false',
        colours: '["a"]',
        where: '{"city":"Graz"}',
      },
    });
  });

  it("stand beside the caller's own attributes", async () => {
    const sessionState = { sessionAttributes: { a: '1' }, promptSessionAttributes: { b: '2' } };
    expect((await send({ tone: 'kind', sessionState })).json['sessionState']).toEqual({
      sessionAttributes: { a: '1' },
      promptSessionAttributes: { b: '2', tone: 'kind' },
    });
  });

  it('do not change the object that the caller gave', async () => {
    const sessionState = { promptSessionAttributes: { b: '2' } };
    await send({ tone: 'kind', sessionState, invocationId: 'i' });
    expect(sessionState).toEqual({ promptSessionAttributes: { b: '2' } });
  });
});

describe('the history', () => {
  const past = [
    { role: 'user', content: 'One' },
    { role: 'assistant', content: 'Two' },
    { role: 'user', content: 'Three' },
  ];
  const call = (id: string, name: string, json: string) => ({
    id,
    type: 'function',
    function: { name, arguments: json },
  });
  const textMessages = (json: Record<string, unknown>) => {
    const { conversationHistory } = json['sessionState'] as {
      conversationHistory: { messages: readonly { role: string; content: readonly { text: string }[] }[] };
    };
    return conversationHistory.messages.map(({ role, content }) => [role, ...content.map(({ text }) => text)]);
  };

  it('is not sent where there is none', async () => {
    expect((await send({})).json).not.toHaveProperty('sessionState');
  });

  it('travels as conversationHistory with a fresh session', async () => {
    const { json, url } = await send({ messages: past });
    expect(json).toEqual({
      inputText: 'Three',
      enableTrace: true,
      sessionState: {
        conversationHistory: {
          messages: [
            { role: 'user', content: [{ text: 'One' }] },
            { role: 'assistant', content: [{ text: 'Two' }] },
          ],
        },
      },
    });
    expect(sessionOf(url)).toMatch(/^session-/);
  });

  it.each([
    { sessionId: 's-1' },
    { sessionID: 's-1' },
    { litellm_session_id: 's-1' },
    { metadata: { session_id: 's-1' } },
  ])('stays at home when the session remembers it: %j', async (session) => {
    expect((await send({ messages: past, ...session })).json).toEqual({ inputText: 'Three', enableTrace: true });
  });

  it('gives way to everything after the last answer, with and without a session', async () => {
    const messages = [...past, { role: 'user', content: 'Four' }];
    expect((await send({ messages, sessionId: 's-1' })).json['inputText']).toBe('Three\n\nFour');
    aws.received.splice(0);
    const { json } = await send({ messages });
    expect(json['inputText']).toBe('Three\n\nFour');
    expect(textMessages(json)).toEqual([
      ['user', 'One'],
      ['assistant', 'Two'],
    ]);
  });

  it('merges neighbours of one role', async () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' },
      { role: 'assistant', content: 'c' },
      { role: 'assistant', content: 'd' },
      { role: 'user', content: 'e' },
    ];
    const { json } = await send({ messages });
    expect(textMessages(json)).toEqual([
      ['user', 'a\n\nb'],
      ['assistant', 'c\n\nd'],
    ]);
    expect(json['inputText']).toBe('e');
  });

  it('merges across a message that has no text', async () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: '' },
      { role: 'user', content: 'b' },
      { role: 'assistant', content: 'c' },
      { role: 'user', content: 'd' },
    ];
    expect(textMessages((await send({ messages })).json)).toEqual([
      ['user', 'a\n\nb'],
      ['assistant', 'c'],
    ]);
  });

  it.each(['', null, undefined, []])('has no empty block for an assistant message with content %j', async (content) => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content },
      { role: 'user', content: 'b' },
    ];
    const { json } = await send({ messages });
    // What was never answered is said again with what is new: no two messages of one role stand in a row.
    expect(json).toEqual({ inputText: 'a\n\nb', enableTrace: true });
  });

  it('that ends with an empty assistant message has nothing new to say', async () => {
    const error = await refuse({
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: '' },
      ],
    });
    expect(error.message).toContain('nothing new');
  });

  it('that opens with the assistant gets a user turn before it', async () => {
    const messages = [
      { role: 'assistant', content: 'Welcome!' },
      { role: 'user', content: 'Hello' },
    ];
    expect(textMessages((await send({ messages })).json)).toEqual([
      ['user', '(conversation begins)'],
      ['assistant', 'Welcome!'],
    ]);
  });

  it('holds finished tool calls and their results as plain text', async () => {
    const messages = [
      { role: 'user', content: 'Add' },
      { role: 'assistant', content: 'Adding.', tool_calls: [call('c1', 'add', '{"a":1}'), call('c2', 'sub', '{}')] },
      { role: 'tool', tool_call_id: 'c2', content: 'minus' },
      { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: 'plus' }] },
      { role: 'assistant', content: 'Done.' },
      { role: 'user', content: 'Thanks' },
    ];
    const turns = textMessages((await send({ messages })).json);
    expect(turns.map(([role]) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(turns[1]?.[1]).toMatch(/^Adding\..*add\({"a":1}\).*sub\({}\)/s);
    expect(turns[2]?.[1]).toMatch(/sub.*minus.*add.*plus/s);
    expect(turns[3]?.[1]).toBe('Done.');
  });

  it('has a block for an assistant message that only calls tools', async () => {
    const messages = [
      { role: 'user', content: 'Add' },
      { role: 'assistant', content: null, tool_calls: [call('c1', 'add', '{"a":1}')] },
      { role: 'tool', tool_call_id: 'c1', content: '' },
      { role: 'assistant', content: 'Done.' },
      { role: 'user', content: 'Thanks' },
    ];
    const turns = textMessages((await send({ messages })).json);
    expect(turns[1]).toEqual(['assistant', expect.stringContaining('add({"a":1})')]);
    for (const [, text] of turns) expect(text).not.toBe('');
  });

  it.each([
    [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }, '[file: image]'],
    [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } }, '[file: audio]'],
    [{ type: 'file', file: { filename: 'report.pdf', file_data: 'AAAA' } }, '[file: report.pdf]'],
    [{ type: 'file', file: { file_id: 'file-1' } }, '[file: file-1]'],
    [{ type: 'file', file: { file_data: 'AAAA' } }, '[file: file]'],
  ])('names an attachment of an earlier turn and does not send it (%#)', async (part, mark) => {
    const messages = [
      { role: 'user', content: [{ type: 'text', text: 'See ' }, part] },
      { role: 'assistant', content: 'Seen.' },
      { role: 'user', content: 'Good' },
    ];
    const { json, body } = await send({ messages });
    expect(textMessages(json)[0]).toEqual(['user', `See ${mark}`]);
    expect(body).not.toContain('AAAA');
  });

  it("is the caller's or the messages', not both", async () => {
    const sessionState = { conversationHistory: { messages: [] } };
    expect((await refuse({ messages: past, sessionState })).param).toBe('sessionState');
  });
});

describe('instructions', () => {
  const system = { role: 'system', content: 'Be brief.' };
  const first = [system, { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] }, ...hello];
  const later = [...first, { role: 'assistant', content: 'Hi' }, { role: 'user', content: 'How are you?' }];

  it.each([
    ['the first turn without a session', { messages: first }, 'Be brief.\n\nBe kind.\n\nHello'],
    ['a later turn without a session', { messages: later }, 'Be brief.\n\nBe kind.\n\nHow are you?'],
    ['the first turn of a session', { messages: first, sessionId: 's-1' }, 'Be brief.\n\nBe kind.\n\nHello'],
    ['a later turn of a session', { messages: later, sessionId: 's-1' }, 'How are you?'],
  ])('in %s', async (_, parameters, inputText) => {
    expect((await send(parameters)).json['inputText']).toBe(inputText);
  });

  it('are found wherever they stand, and never in the history', async () => {
    const messages = [...hello, { role: 'assistant', content: 'Hi' }, system, { role: 'user', content: 'Go on' }];
    const { json } = await send({ messages });
    expect(json['inputText']).toBe('Be brief.\n\nGo on');
    expect(JSON.stringify(json['sessionState'])).not.toContain('Be brief.');
  });

  it('that are empty leave no trace', async () => {
    expect((await send({ messages: [{ role: 'system', content: '' }, ...hello] })).json['inputText']).toBe('Hello');
  });
});

describe('nothing new to say', () => {
  const answered = [...hello, { role: 'assistant', content: 'Hi' }];
  const results = [{ functionResult: { actionGroup: 'g', function: 'f', responseBody: { TEXT: { body: '3' } } } }];

  it.each([
    ['an answer comes last', { messages: answered }],
    ['an answer comes last in a session', { messages: answered, sessionId: 's-1' }],
    ['the user message is empty', { messages: [{ role: 'user', content: '' }] }],
    ['there are only instructions', { messages: [{ role: 'system', content: 'Be brief.' }] }],
  ])('is a 400 when %s', async (_, parameters) => {
    const error = await refuse(parameters);
    expect(error.param).toBe('messages');
    expect(error.message).toMatch(/nothing new/i);
  });

  it('is fine when the session ends', async () => {
    const { json, url } = await send({ messages: answered, sessionId: 's-1', endSession: true });
    expect(json).toEqual({ enableTrace: true, endSession: true });
    expect(sessionOf(url)).toBe('s-1');
  });

  it('is a 400 when the session is told not to end', async () => {
    expect((await refuse({ messages: answered, sessionId: 's-1', endSession: false })).param).toBe('messages');
  });

  it("is fine with the caller's own results", async () => {
    const sessionState = { invocationId: 'i-1', returnControlInvocationResults: results };
    const { json } = await send({ messages: answered, sessionId: 's-1', sessionState });
    expect(json).toEqual({ enableTrace: true, sessionState });
  });
});

describe('the session', () => {
  const generated = /^[a-zA-Z0-9][a-zA-Z0-9_-]{32,99}$/;

  it('is a new one for each call that names none', async () => {
    const urls = [];
    for (let index = 0; index < 3; index++) {
      urls.push(sessionOf((await send({})).url));
      aws.received.splice(0);
    }
    for (const id of urls) expect(id).toMatch(generated);
    expect(new Set(urls).size).toBe(3);
  });

  it.each(['sessionId', 'sessionID'])('%s is sent as it is', async (name) => {
    expect(sessionOf((await send({ [name]: 'Aa.1_b:c-D' })).url)).toBe('Aa.1_b:c-D');
  });

  it.each(['ab', 'x'.repeat(100)])('takes an id at the limit of AWS (%#)', async (sessionId) => {
    expect(sessionOf((await send({ sessionId })).url)).toBe(sessionId);
  });

  it.each(['', 'a', 'x'.repeat(101), 'has blank', 'slash/es', 'ümlaut', 'new\nline', 'ab\n'])(
    'refuses an id that AWS would refuse: %j',
    async (sessionId) => {
      const error = await refuse({ sessionId });
      expect(error.param).toBe('sessionId');
      expect(error.message).toContain('2 to 100');
      expect(error.message).toContain('litellm_session_id');
    },
  );

  it('refuses the name that AgentCore has for it and gives the right one', async () => {
    const error = await refuse({ runtimeSessionId: 'x'.repeat(40) });
    expect(error.param).toBe('runtimeSessionId');
    expect(error.message).toContain('`sessionId`');
  });

  it.each([
    ['litellm_session_id', (id: string) => ({ litellm_session_id: id })],
    ['metadata.session_id', (id: string) => ({ metadata: { session_id: id } })],
  ])('%s is used as it is where it is valid, else always becomes the same id', async (_, named) => {
    const ids: string[] = [];
    for (const id of ['chat-1', 'a', 'Straße 7/2 – α', 'Straße 7/2 – α', 'x'.repeat(500)]) {
      ids.push(sessionOf((await send(named(id))).url));
      aws.received.splice(0);
    }
    const [valid, short, odd, again, long] = ids;
    expect(valid).toBe('chat-1');
    for (const id of [short, odd, long]) expect(id).toMatch(generated);
    expect(odd).toBe(again);
    expect(new Set(ids).size).toBe(4);
  });

  it('metadata without a session_id names no session', async () => {
    const messages = [...hello, { role: 'assistant', content: 'Hi' }, { role: 'user', content: 'And?' }];
    const { json } = await send({ messages, metadata: { user_id: 'u' } });
    expect(json).toHaveProperty('sessionState.conversationHistory');
  });

  it('an exact name wins over a neutral one', async () => {
    const { url } = await send({ sessionId: 's-1', litellm_session_id: 's-2', metadata: { session_id: 's-3' } });
    expect(sessionOf(url)).toBe('s-1');
  });

  it('litellm_session_id wins over metadata', async () => {
    expect(sessionOf((await send({ litellm_session_id: 's-2', metadata: { session_id: 's-3' } })).url)).toBe('s-2');
  });

  // Fails: an empty name hides the one that is not empty.
  it('an empty litellm_session_id leaves the word to metadata', async () => {
    expect(sessionOf((await send({ litellm_session_id: '', metadata: { session_id: 's-3' } })).url)).toBe('s-3');
  });

  // Fails: the number is ignored in silence, and every turn begins a new conversation.
  it('a metadata.session_id that is no string is not ignored in silence', async () => {
    expect((await refuse({ metadata: { session_id: 7 } })).param).toBe('metadata.session_id');
  });

  it('two names for two sessions are a 400', async () => {
    expect((await refuse({ sessionId: 's-1', sessionID: 's-2' })).message).toContain('sessionID');
  });

  it('two names for one session are fine', async () => {
    expect(sessionOf((await send({ sessionId: 's-1', sessionID: 's-1' })).url)).toBe('s-1');
  });
});
