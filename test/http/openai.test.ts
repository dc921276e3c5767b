// OpenAI's own client, whose network is `createFetch()`.
import { APIUserAbortError, AzureOpenAI, OpenAI } from 'openai';
import { describe, expect, it } from 'vitest';
import { createFetch } from '../../src/fetch.ts';
import { awsException, type LocalAgent, type LocalBedrockOptions } from '../../src/local.ts';
import { agentModel, askForWeather, type Backstage, callingModels, models, startAgents } from '../support/agents.ts';
import { within } from '../support/loopback.ts';
import { reach } from '../support/models.ts';

async function start(options: LocalBedrockOptions = {}, client: Partial<ConstructorParameters<typeof OpenAI>[0]> = {}) {
  const backstage = await startAgents(options);
  return { backstage, client: new OpenAI({ fetch: backstage.fetch, apiKey: 'unused', ...client }) };
}

const say = (content: string) => [{ role: 'user' as const, content }];

describe.each(models)('%s', (model) => {
  it('answers whole', async () => {
    const { client } = await start();
    const { data, response } = await client.chat.completions.create({ model, messages: say('Hi') }).withResponse();
    expect(data.choices[0]?.message.content).toBe('You said: Hi');
    expect(data.choices[0]?.finish_reason).toBe('stop');
    expect(data.model).toBe(model);
    expect(data.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 });
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(response.headers.get('x-session-id')).toMatch(/^session-/);
  });

  it('streams while it is still answering', async () => {
    const { client, backstage } = await start();
    const stream = await client.chat.completions.create({
      model,
      messages: say('Slowly.'),
      stream: true,
      stream_options: { include_usage: true },
    });
    const texts: string[] = [];
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      const text = chunk.choices[0]?.delta.content;
      if (text) texts.push(text);
      // It goes on only when this has come.
      if (text === 'You said: ') backstage.goOn();
      usage = chunk.usage;
    }
    expect(texts).toEqual(['You said: ', 'Slowly.']);
    expect(usage).toMatchObject({ total_tokens: 7 });
  });

  it.each([
    ['breaks off', false],
    ['aborts', true],
  ])('is left at once by a reader who %s', async (_, abort) => {
    const { client, backstage } = await start();
    const controller = new AbortController();
    const { signal } = controller;
    const stream = await client.chat.completions.create({ model, messages: say('Slowly.'), stream: true }, { signal });
    for await (const chunk of stream) {
      expect(chunk.choices[0]?.delta.content).toBe('You said: ');
      if (!abort) break;
      controller.abort();
    }
    expect(await within(200, () => backstage.left)).toBe(true);
  });

  it('is left at once by a caller who aborts before it answers', async () => {
    const { client, backstage } = await start();
    const controller = new AbortController();
    const asked = client.chat.completions.create(
      { model, messages: say('Think first.') },
      { signal: controller.signal },
    );
    asked.catch(() => undefined);
    expect(await within(2000, () => backstage.calls === 1)).toBe(true);
    controller.abort();
    await expect(asked).rejects.toThrow(APIUserAbortError);
    expect(await within(200, () => backstage.left)).toBe(true);
    expect(backstage.calls).toBe(1);
  });

  it("accumulates in the client's own stream helper", async () => {
    const { client } = await start();
    const told = await client.chat.completions.stream({ model, messages: say('Hi') }).finalChatCompletion();
    expect(told.choices[0]?.message.content).toBe('You said: Hi');
  });
});

