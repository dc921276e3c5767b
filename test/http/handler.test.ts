import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createHandler, type Handler, type HandlerOptions } from '../../src/fetch.ts';
import {
  type Agent,
  APIConnectionError,
  type AgentEvent,
  type AgentRequest,
  AuthenticationError,
  BadGatewayError,
  type ChatCompletion,
  type ChatCompletionChunk,
  type Completion,
  ConflictError,
  ContextWindowExceededError,
  createCompletion,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  ServiceUnavailableError,
  Timeout,
  UnprocessableEntityError,
} from '../../src/index.ts';

type Batch = readonly AgentEvent[];

const text = (said: string): AgentEvent => ({ type: 'text', text: said });
const finish: AgentEvent = { type: 'finish', reason: 'stop' };
const hello: readonly Batch[] = [
  [text('Hel'), text('lo')],
  [text('!'), finish],
];

interface Told {
  /** What the agent was asked, latest last. */
  readonly requests: AgentRequest[];
  readonly models: string[];
  /** How many batches were taken of it, and whether its reader left. */
  taken: number;
  left: boolean;
}

/** An agent that answers with these batches, or does what `answer` does. */
function agentOf(answer: readonly Batch[] | (() => AsyncIterable<Batch>), about = {}): { agent: Agent; told: Told } {
  const told: Told = { requests: [], models: [], taken: 0, left: false };
  const agent: Agent = async (request) => {
    told.requests.push(request);
    request.signal?.addEventListener('abort', () => (told.left = true));
    await Promise.resolve();
    const source = typeof answer === 'function' ? answer() : from(answer);
    return { sessionId: 'session-1', about: {}, ...about, events: count(source) };
  };
  async function* count(source: AsyncIterable<Batch>): AsyncGenerator<Batch> {
    for await (const batch of source) {
      told.taken++;
      yield batch;
    }
  }
  return { agent, told };
}

async function* from<T>(values: readonly T[]): AsyncGenerator<T> {
  await Promise.resolve();
  yield* values;
}

function handlerOf(agent: Agent, options: Partial<HandlerOptions> = {}, told?: Told): Handler {
  const completion = createCompletion((model) => {
    told?.models.push(model);
    return agent;
  });
  return createHandler({ completion, ...options });
}

const messages = [{ role: 'user', content: 'Hi' }];
const body = { model: 'some/agent', messages };

