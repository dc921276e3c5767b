// The cases of facts/litellm.md §7 by their numbers: what LiteLLM does and, where a row says `better`, what is done instead.
import { existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { resolve } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { completion, type CompletionParameters, createRouter } from '../src/index.ts';
import { chunk, event, exception } from './support/frames.ts';
import { type Received, serve } from './support/loopback.ts';
import { agentModel, reach, runtimeArn, runtimeModel } from './support/models.ts';

/** Cases that other tests show. */
const elsewhere: Readonly<Record<string, readonly number[]>> = {
  'test/bedrock/agentcore/bearer.test.ts': [6],
  'test/bedrock/agentcore/request.test.ts': [11, 12, 13, 14, 15],
  'test/bedrock/agentcore/a2a.test.ts': [28, 29, 30],
  'test/bedrock/agentcore/answers.test.ts': [41, 43, 44, 45],
  'test/bedrock/agents/answers.test.ts': [61],
  'test/bedrock/frames.test.ts': [63],
  'test/bedrock/credentials.test.ts': [68],
  'test/proxy': [73, 74, 75, 76, 77, 79, 80, 81],
};

type Answer = (response: ServerResponse) => unknown;

interface Sent {
  readonly path: string;
  readonly headers: Received['headers'];
  readonly body: Readonly<Record<string, unknown>>;
}

interface Case {
  /** Its number in facts/litellm.md, and what it is about. */
  readonly case: number;
  readonly about: string;
  /** What is done better than LiteLLM does, or differently because the design's tables say so. */
  readonly better?: string;
  readonly given?: Partial<CompletionParameters>;
  /** AWS's answers in turn, the last one for ever; a plain one where left out. */
  readonly answers?: readonly Answer[];
  readonly sent?: (sent: Sent, all: readonly Sent[]) => void;
  readonly content?: string;
  readonly answer?: object;
  readonly error?: object;
}

let answers: readonly Answer[] = [];
const aws = await serve((response, { url }) => {
  const plain = url.startsWith('/agents/') ? stream(chunk('Hi')) : json({ result: 'Hi' });
  return (answers[Math.min(aws.received.length, answers.length) - 1] ?? plain)(response);
});
beforeEach(() => void aws.received.splice(0));

const stream =
  (...frames: readonly Buffer[]): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
    response.end(Buffer.concat(frames));
  };
const json =
  (body: unknown): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
const sse =
  (...events: readonly unknown[]): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(events.map((each) => `data: ${JSON.stringify(each)}\n\n`).join(''));
  };
const refuse =
  (status: number, message = 'No.', name?: string): Answer =>
  (response) => {
    const type = { 'content-type': 'application/json', ...(name !== undefined && { 'x-amzn-errortype': name }) };
    response.writeHead(status, type).end(JSON.stringify({ message }));
  };

const delta = (text: string) => ({ event: { contentBlockDelta: { delta: { text } } } });
const metadata = (inputTokens: number, outputTokens: number) => ({
  event: { metadata: { usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens } } },
});
const message = (text: string) => ({ message: { role: 'assistant', content: [{ text }] } });
const usage = (prompt_tokens: number, completion_tokens: number) => ({
  usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
});
const trace = (of: string, inner: object) => event('trace', { trace: { [of]: inner } });
const invocation = (inputTokens: number, outputTokens: number) => ({
  modelInvocationOutput: { metadata: { usage: { inputTokens, outputTokens } } },
});
const parts = [
  { type: 'text' as const, text: 'hello ' },
  { type: 'text' as const, text: 'agent' },
];

const sessionHeader = 'x-amzn-bedrock-agentcore-runtime-session-id';
const longId = 'litellm-test-session-id-12345678901234567890';
const user = (content: string | typeof parts) => [{ role: 'user' as const, content }];