describe('the tool runner', () => {
  const tools = [
    {
      type: 'function' as const,
      function: {
        name: 'get_weather',
        description: 'The weather in a city.',
        parameters: { type: 'object', properties: { city: { type: 'string' } } },
        parse: (json: string) => JSON.parse(json) as { city: string },
        function: ({ city }: { city: string }) => `sunny in ${city}`,
      },
    },
  ];
  const messages = say(askForWeather);

  it.each(callingModels)('runs the loop of %s, whole', async (model) => {
    const { client, backstage } = await start();
    const run = client.chat.completions.runTools({ model, messages, tools });
    expect(await run.finalContent()).toBe('Told: sunny in Paris');
    expect(backstage.calls).toBe(2);
  });

  it.each(callingModels)('runs the loop of %s, streamed', async (model) => {
    const { client, backstage } = await start();
    const run = client.chat.completions.runTools({ model, messages, tools, stream: true });
    expect(await run.finalContent()).toBe('Told: sunny in Paris');
    expect(backstage.calls).toBe(2);
  });

  it('runs in a session that a header names', async () => {
    const sessions: string[] = [];
    const agent: LocalAgent = async function* ({ sessionId, sessionState }) {
      await Promise.resolve();
      sessions.push(sessionId);
      const call = { actionGroup: 'Weather', function: 'getWeather', parameters: [], actionInvocationType: 'RESULT' };
      if (sessionState['returnControlInvocationResults'] !== undefined) yield 'Done.';
      else yield { returnControl: { invocationId: 'i', invocationInputs: [{ functionInvocationInput: call }] } };
    };
    const { client } = await start(
      { agents: { 'SUPPORT/LIVE': agent } },
      { defaultHeaders: { 'X-OpenWebUI-Chat-Id': 'chat 7 of Zoë' } },
    );
    expect(await client.chat.completions.runTools({ model: agentModel, messages, tools }).finalContent()).toBe('Done.');
    expect(sessions).toHaveLength(2);
    expect(new Set(sessions).size).toBe(1);
  });
});