function post(json: unknown, init: RequestInit & { readonly path?: string } = {}): Request {
  const { path = '/v1/chat/completions', headers, ...rest } = init;
  return new Request(`http://host${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(headers as Record<string, string> | undefined) },
    body: typeof json === 'string' ? json : JSON.stringify(json),
    ...rest,
  });
}

async function errorOf(response: Response): Promise<{ message: string; type: string; param: unknown; code: unknown }> {
  const told = (await response.json()) as { error: { message: string; type: string; param: unknown; code: unknown } };
  expect(Object.keys(told)).toEqual(['error']);
  expect(Object.keys(told.error)).toEqual(['message', 'type', 'param', 'code']);
  return told.error;
}

describe('a whole answer', () => {
  it('is the completion as JSON', async () => {
    const { agent } = agentOf(hello);
    const response = await handlerOf(agent)(post(body));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    const told = (await response.json()) as ChatCompletion;
    const own = await createCompletion(() => agent)({ ...body, messages: [{ role: 'user', content: 'Hi' }] });
    expect(told).toEqual({ ...(JSON.parse(JSON.stringify(own)) as object), id: told.id, created: told.created });
    expect(told.choices[0]?.message.content).toBe('Hello!');
  });

  it.each(['/v1/chat/completions', '/chat/completions', '/any/where/v1/chat/completions', '/v1/chat/completions/?a=b'])(
    'is given at %s',
    async (path) => {
      const { agent, told } = agentOf(hello);
      expect((await handlerOf(agent, {}, told)(post(body, { path }))).status).toBe(200);
      expect(told.models).toEqual(['some/agent']);
    },
  );

  it.each([
    ['support', 'support'],
    ['bedrock%2Fagent%2FA%2FB', 'bedrock/agent/A/B'],
    ['bedrock/agent/A/B', 'bedrock/agent/A/B'],
    ['100%', '100%'],
  ])("is given at Azure's path, where the deployment %s is the model", async (deployment, model) => {
    const { agent, told } = agentOf(hello);
    const path = `/openai/deployments/${deployment}/chat/completions?api-version=2024-10-21`;
    expect((await handlerOf(agent, {}, told)(post({ messages }, { path }))).status).toBe(200);
    expect((await handlerOf(agent, {}, told)(post({ ...body, model: 'other' }, { path }))).status).toBe(200);
    expect(told.models).toEqual([model, model]);
  });
});

describe('a streamed answer', () => {
  it('is what JSON.stringify makes of each chunk, and [DONE]', async () => {
    const { agent } = agentOf(hello);
    const streamed = { ...body, stream: true as const, stream_options: { include_usage: true } };
    const response = await handlerOf(agent)(post(streamed));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = (await response.text()).split('\n\n');
    expect(events.splice(-2)).toEqual(['data: [DONE]', '']);
    const chunks = events.map((event) => JSON.parse(event.replace(/^data: /, '')) as ChatCompletionChunk);
    expect(events).toEqual(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}`));
    const own: ChatCompletionChunk[] = [];
    for await (const chunk of await createCompletion(() => agent)({
      ...streamed,
      messages: [{ role: 'user', content: 'Hi' }],
    })) {
      own.push(chunk);
    }
    const { id, created } = chunks[0] ?? expect.unreachable('no chunk');
    expect(events).toEqual(own.map((chunk) => `data: ${JSON.stringify({ ...chunk, id, created })}`));
    expect(own.at(-1)?.usage).toBeDefined();
  });

  it('is one write for what one read brought', async () => {
    const { agent } = agentOf(hello);
    const response = await handlerOf(agent)(post({ ...body, stream: true }));
    const writes: number[] = [];
    for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
      writes.push(new TextDecoder().decode(bytes).split('\n\n').length - 1);
    }
    expect(writes).toEqual([2, 2, 1]);
  });

  it('takes nothing of the agent that nobody pulls', async () => {
    const { agent, told } = agentOf(Array.from({ length: 100 }, () => [text('more')]));
    const response = await handlerOf(agent)(post({ ...body, stream: true }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(told.taken).toBe(0);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.read();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(told.taken).toBe(2);
    await reader?.cancel();
  });

  it('has its status before its first byte: what fails first is a plain error', async () => {
    const failing: Agent = () => Promise.reject(new PermissionDeniedError('No.'));
    const response = await handlerOf(failing)(post({ ...body, stream: true }));
    expect(response.status).toBe(403);
    expect(response.headers.get('content-type')).toBe('application/json');
  });

  it('that breaks off ends in the error, and not in [DONE]', async () => {
    const failure = new BadGatewayError('The answer was cut short.', { code: 'cut' });
    const errors: unknown[] = [];
    const { agent } = agentOf(async function* () {
      yield* from([[text('Hel')]]);
      throw failure;
    });
    const response = await handlerOf(agent, { onError: (error) => errors.push(error) })(
      post({ ...body, stream: true }),
    );
    const events = (await response.text()).split('\n\n');
    expect(events).toHaveLength(3);
    expect(events[1]).toBe(
      'data: {"error":{"message":"The answer was cut short.","type":"server_error","param":null,"code":"cut"}}',
    );
    expect(errors).toMatchObject([{ name: 'BadGatewayError', code: 'cut' }]);
  });

  it.each(['cancelled', 'aborted'])('whose reader has %s ends the agent at once', async (how) => {
    const { agent, told } = agentOf(async function* () {
      yield* from([[text('Hel')]]);
      await new Promise(() => undefined);
    });
    const errors: unknown[] = [];
    const controller = new AbortController();
    const handler = handlerOf(agent, { onError: (error) => errors.push(error) });
    const response = await handler(post({ ...body, stream: true }, { signal: controller.signal }));
    const reader = response.body?.getReader();
    await reader?.read();
    expect(told.left).toBe(false);
    if (how === 'aborted') controller.abort();
    else void reader?.cancel();
    expect(told.left).toBe(true);
    expect(errors).toEqual([]);
  });

  it('breaks off with the reason of its reader', async () => {
    const controller = new AbortController();
    const { agent } = agentOf(async function* () {
      yield* from([[text('Hel')]]);
      controller.abort(new TypeError('enough'));
      yield [text('lo')];
    });
    const response = await handlerOf(agent)(post({ ...body, stream: true }, { signal: controller.signal }));
    const reader = response.body?.getReader();
    await reader?.read();
    await expect(reader?.read()).rejects.toThrow(new TypeError('enough'));
  });

  // Node aborts a request's signal only as long as somebody holds the request.
  it('hears its reader leave when only its body is held', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { agent, told } = agentOf(Array.from({ length: 100 }, () => [text('more')]));
    const controller = new AbortController();
    const handler = handlerOf(agent);
    const { body: stream } = await handler(post({ ...body, stream: true }, { signal: controller.signal }));
    const reader = stream?.getReader();
    await reader?.read();
    for (let round = 0; round < 3; round++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      collect();
    }
    controller.abort();
    expect(told.left).toBe(true);
    await expect(reader?.read()).rejects.toThrow();
  });
});