const agentcoreRequests: readonly Case[] = [
  {
    case: 1,
    about: 'the ARN is one segment of the path',
    sent: ({ path }) => expect(path).toBe(`/runtimes/${encodeURIComponent(runtimeArn)}/invocations`),
  },
  { case: 2, about: 'no qualifier, no query', sent: ({ path }) => expect(path).not.toContain('?') },
  {
    case: 2,
    about: 'a qualifier is a query',
    given: { qualifier: 'DEFAULT' },
    sent: ({ path }) => expect(path).toMatch(/\?qualifier=DEFAULT$/),
  },
  {
    case: 3,
    about: 'a session is a header and not in the body',
    given: { runtimeSessionId: longId },
    sent: ({ headers, body }) => expect([headers[sessionHeader], body]).toEqual([longId, { prompt: 'hello agent' }]),
  },
  {
    case: 4,
    about: 'a session of its own where none is given',
    better: 'the id is handed back; it begins with `session-`, without LiteLLM’s name',
    sent: ({ headers }) => expect(headers[sessionHeader]).toMatch(/^session-[0-9a-f-]{36}$/),
  },
  {
    case: 5,
    about: 'a user is a header',
    given: { runtimeUserId: 'test-user-123' },
    sent: ({ headers }) => expect(headers['x-amzn-bedrock-agentcore-runtime-user-id']).toBe('test-user-123'),
  },
  {
    case: 5,
    about: 'no user, no header',
    sent: ({ headers }) => expect(headers).not.toHaveProperty('x-amzn-bedrock-agentcore-runtime-user-id'),
  },
  {
    case: 7,
    about: 'SigV4 for bedrock-agentcore, the session signed',
    sent: ({ headers }) => {
      expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 .*\/us-west-2\/bedrock-agentcore\/aws4_request/);
      expect(headers.authorization).toContain(sessionHeader);
    },
  },
  {
    case: 8,
    about: 'both kinds of answer are accepted',
    sent: ({ headers }) => expect(headers.accept).toBe('application/json, text/event-stream'),
  },
  { case: 9, about: 'a text is the prompt', sent: ({ body }) => expect(body).toEqual({ prompt: 'hello agent' }) },
  {
    case: 10,
    about: 'parts of text are one prompt',
    given: { messages: user(parts) },
    sent: ({ body }) => expect(body).toEqual({ prompt: 'hello agent' }),
  },
  {
    case: 16,
    about: 'a conversation',
    better: 'it travels whole, the earlier turns before what is new',
    given: { messages: [...user('one'), { role: 'assistant', content: 'two' }, ...user('three')] },
    sent: ({ body }) => expect(body['prompt']).toMatch(/one[^]*two[^]*three$/),
  },
  {
    case: 17,
    about: 'temperature',
    given: { temperature: 0.5 },
    error: { name: 'UnsupportedParamsError', status: 400, message: expect.stringContaining('`temperature`') as string },
  },
  {
    case: 17,
    about: 'temperature with drop_params, and what never raises',
    given: {
      temperature: 0.5,
      drop_params: true,
      n: 1,
      user: 'u',
      stream_options: { include_usage: true },
      max_retries: 1,
    },
    sent: ({ body }) => expect(body).toEqual({ prompt: 'hello agent' }),
  },
  {
    case: 18,
    about: 'extra_body is merged into the payload',
    given: { extra_body: { k: 1 } },
    sent: ({ body }) => expect(body).toEqual({ prompt: 'hello agent', k: 1 }),
  },
  {
    case: 19,
    about: 'aws_bedrock_runtime_endpoint replaces the host',
    better: 'so does api_base, by which every row here reaches its server',
    given: { api_base: null, aws_bedrock_runtime_endpoint: aws.url },
    content: 'Hi',
  },
  ...['bedrock/agentcore', 'bedrock/agentcore/not-an-arn'].map((model) => ({
    case: 20,
    about: model,
    better: 'the request is wrong, not the connection',
    given: { model },
    error: { name: 'BadRequestError', status: 400, param: 'model' },
  })),
];