describe('what goes wrong', () => {
  const ask = (client: OpenAI, stream: boolean) =>
    client.chat.completions.create({ model: agentModel, messages: say('Hi'), stream }, { maxRetries: 0 });

  it.each([
    ['throttling', OpenAI.RateLimitError, 429],
    ['serviceQuotaExceeded', OpenAI.RateLimitError, 429],
    ['accessDenied', OpenAI.PermissionDeniedError, 403],
    ['validation', OpenAI.BadRequestError, 400],
    ['resourceNotFound', OpenAI.NotFoundError, 404],
    ['conflict', OpenAI.ConflictError, 409],
    ['internalServer', OpenAI.InternalServerError, 500],
    ['dependencyFailed', OpenAI.InternalServerError, 502],
    ['badGateway', OpenAI.InternalServerError, 502],
    ['modelNotReady', OpenAI.InternalServerError, 503],
  ] as const)("is the client's own error: %s", async (fault, type, status) => {
    const { client } = await start({ faults: { [fault]: 1 } });
    for (const stream of [false, true]) {
      const error: unknown = await ask(client, stream).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject({ status });
      expect((error as InstanceType<typeof OpenAI.APIError>).requestID).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('in the middle of a stream is an error there', async () => {
    const { client } = await start({ faults: { 'dependencyFailed@stream': 1 } });
    const stream = await client.chat.completions.create({ model: agentModel, messages: say('Hi'), stream: true });
    const texts: unknown[] = [];
    const read = async () => {
      for await (const chunk of stream) texts.push(chunk.choices[0]?.delta.content);
    };
    await expect(read()).rejects.toMatchObject({ code: 'DependencyFailedException', type: 'server_error' });
    expect(texts).toEqual(['You said: ']);
  });

  it('with the parameters is a bad request, and reaches nobody', async () => {
    const { client, backstage } = await start();
    const asked = client.chat.completions.create({ model: agentModel, messages: say('Hi'), temperature: 0.5 });
    await expect(asked).rejects.toMatchObject({ status: 400, code: 'unsupported_parameter' });
    await expect(client.embeddings.create({ model: agentModel, input: 'Hi' })).rejects.toThrow(OpenAI.NotFoundError);
    expect(backstage.calls).toBe(0);
  });

  it('with no agents in reach is an error with a status, too', async () => {
    const fetch = createFetch(reach('http://127.0.0.1:9'));
    const response = await fetch('http://any/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: agentModel, messages: say('Hi') }),
    });
    expect(response.status).toBe(500);
    expect(response.headers.get('x-should-retry')).toBe('true');
  });
});

describe('with its default `maxRetries`, the client', () => {
  /** Counts the calls for one request, which fails. */
  async function countCalls(options: LocalBedrockOptions, client: { timeout?: number } = {}): Promise<number> {
    let calls = 0;
    const started = await start({ ...options, onCall: () => calls++ }, client);
    const messages = say(client.timeout ? 'Think first.' : 'Hi');
    await expect(started.client.chat.completions.create({ model: agentModel, messages })).rejects.toThrow(
      OpenAI.APIError,
    );
    await within(200, () => calls > 0);
    return calls;
  }

  it.each([
    'internalServer',
    'dependencyFailed',
    'badGateway',
    'conflict',
    'reset',
    'truncate',
    'serviceQuotaExceeded',
  ])('asks once where the turn may have run, or another try is of no use: %s', async (fault) => {
    expect(await countCalls({ faults: { [fault]: 1 } })).toBe(1);
  });

  it('runs a turn once when it loses its patience and asks again', async () => {
    expect(await countCalls({}, { timeout: 300 })).toBe(1);
  });

  it.each(['throttling', 'modelNotReady'])('asks again where the turn cannot have run: %s', async (fault) => {
    expect(await countCalls({ faults: { [fault]: 1 } })).toBe(3);
  });

  it('gets its answer on a later try', async () => {
    let tries = 0;
    const busy: LocalAgent = async function* () {
      await Promise.resolve();
      if (++tries < 2) throw awsException('ThrottlingException', 'Slow down.');
      yield 'At last.';
    };
    const { client } = await start({ agents: { 'SUPPORT/LIVE': busy } });
    const { choices } = await client.chat.completions.create({ model: agentModel, messages: say('Hi') });
    expect(choices[0]?.message.content).toBe('At last.');
    expect(tries).toBe(2);
  });
});

describe('the defaults', () => {
  /** What the agent is sent when a request says `more`. */
  async function sent(defaults: object, more: object = {}): Promise<Record<string, unknown>> {
    let body: Record<string, unknown> = {};
    let session = '';
    const agent: LocalAgent = async function* (request) {
      await Promise.resolve();
      body = request.body;
      session = request.sessionId;
      yield 'ok';
    };
    const { url }: Backstage = await startAgents({ agents: { 'SUPPORT/LIVE': agent } });
    const client = new OpenAI({ apiKey: 'unused', fetch: createFetch({ ...reach(url), ...defaults }) });
    await client.chat.completions.create({ model: agentModel, messages: say('Hi'), ...more });
    return { ...body, session };
  }

  it('are parameters of every request', async () => {
    expect(await sent({ memoryId: 'memory', tier: 'gold' })).toMatchObject({
      memoryId: 'memory',
      sessionState: { promptSessionAttributes: { tier: 'gold' } },
    });
  });

  it("give way to a request's own, but not to null", async () => {
    expect(await sent({ memoryId: 'memory' }, { memoryId: 'other' })).toMatchObject({ memoryId: 'other' });
    expect(await sent({ memoryId: 'memory' }, { memoryId: null })).toMatchObject({ memoryId: 'memory' });
  });

  it('of a session give way to one of another name', async () => {
    expect(await sent({ sessionId: 'theirs' })).toMatchObject({ session: 'theirs' });
    expect(await sent({ sessionId: 'theirs' }, { litellm_session_id: 'mine' })).toMatchObject({ session: 'mine' });
  });

  it('may be a list of models, whose names the client asks for beside model strings', async () => {
    const { url } = await startAgents();
    const model_list = [{ model_name: 'support', litellm_params: { model: agentModel } }];
    const fetch = createFetch({ ...reach(url), model_list });
    const client = new OpenAI({ apiKey: 'unused', fetch, maxRetries: 0 });
    for (const model of ['support', agentModel]) {
      const { choices } = await client.chat.completions.create({ model, messages: say('Hi') });
      expect(choices[0]?.message.content).toBe('You said: Hi');
    }
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['support']);
    await expect(client.chat.completions.create({ model: 'other', messages: say('Hi') })).rejects.toThrow(/other/);
  });
});

describe('it does not matter', () => {
  it.each(['http://nowhere.invalid', 'http://nowhere.invalid/v1', 'https://nowhere.invalid/some/path/v1/'])(
    'what the base URL is: %s',
    async (baseURL) => {
      const { client } = await start({}, { baseURL });
      const { choices } = await client.chat.completions.create({ model: agentModel, messages: say('Hi') });
      expect(choices[0]?.message.content).toBe('You said: Hi');
      expect((await client.models.list()).data).toEqual([]);
    },
  );

  it("whether it is Azure's client", async () => {
    const { fetch } = await startAgents();
    const azure = { endpoint: 'https://nowhere.invalid', apiVersion: '2024-10-21', apiKey: 'unused' };
    const client = new AzureOpenAI({ ...azure, fetch });
    const { choices } = await client.chat.completions.create({ model: agentModel, messages: say('Hi') });
    expect(choices[0]?.message.content).toBe('You said: Hi');
  });
});