describe('an error', () => {
  it.each([
    [new AuthenticationError('m'), 401, 'authentication_error', 'false'],
    [new PermissionDeniedError('m'), 403, 'permission_error', 'false'],
    [new NotFoundError('m'), 404, 'invalid_request_error', 'false'],
    [new Timeout('m'), 408, 'timeout_error', 'false'],
    [new ConflictError('m'), 409, 'invalid_request_error', 'false'],
    [new ConflictError('m', { retryable: true }), 409, 'invalid_request_error', 'true'],
    [new ContextWindowExceededError('m'), 400, 'invalid_request_error', 'false'],
    [new UnprocessableEntityError('m'), 422, 'invalid_request_error', 'false'],
    [new RateLimitError('m'), 429, 'rate_limit_error', 'true'],
    [new RateLimitError('m', { retryable: false, code: 'insufficient_quota' }), 429, 'rate_limit_error', 'false'],
    [new InternalServerError('m'), 500, 'server_error', 'false'],
    [new APIConnectionError('m'), 500, 'api_connection_error', 'false'],
    [new APIConnectionError('m', { retryable: true }), 500, 'api_connection_error', 'true'],
    [new BadGatewayError('m'), 502, 'server_error', 'false'],
    [new ServiceUnavailableError('m'), 503, 'server_error', 'true'],
  ] as const)('%s has the status %i, and says whether to try again', async (error, status, type, retry) => {
    for (const stream of [false, true]) {
      const response = await handlerOf(() => Promise.reject(error))(post({ ...body, stream }));
      expect(response.status).toBe(status);
      expect(response.headers.get('x-should-retry')).toBe(retry);
      expect(await errorOf(response)).toEqual({ message: 'm', type, param: null, code: error.code });
    }
  });

  it("says when to come back, and AWS's request id", async () => {
    const error = new RateLimitError('Slow down.', { retry_after: 2.3, request_id: 'aws-1' });
    const { headers } = await handlerOf(() => Promise.reject(error))(post(body));
    expect(headers.get('retry-after')).toBe('3');
    expect(headers.get('x-request-id')).toBe('aws-1');
  });

  it.each([0, 200, 399, 600, 1000, NaN])('with a status that is none of an error (%d) has 500', async (status) => {
    const error = new InternalServerError('m', { status });
    expect((await handlerOf(() => Promise.reject(error))(post(body))).status).toBe(500);
  });

  it('that nobody threw on purpose tells nothing', async () => {
    const errors: unknown[] = [];
    const bug = new RangeError('secret');
    const handler = handlerOf(() => Promise.reject(bug), { onError: (error) => errors.push(error) });
    const response = await handler(post(body));
    expect(response.status).toBe(500);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(JSON.stringify(await errorOf(response))).not.toContain('secret');
    expect(errors).toEqual([bug]);
  });

  it('of the parameters names them', async () => {
    const { agent, told } = agentOf(hello);
    const response = await handlerOf(agent)(post({ ...body, temperature: 'hot' }));
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ type: 'invalid_request_error', param: 'temperature' });
    expect((await errorOf(await handlerOf(agent)(post({ messages })))).param).toBe('model');
    expect((await errorOf(await handlerOf(agent)(post({ ...body, signal: {} })))).param).toBe('signal');
    expect(told.requests).toEqual([]);
  });

  it.each([
    ['GET', '/v1/chat/completions', 'POST'],
    ['POST', '/v1/models', 'GET'],
    ['DELETE', '/v1/models/some/agent', 'GET'],
  ])('is 405 for %s %s', async (method, path, allow) => {
    const response = await handlerOf(agentOf(hello).agent)(new Request(`http://host${path}`, { method }));
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe(allow);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect((await errorOf(response)).message).toContain(allow);
  });

  it.each(['/', '/v1', '/v1/embeddings', '/v1/responses', '/v1/chat', '/v1/chat/completions/chatcmpl-1'])(
    'is 404 for %s',
    async (path) => {
      const response = await handlerOf(agentOf(hello).agent)(post(body, { path }));
      expect(response.status).toBe(404);
      expect(response.headers.get('x-should-retry')).toBe('false');
      expect((await errorOf(response)).message).toContain('/v1/chat/completions');
    },
  );
});