const agentcoreAnswers: readonly Case[] = [
  {
    case: 21,
    about: 'result with content',
    answers: [json({ result: { role: 'assistant', content: [{ text: 'Hello' }] } })],
    content: 'Hello',
    answer: { choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant' } }] },
  },
  {
    case: 22,
    about: 'response with texts',
    answers: [json({ response: [{ text: 'a, ' }, { text: 'b' }] })],
    content: 'a, b',
  },
  { case: 23, about: 'result is a text', answers: [json({ result: 't' })], content: 't' },
  { case: 24, about: 'response is a text', answers: [json({ response: 't' })], content: 't' },
  {
    case: 25,
    about: 'an unknown object is shown as JSON',
    better: 'as the agent wrote it, not in Python’s spacing',
    answers: [json('{"custom_key":"custom_value",  "data":[1,2,3]}')],
    content: '{"custom_key":"custom_value",  "data":[1,2,3]}',
  },
  {
    case: 26,
    about: 'a list of texts',
    better: 'as the design’s table of answers has it: its text, where LiteLLM shows the JSON',
    answers: [json([{ text: 'array response' }])],
    content: 'array response',
  },
  { case: 27, about: 'no content is no text', answers: [json({ result: { content: [] } })], content: '' },
  {
    case: 31,
    about: 'a plain JSON-RPC result',
    answers: [json({ jsonrpc: '2.0', result: 'plain' })],
    content: 'plain',
  },
  {
    case: 32,
    about: 'usage that nobody reported is estimated',
    better: 'and marked as such',
    answers: [json({ result: 'Hello' })],
    answer: {
      usage: { prompt_tokens: expect.closeTo(3, -1) as number, completion_tokens: expect.closeTo(2, -1) as number },
      _hidden_params: { usage_estimated: true },
    },
  },
  { case: 33, about: 'output', better: 'is understood', answers: [json({ output: 'Hello' })], content: 'Hello' },
  { case: 34, about: 'a JSON string', better: 'without its quotes', answers: [json('"hi"')], content: 'hi' },
  {
    case: 35,
    about: 'deltas, usage and the message are one answer',
    answers: [sse(delta('Hello '), delta('from SSE'), metadata(10, 5), message('Hello from SSE'))],
    content: 'Hello from SSE',
    answer: usage(10, 5),
  },
  {
    case: 36,
    about: 'deltas alone',
    answers: [sse(delta('First '), delta('second '), delta('third'))],
    content: 'First second third',
  },
  {
    case: 37,
    about: 'deltas with usage',
    answers: [sse(delta('First '), delta('second'), metadata(20, 10))],
    content: 'First second',
    answer: { ...usage(20, 10), choices: [{ finish_reason: 'stop' }] },
  },
  { case: 38, about: 'strings', better: 'are the text', answers: [sse('Hel', 'lo')], content: 'Hello' },
  {
    case: 39,
    about: 'two messages',
    better: 'the text of all',
    answers: [sse(message('Let me see.'), message('It is sunny.'))],
    content: 'Let me see.\n\nIt is sunny.',
  },
  {
    case: 40,
    about: 'a JSON answer to a stream',
    answers: [json({ result: 'Hello' })],
    given: { stream: true },
    content: 'Hello',
  },
  {
    case: 46,
    about: 'an error in the stream',
    better: 'is raised',
    answers: [sse(delta('Hel'), { error: 'boom' })],
    error: { name: 'BadGatewayError' },
  },
  {
    case: 47,
    about: 'a refused stream',
    given: { stream: true },
    answers: [refuse(403, 'No.', 'AccessDeniedException')],
    error: { name: 'PermissionDeniedError', status: 403 },
  },
];

const agentRequests: readonly Case[] = [
  {
    case: 48,
    about: 'the path',
    given: { sessionID: 's-1' },
    sent: ({ path }) => expect(path).toBe('/agents/L1RT58GYRW/agentAliases/MFPSBCXYTW/sessions/s-1/text'),
  },
  {
    case: 49,
    about: 'a session of its own where none is given',
    better: 'the id is handed back',
    sent: ({ path }) => expect(path).toMatch(/\/sessions\/session-[0-9a-f-]{36}\/text$/),
  },
  {
    case: 50,
    about: 'an invocation id',
    better: 'in sessionState, where InvokeAgent reads it',
    given: { invocationId: 'my-test-invocation-id' },
    sent: ({ body }) => {
      expect(body).toEqual({
        inputText: 'hello agent',
        enableTrace: true,
        sessionState: { invocationId: 'my-test-invocation-id' },
      });
    },
  },
  {
    case: 51,
    about: 'fields of InvokeAgent',
    given: { enableTrace: false, sessionState: { sessionAttributes: { a: 'b' } }, memoryId: 'm1', endSession: true },
    sent: ({ body, headers }) => {
      expect(body).toMatchObject({
        enableTrace: false,
        sessionState: { sessionAttributes: { a: 'b' } },
        endSession: true,
      });
      expect(JSON.stringify([body, headers])).toContain('m1');
    },
  },
  {
    case: 52,
    about: 'credentials',
    better: 'are not in the body',
    sent: ({ body }) => expect(Object.keys(body).filter((name) => name.startsWith('aws_'))).toEqual([]),
  },
  {
    case: 53,
    about: 'SigV4 for bedrock',
    sent: ({ headers }) => expect(headers.authorization).toMatch(/\/us-west-2\/bedrock\/aws4_request/),
  },
  { case: 54, about: 'api_base replaces the host', content: 'Hi' },
  ...['bedrock/agent/a', 'bedrock/agent/a/b/c'].map((model) => ({
    case: 55,
    about: model,
    better: 'a BadRequestError',
    given: { model },
    error: { name: 'BadRequestError', param: 'model' },
  })),
];

const agentAnswers: readonly Case[] = [
  { case: 56, about: 'chunks are one text', answers: [stream(chunk('Hel'), chunk('lo'))], content: 'Hello' },
  {
    case: 57,
    about: 'the model',
    better: 'is the one that was asked for, never null; the foundation model has a place of its own',
    answers: [
      stream(
        trace('orchestrationTrace', { modelInvocationInput: { foundationModel: 'X' } }),
        trace('orchestrationTrace', invocation(1, 1)),
        chunk('Hi'),
      ),
    ],
    answer: { model: agentModel, _hidden_params: { foundation_model: 'X' } },
  },
  { case: 57, about: 'the model where no trace tells', better: 'not null', answer: { model: agentModel } },
  {
    case: 58,
    about: 'usage',
    better: 'is the sum over every kind of trace',
    answers: [
      stream(
        trace('preProcessingTrace', invocation(10, 5)),
        trace('preProcessingTrace', invocation(10, 5)),
        trace('orchestrationTrace', invocation(100, 50)),
        chunk('Hi'),
      ),
    ],
    answer: usage(120, 60),
  },
  {
    case: 59,
    about: 'an exception in the stream',
    better: 'is raised',
    answers: [stream(chunk('Hel'), exception('throttlingException', 'Slow down.'))],
    error: { name: 'RateLimitError', status: 429 },
  },
  {
    case: 60,
    about: 'returned control',
    better: 'is a tool call',
    answers: [
      stream(
        event('returnControl', {
          invocationId: 'i-1',
          invocationInputs: [{ functionInvocationInput: { actionGroup: 'g', function: 'add', parameters: [] } }],
        }),
      ),
    ],
    answer: { choices: [{ finish_reason: 'tool_calls', message: { tool_calls: [{ function: { name: 'add' } }] } }] },
  },
  {
    case: 62,
    about: 'a stream',
    better: 'streams',
    given: { stream: true },
    answers: [stream(chunk('Hel'), chunk('lo'))],
    sent: ({ body }) => expect(body).toMatchObject({ streamingConfigurations: { streamFinalResponse: true } }),
    content: 'Hello',
  },
];

const statuses: readonly (readonly [number, string, number, better?: string])[] = [
  [400, 'BadRequestError', 400],
  [401, 'AuthenticationError', 401],
  [403, 'PermissionDeniedError', 403],
  [404, 'NotFoundError', 404],
  [408, 'Timeout', 408],
  [422, 'UnprocessableEntityError', 422, 'OpenAI’s class'],
  [429, 'RateLimitError', 429],
  [500, 'InternalServerError', 500, 'OpenAI’s class'],
  [502, 'BadGatewayError', 502],
  [503, 'ServiceUnavailableError', 503],
  [504, 'Timeout', 504],
  [402, 'RateLimitError', 429, 'a quota'],
  [409, 'ConflictError', 409, 'OpenAI’s class'],
  [424, 'BadGatewayError', 502, 'what stands behind AWS failed'],
];

const failures: readonly Case[] = [
  ...statuses.map(([status, name, seen, better]) => ({
    case: 64,
    about: String(status),
    ...(better !== undefined && { better: `${better}: the design's table` }),
    answers: [refuse(status)],
    error: { name, status: seen },
  })),
  {
    case: 65,
    about: 'a prompt that is too long',
    answers: [refuse(400, 'prompt is too long: 9 tokens', 'ValidationException')],
    error: { name: 'ContextWindowExceededError', status: 400 },
  },
  {
    case: 66,
    about: 'an invalid token',
    answers: [refuse(403, 'The security token included in the request is invalid', 'UnrecognizedClientException')],
    error: { name: 'AuthenticationError', status: 401 },
  },
  {
    case: 67,
    about: 'ThrottlingException with any status',
    better: 'by its name, not by a word in a text',
    answers: [refuse(400, 'Slow down.', 'ThrottlingException')],
    error: { name: 'RateLimitError', status: 429 },
  },
  {
    case: 69,
    about: 'who an error is from',
    better: 'the whole model string; the class is the name, and the message what happened',
    answers: [refuse(403)],
    error: { llm_provider: 'bedrock', model: agentModel },
  },
  {
    case: 71,
    about: 'num_retries',
    given: { num_retries: 2 },
    answers: [refuse(503), refuse(503), stream(chunk('Hi'))],
    sent: (_, all) => expect(all).toHaveLength(3),
    content: 'Hi',
    answer: { _hidden_params: { attempted_retries: 2 } },
  },
  {
    case: 72,
    about: 'fallbacks',
    given: { fallbacks: ['bedrock/agent/M2/LIVE'] },
    answers: [refuse(500), stream(chunk('m2'))],
    content: 'm2',
    answer: { model: 'bedrock/agent/M2/LIVE' },
  },
];

const mocks: readonly Case[] = [
  { case: 70, about: 'mock_response', given: { mock_response: 'hi' }, sent: nothing, content: 'hi' },
  {
    case: 70,
    about: 'mock_response, streamed',
    given: { mock_response: 'hi', stream: true },
    sent: nothing,
    content: 'hi',
  },
];

function nothing(_: unknown, all: readonly Sent[]): void {
  expect(all).toEqual([]);
}

const tables: readonly (readonly [string, string, readonly Case[]])[] = [
  ['requests to AgentCore', runtimeModel, agentcoreRequests],
  ['answers of AgentCore', runtimeModel, agentcoreAnswers],
  ['requests to agents', agentModel, agentRequests],
  ['answers of agents', agentModel, agentAnswers],
  ['errors and retries', agentModel, failures],
  ['mocks', agentModel, mocks],
];

describe.each(tables)('%s', (_, model, cases) => {
  it.each(cases.map((row) => [row.case, row.about, row.better ? `BETTER: ${row.better}` : '', row] as const))(
    'case %i: %s %s',
    async (_number, _about, _better, row) => {
      answers = row.answers ?? [];
      const base = { ...reach(aws.url), aws_region_name: 'us-west-2', model, messages: user('hello agent') };
      vi.spyOn(Math, 'random').mockReturnValue(0.01);
      const asked = ask({ ...base, ...row.given });
      if (row.error) await expect(asked).rejects.toMatchObject(row.error);
      else {
        const answer = await asked;
        if (row.content !== undefined) expect(answer.choices[0]?.message.content).toBe(row.content);
        expect(answer).toMatchObject(row.answer ?? {});
      }
      vi.restoreAllMocks();
      const all = aws.received.map(toSent);
      row.sent?.(all[0] ?? { path: '', headers: {}, body: {} }, all);
    },
  );
});

describe('the router', () => {
  it('case 78: of two rows of one name the second serves when the first fails, which rests for 5 seconds', async () => {
    const models = ['bedrock/agent/M1/LIVE', 'bedrock/agent/M2/LIVE'];
    const model_list = models.map((model, order) => {
      return { model_name: 'alias', litellm_params: { ...reach(aws.url), model, order } };
    });
    const router = createRouter({ model_list });
    answers = [refuse(500), stream(chunk('Hi'))];
    const now = Date.now();
    const asking = { model: 'alias', messages: user('hello agent') };
    expect((await router.completion(asking)).choices[0]?.message.content).toBe('Hi');
    await router.completion(asking);
    vi.spyOn(Date, 'now').mockReturnValue(now + 5500);
    await router.completion(asking);
    vi.restoreAllMocks();
    const paths = aws.received.map(({ url }) => /agents\/(M\d)/.exec(url)?.[1]);
    expect(paths).toEqual(['M1', 'M2', 'M2', 'M1']);
  });

  it('case 42: chunks have one id, one role, one finish, and usage when it is asked for', async () => {
    answers = [sse(delta('Hel'), delta('lo'), metadata(10, 5), message('Hello'))];
    const asking = { ...reach(aws.url), model: runtimeModel, messages: user('hello agent'), stream: true as const };
    const read = async (parameters: object) => {
      const chunks = [];
      for await (const each of await completion({ ...asking, ...parameters })) chunks.push(each);
      return chunks;
    };
    const chunks = await read({ stream_options: { include_usage: true } });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks.map(({ choices }) => choices[0]?.delta.role).filter(Boolean)).toEqual(['assistant']);
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason).filter(Boolean)).toEqual(['stop']);
    expect(chunks.filter((each) => each.usage !== undefined)).toEqual([chunks.at(-1)]);
    expect((await read({})).filter((each) => each.usage !== undefined)).toEqual([]);
  });
});

it('every case has its place', () => {
  expect(Object.keys(elsewhere).filter((path) => !existsSync(resolve(import.meta.dirname, '..', path)))).toEqual([]);
  const shown = tables.flatMap(([, , cases]) => cases.map((row) => row.case));
  const all = new Set([...shown, 42, 78, ...Object.values(elsewhere).flat()]);
  expect(Array.from({ length: 81 }, (_, index) => index + 1).filter((number) => !all.has(number))).toEqual([]);
});

async function ask(parameters: CompletionParameters) {
  if (!parameters.stream) return completion({ ...parameters, stream: false });
  return (await completion({ ...parameters, stream: true })).finalChatCompletion();
}

function toSent({ url, headers, body }: Received): Sent {
  return { path: url, headers, body: JSON.parse(body) as Sent['body'] };
}