describe('a body', () => {
  it.each([
    ['no JSON', '{"model": "secret'],
    ['empty', ''],
    ['a list', '[]'],
    ['a text', '"secret"'],
    ['null', 'null'],
  ])('that is %s is a 400', async (_, sent) => {
    const response = await handlerOf(agentOf(hello).agent)(post(sent));
    expect(response.status).toBe(400);
    const { message, type } = await errorOf(response);
    expect(type).toBe('invalid_request_error');
    expect(message).toContain('JSON');
    expect(message).not.toContain('secret');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'multipart/form-data; boundary=x'])(
    'of the type %s is a 400, so that no page of another origin can send one',
    async (type) => {
      const response = await handlerOf(agentOf(hello).agent)(post(body, { headers: { 'content-type': type } }));
      expect(response.status).toBe(400);
      expect((await errorOf(response)).message).toContain('application/json');
    },
  );

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset=UTF-8'])(
    'of the type %s is read',
    async (type) => {
      const response = await handlerOf(agentOf(hello).agent)(post(body, { headers: { 'content-type': type } }));
      expect(response.status).toBe(200);
    },
  );

  it('is read whatever its bytes come in', async () => {
    const said = 'naïve € 🙂';
    const bytes = new TextEncoder().encode(JSON.stringify({ ...body, messages: [{ role: 'user', content: said }] }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 8 }), async (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const parts = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        const { agent, told } = agentOf(hello);
        const init = { body: ReadableStream.from(parts), duplex: 'half' } as RequestInit;
        expect((await handlerOf(agent)(post('', init))).status).toBe(200);
        expect(told.requests[0]?.turns).toEqual([{ type: 'user', parts: [{ type: 'text', text: said }] }]);
      }),
      { numRuns: 30 },
    );
  });

  it('that is too large is a 413 as soon as it is, and is read no further', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1000;
        controller.enqueue(new Uint8Array(1000).fill(32));
      },
    });
    const handler = handlerOf(agentOf(hello).agent, { maxBodyBytes: 10_000 });
    const response = await handler(post('', { body: endless, duplex: 'half' }));
    expect(response.status).toBe(413);
    expect(sent).toBeLessThan(15_000);
    expect(await errorOf(response)).toMatchObject({ code: 'request_too_large', type: 'invalid_request_error' });
  });

  it('that says it is too large is a 413 before it has come', async () => {
    const never = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined) });
    const init = { body: never, duplex: 'half', headers: { 'content-length': '60000000' } } as RequestInit;
    expect((await handlerOf(agentOf(hello).agent)(post('', init))).status).toBe(413);
  });

  it('of just as many bytes is read', async () => {
    const sent = JSON.stringify(body);
    const { agent } = agentOf(hello);
    expect((await handlerOf(agent, { maxBodyBytes: sent.length })(post(sent))).status).toBe(200);
    expect((await handlerOf(agent, { maxBodyBytes: sent.length - 1 })(post(sent))).status).toBe(413);
  });
});

describe('the session', () => {
  async function sessionOf(headers: Record<string, string>, more: object = {}) {
    const { agent, told } = agentOf(hello);
    const response = await handlerOf(agent)(post({ ...body, ...more }, { headers }));
    expect(response.status).toBe(200);
    return told.requests[0]?.session;
  }

  it.each(['x-session-id', 'x-litellm-session-id', 'X-OpenWebUI-Chat-Id', 'X-Conversation-Id'])(
    'may come in the header %s',
    async (name) => {
      expect(await sessionOf({ [name]: 'chat 7' })).toMatchObject({ id: 'chat 7', exact: false });
    },
  );

  it.each([
    ['sessionId', { sessionId: 'mine' }],
    ['runtimeSessionId', { runtimeSessionId: 'mine' }],
    ['litellm_session_id', { litellm_session_id: 'mine' }],
    ['metadata.session_id', { metadata: { session_id: 'mine' } }],
  ])('of the body (%s) wins over a header', async (name, more) => {
    expect(await sessionOf({ 'x-session-id': 'chat 7' }, more)).toMatchObject({ id: 'mine', name });
  });

  it.each([
    ['nothing', {}],
    ['an empty header', { 'x-session-id': '' }],
    ['a placeholder that LibreChat could not fill', { 'x-conversation-id': '{{LIBRECHAT_BODY_CONVERSATIONID}}' }],
  ])('is a new one with %s', async (_, headers) => {
    expect(await sessionOf(headers)).toBeUndefined();
    expect(await sessionOf({ ...headers, 'x-openwebui-chat-id': 'chat' })).toMatchObject({ id: 'chat' });
  });

  it('is told with every answer', async () => {
    const { agent } = agentOf(hello);
    for (const stream of [false, true]) {
      const { headers } = await handlerOf(agent)(post({ ...body, stream }));
      expect(headers.get('x-session-id')).toBe('session-1');
    }
  });
});

describe('the headers of an answer', () => {
  it('name the call, the request and this package', async () => {
    const { agent } = agentOf(hello, { requestId: 'aws-7' });
    const { headers } = await handlerOf(agent)(post(body, { headers: { 'x-litellm-call-id': 'call-7' } }));
    expect(headers.get('x-request-id')).toBe('aws-7');
    expect(headers.get('x-litellm-call-id')).toBe('call-7');
    const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
    expect(headers.get('x-litellm-version')).toBe(manifest.version);
    expect(headers.get('x-litellm-response-duration-ms')).toMatch(/^\d+$/);
  });

  it('name a call that nobody named, an error too', async () => {
    const { agent } = agentOf(hello);
    const errors = [
      post('{'),
      post(body, { path: '/nowhere' }),
      new Request('http://host/v1/models', { method: 'PUT' }),
    ];
    for (const request of [post(body), post({ ...body, stream: true }), ...errors]) {
      const { headers } = await handlerOf(agent)(request);
      expect(headers.get('x-litellm-call-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get('x-request-id')).toBe(headers.get('x-litellm-call-id'));
    }
  });

  it('tell what it cost, where that is known', async () => {
    const usage: AgentEvent = { type: 'usage', inputTokens: 10, outputTokens: 5 };
    const { agent } = agentOf([[text('Hi'), usage, finish]]);
    const price = { input_cost_per_token: 0.001, output_cost_per_token: 0.002 };
    const handler = handlerOf(agent, { allowClient: Object.keys(price) });
    const costOf = async (json: object) => (await handler(post(json))).headers.get('x-litellm-response-cost');
    expect(await costOf({ ...body, ...price })).toBe('0.02');
    expect(await costOf(body)).toBeNull();
    expect(await costOf({ ...body, ...price, stream: true })).toBeNull();
  });

  it('tell what is known of its deployment and of tries before it', async () => {
    const known = { model_id: 'row-1', attempted_retries: 0, attempted_fallbacks: 1, litellm_call_id: 'theirs' };
    const own = createCompletion(() => agentOf(hello).agent);
    const completion = (async (parameters: Parameters<Completion>[0]) => {
      const told = await own(parameters);
      Object.assign(told._hidden_params, known);
      return told;
    }) as Completion;
    for (const stream of [false, true]) {
      const { headers } = await createHandler({ completion })(post({ ...body, stream }));
      expect(headers.get('x-litellm-model-id')).toBe('row-1');
      expect(headers.get('x-litellm-attempted-retries')).toBe('0');
      expect(headers.get('x-litellm-attempted-fallbacks')).toBe('1');
      expect(headers.get('x-litellm-call-id')).toBe('theirs');
    }
  });

  it('leave out what a header cannot hold', async () => {
    const { agent } = agentOf(hello, { sessionId: 'Zoë\n€' });
    const response = await handlerOf(agent)(post(body));
    expect(response.status).toBe(200);
    expect(response.headers.has('x-session-id')).toBe(false);
  });
});

describe('the models', () => {
  const models = ['support', 'bedrock/agent/A/B', 'a model: 100%'];
  const get = (path: string) => handlerOf(agentOf(hello).agent, { models })(new Request(`http://host${path}`));

  it.each(['/v1/models', '/models', '/api/v1/models/'])('are listed at %s', async (path) => {
    const { object, data } = (await (await get(path)).json()) as { object: string; data: { id: string }[] };
    expect(object).toBe('list');
    expect(data.map(({ id }) => id)).toEqual(models);
    expect(data[0]).toEqual({
      id: 'support',
      object: 'model',
      created: expect.any(Number) as number,
      owned_by: 'openai',
    });
  });

  it.each([
    ['support', 'support'],
    ['bedrock/agent/A/B', 'bedrock/agent/A/B'],
    ['bedrock%2Fagent%2FA%2FB', 'bedrock/agent/A/B'],
    [encodeURIComponent('a model: 100%'), 'a model: 100%'],
  ])('are found by %s', async (path, id) => {
    expect(await (await get(`/v1/models/${path}`)).json()).toMatchObject({ id, object: 'model' });
  });

  it('that do not exist are a 404', async () => {
    const response = await get('/v1/models/other');
    expect(response.status).toBe(404);
    expect(await errorOf(response)).toMatchObject({ code: 'model_not_found', param: 'model' });
  });
});

describe('a request whose client left before it was answered', () => {
  /** Leaves the first of these requests while the agent is at it, and then sends the second. */
  async function status(first: Request, second: Request, milliseconds = 0): Promise<number> {
    const controller = new AbortController();
    const { agent } = agentOf(hello);
    let calls = 0;
    const handler = handlerOf((request) => {
      if (++calls > 1) return agent(request);
      controller.abort();
      return Promise.reject(request.signal?.reason as Error);
    });
    await expect(handler(new Request(first, { signal: controller.signal }))).rejects.toThrow('aborted');
    const now = performance.now() + milliseconds;
    const clock = vi.spyOn(performance, 'now').mockReturnValue(now);
    const response = await handler(second).finally(() => clock.mockRestore());
    expect(calls).toBe(response.status === 200 ? 2 : 1);
    return response.status;
  }
  const tried = (count: number, more: object = {}, headers: object = {}) =>
    post({ ...body, ...more }, { headers: { 'x-stainless-retry-count': String(count), ...headers } });

  it('is not run again for a client that tries again by itself', async () => {
    expect(await status(tried(0), tried(1))).toBe(408);
    expect(await status(tried(1, { stream: true }), tried(2, { stream: true }))).toBe(408);
  });

  it.each([
    ['asked again by the app', tried(0)],
    ['another request', tried(1, { user: 'other' })],
    ["another caller's", tried(1, {}, { authorization: 'Bearer other' })],
    ['sent by a client that does not number its tries', post(body)],
  ])('is run when it is %s', async (_, second) => {
    expect(await status(tried(0), second)).toBe(200);
  });

  it('is run when a minute has passed', async () => {
    expect(await status(tried(0), tried(1), 59_000)).toBe(408);
    expect(await status(tried(0), tried(1), 61_000)).toBe(200);
  });
});

it('rejects only with the reason of a caller who left', async () => {
  const controller = new AbortController();
  const leaving: Agent = () => {
    controller.abort(new TypeError('gone'));
    return Promise.reject(new BadGatewayError('The connection was lost.'));
  };
  await expect(handlerOf(leaving)(post(body, { signal: controller.signal }))).rejects.toThrow(new TypeError('gone'));
});
