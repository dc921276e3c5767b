import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  APIError,
  BadRequestError,
  type CompletionParameters,
  createCompletion,
  createRouter,
  type RouterModel,
} from '../../src/index.ts';
import { awsException, startLocalBedrock, type LocalAgent, type LocalAgentRequest } from '../../src/local.ts';
import { createFetch } from '../../src/fetch.ts';
import { createMemoryStore } from '../../src/policy/store.ts';
import { reach, runtimeArn } from '../support/models.ts';

/** What each agent does instead of answering with its name, and whoever was asked. */
let moods: Record<string, LocalAgent> = {};
let asked: LocalAgentRequest[] = [];
beforeEach(() => {
  moods = {};
  asked = [];
});
afterEach(() => vi.restoreAllMocks());

/* eslint-disable @typescript-eslint/require-await -- nothing to wait for here */
const agent = (name: string): LocalAgent =>
  async function* (request) {
    asked.push(request);
    const mood = moods[name];
    if (mood) yield* mood(request);
    else yield name;
  };
const names = ['A', 'B', 'C'];
const aws = await startLocalBedrock({
  agents: Object.fromEntries(names.map((name) => [`${name}/LIVE`, agent(name)])),
  runtimes: { [runtimeArn]: ({ sessionId }) => ({ result: sessionId }) },
});
afterAll(aws.close);

const fail = (name: string): LocalAgent =>
  async function* () {
    yield* [];
    throw awsException(name, 'No.');
  };

function row(name: string, parameters: object = {}, model_name = 'group'): RouterModel {
  const litellm_params = { model: `bedrock/agent/${name}/LIVE`, ...reach(aws.url), ...parameters };
  return { model_name, litellm_params, model_info: { id: name } };
}

type Options = Partial<Parameters<typeof createRouter>[0]>;

function start(options: Options = {}, rows = names.map((name) => row(name))) {
  const { completion } = createRouter({ model_list: rows, ...options });
  const messages = [{ role: 'user', content: 'Hi' }] as const;
  return (parameters: Partial<CompletionParameters> = {}) =>
    completion({ model: 'group', messages, ...parameters, stream: false });
}

type Ask = ReturnType<typeof start>;

async function failure(answer: Promise<unknown>): Promise<APIError> {
  const error: unknown = await answer.then(
    () => expect.unreachable('it was answered'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(APIError);
  return error as APIError;
}

const text = async (answer: ReturnType<Ask>) => (await answer).choices[0]?.message.content ?? '';

/** How often each deployment answered. */
async function count(ask: Ask, times: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let time = 0; time < times; time++) {
    const name = await text(ask());
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Chance that is the same each time. */
function seed(): void {
  let state = 7;
  vi.spyOn(Math, 'random').mockImplementation(() => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  });
}

describe('an answer', () => {
  it('is by the name that was asked for, and says which deployment it was', async () => {
    const { model, choices, _hidden_params } = await start()();
    expect(model).toBe('group');
    expect(_hidden_params).toMatchObject({ model_id: choices[0]?.message.content, attempted_retries: 0 });
  });

  it('streams', async () => {
    const { completion } = createRouter({ model_list: [row('A')] });
    const messages = [{ role: 'user', content: 'Hi' }] as const;
    const stream = await completion({ model: 'group', messages, stream: true });
    expect((await stream.finalChatCompletion()).choices[0]?.message.content).toBe('A');
    expect(stream._hidden_params.model_id).toBe('A');
  });

  it('comes through `agents`, too', async () => {
    const { agents } = createRouter({ model_list: [row('A')] });
    const turns = [{ type: 'user' as const, parts: [{ type: 'text' as const, text: 'Hi' }] }];
    const rest = { instructions: '', tools: [], settings: {}, dropUnsupported: false, parameters: {}, stream: false };
    const { about, events } = await agents('group')({ turns, ...rest });
    const all = [];
    for await (const batch of events) all.push(...batch);
    expect(about.deployment).toBe('A');
    expect(all).toContainEqual({ type: 'text', text: 'A' });
  });

  it('is made with the parameters of the deployment, where the call gives no others', async () => {
    const parameters = { tone: 'kind', topic: 'news', drop_params: true, input_cost_per_token: 1, max_tokens: 9 };
    const { _hidden_params } = await start({}, [row('A', parameters)])({ topic: 'weather', temperature: 0.5 });
    expect(asked[0]?.sessionState).toEqual({ promptSessionAttributes: { tone: 'kind', topic: 'weather' } });
    expect(_hidden_params.response_cost).toBeGreaterThan(0);
  });

  it('of a mock passes through the router', async () => {
    const { choices, _hidden_params } = await start()({ mock_response: 'mocked' });
    expect(choices[0]?.message.content).toBe('mocked');
    expect(names).toContain(_hidden_params.model_id);
    expect(await text(start({}, [row('A', { mock_response: 'by the row' })])())).toBe('by the row');
    expect(asked).toEqual([]);
  });

  it('is found by an alias and by a wildcard', async () => {
    const rows = [row('A'), { ...row('B', {}, '*'), model_info: { id: 'any' } }];
    const ask = start({ model_group_alias: { other: 'group', third: { model: 'group' } } }, rows);
    expect(await text(ask({ model: 'other' }))).toBe('A');
    expect(await text(ask({ model: 'third' }))).toBe('A');
    expect(await text(ask({ model: 'whatever' }))).toBe('B');
    const any = start({}, [{ model_name: '*', litellm_params: { ...reach(aws.url), model: '*' } }]);
    expect(await text(any({ model: 'bedrock/agent/C/LIVE' }))).toBe('C');
    expect(await failure(any({ model: 'gpt-4o' }))).toMatchObject({ name: 'BadRequestError', param: 'model' });
  });

  it('is a 400 for a name that is not in the list', async () => {
    const error = await failure(start()({ model: 'nobody' }));
    expect(error).toMatchObject({ status: 400, code: 'model_not_found', param: 'model' });
    expect(error.message).toContain('it has group');
  });
});

describe('simple-shuffle', () => {
  beforeEach(seed);

  it('shares calls alike', async () => {
    const counts = await count(start(), 300);
    for (const name of names) expect(counts[name]).toBeGreaterThan(75);
  });

  it.each(['weight', 'rpm', 'tpm'])('shares calls by %s', async (name) => {
    const counts = await count(start({}, [row('A', { [name]: 8 }), row('B', { [name]: 2 }), row('C')]), 300);
    expect(counts['A']).toBeGreaterThan(210);
    expect(counts['B']).toBeGreaterThan(30);
    expect(counts['C']).toBeUndefined();
  });

  it('asks a higher order only when no lower one can be asked', async () => {
    const ask = start({ num_retries: 2 }, [row('A', { order: 1 }), row('B', { order: 2 }), row('C', { order: 3 })]);
    expect(await count(ask, 10)).toEqual({ A: 10 });
    moods = { A: fail('ThrottlingException') };
    expect(await count(ask, 10)).toEqual({ B: 10 });
    moods['B'] = fail('ThrottlingException');
    expect(await count(ask, 10)).toEqual({ C: 10 });
  });

  it('asks nobody beyond rpm with enable_pre_call_checks, and says how long to wait', async () => {
    vi.spyOn(Date, 'now').mockReturnValue(1_800_000_050_000);
    const ask = start({ enable_pre_call_checks: true }, [row('A', { rpm: 2 }), row('B', { rpm: 3 })]);
    expect(await count(ask, 5)).toEqual({ A: 2, B: 3 });
    const error = await failure(ask());
    expect(error).toMatchObject({ name: 'RateLimitError', status: 429, retry_after: 10 });
    expect(error.message).toContain('Try again in 10 seconds');
    vi.spyOn(Date, 'now').mockReturnValue(1_800_000_061_000);
    expect(['A', 'B']).toContain(await text(ask()));
  });
});

describe('a failure', () => {
  it.each(['InternalServerException', 'ThrottlingException', 'ResourceNotFoundException', 'AccessDeniedException'])(
    '%s is answered by another deployment',
    async (name) => {
      moods = { A: fail(name) };
      const ask = start({}, [row('A', { order: 1 }), row('B', { order: 2 })]);
      const { choices, _hidden_params } = await ask();
      expect(choices[0]?.message.content).toBe('B');
      expect(_hidden_params).toMatchObject({ attempted_retries: 1, model_id: 'B' });
    },
  );

  it('of the request itself goes no further, and nobody rests for it', async () => {
    for (const name of names) moods[name] = fail('ValidationException');
    const ask = start();
    expect(await failure(ask())).toMatchObject({ name: 'BadRequestError' });
    expect(asked).toHaveLength(1);
    moods = {};
    expect(names).toContain(await text(ask()));
  });

  it('of all tells what was tried', async () => {
    for (const name of names) moods[name] = fail('InternalServerException');
    const error = await failure(start()());
    expect(error).toMatchObject({ name: 'InternalServerError', status: 500 });
    expect(error.attempts).toHaveLength(3);
    expect(new Set(error.attempts.map(({ model }) => model)).size).toBe(3);
    expect(error.message).toContain('Tried: bedrock/agent/');
  });

  it('is repeated as often as num_retries says, of the call or else of the row or else of the router', async () => {
    for (const name of names) moods[name] = fail('InternalServerException');
    const tries = async (answer: Promise<unknown>) => (await failure(answer)).attempts.length;
    const rows = names.map((name) => row(name, { num_retries: 1 }));
    const always = { disable_cooldowns: true };
    expect(await tries(start({ ...always, num_retries: 0 })())).toBe(1);
    expect(await tries(start({ ...always, num_retries: 0 }, rows)())).toBe(2);
    expect(await tries(start(always, rows)({ num_retries: 0 }))).toBe(1);
    expect(await tries(start({ ...always, retry_policy: { InternalServerErrorRetries: 0 } })())).toBe(1);
  });

  it('that may have run the turn is not repeated on the same deployment', async () => {
    moods = { A: fail('InternalServerException') };
    await failure(start({}, [row('A')])());
    expect(asked).toHaveLength(1);
    moods = { A: fail('ModelNotReadyException') };
    vi.spyOn(Math, 'random').mockReturnValue(0.01);
    await failure(start({}, [row('A')])());
    expect(asked).toHaveLength(4);
  });

  it('goes to the fallbacks of the group, else to the default ones', async () => {
    const rows = [row('A', {}, 'a'), row('B', {}, 'b'), row('C', {}, 'c')];
    moods = { A: fail('InternalServerException'), B: fail('InternalServerException') };
    const ask = start({ fallbacks: [{ a: ['b', 'c'] }], default_fallbacks: ['a', 'c'] }, rows);
    const response = await ask({ model: 'a' });
    expect([response.choices[0]?.message.content, response.model]).toEqual(['C', 'c']);
    expect(response._hidden_params).toMatchObject({ attempted_fallbacks: 2, model_id: 'C' });
    moods = { B: fail('InternalServerException') };
    expect(await text(ask({ model: 'b' }))).toBe('A');
    moods = { A: fail('InternalServerException'), B: fail('InternalServerException') };
    expect(await failure(ask({ model: 'a', fallbacks: [] }))).toMatchObject({ name: 'InternalServerError' });
  });
});

describe('cooldown', () => {
  const two = [row('A', { order: 1 }), row('B', { order: 2 })];

  it.each(['InternalServerException', 'ThrottlingException', 'ResourceNotFoundException'])(
    'rests a deployment after %s, and it comes back',
    async (name) => {
      const ask = start({ cooldown_time: 0.3 }, two);
      moods = { A: fail(name) };
      expect(await text(ask())).toBe('B');
      moods = {};
      expect(await count(ask, 3)).toEqual({ B: 3 });
      await sleep(310);
      expect(await text(ask())).toBe('A');
    },
  );

  it('lasts 5 seconds', async () => {
    const ask = start({}, two);
    moods = { A: fail('InternalServerException') };
    const now = Date.now();
    await ask();
    moods = {};
    vi.spyOn(Date, 'now').mockReturnValue(now + 4900);
    expect(await text(ask())).toBe('B');
    vi.spyOn(Date, 'now').mockReturnValue(now + 5500);
    expect(await text(ask())).toBe('A');
  });

  it('may be another time for a row, or none', async () => {
    moods = { A: fail('InternalServerException') };
    const ask = start({}, [row('A', { order: 1, cooldown_time: 0 }), row('B', { order: 2 })]);
    await count(ask, 3);
    expect(asked.filter(({ agentId }) => agentId === 'A')).toHaveLength(3);
  });

  it('waits for more than half of the calls of a minute to fail', async () => {
    const ask = start({}, two);
    await count(ask, 3);
    moods = { A: fail('InternalServerException') };
    await count(ask, 3);
    expect(asked.filter(({ agentId }) => agentId === 'A')).toHaveLength(6);
    await count(ask, 3);
    expect(asked.filter(({ agentId }) => agentId === 'A')).toHaveLength(7);
  });

  it('counts failures in the middle of a stream', async () => {
    const { completion } = createRouter({ model_list: two });
    moods = {
      A: async function* () {
        yield 'A';
        throw awsException('InternalServerException', 'No.');
      },
    };
    const asking = { model: 'group', messages: [{ role: 'user', content: 'Hi' }] } as const;
    const stream = await completion({ ...asking, stream: true });
    expect(await failure(stream.finalChatCompletion())).toMatchObject({ name: 'InternalServerError' });
    expect(await text(completion(asking))).toBe('B');
  });

  it('waits for more failures than allowed_fails, where it is given', async () => {
    moods = { A: fail('ThrottlingException') };
    const ask = start({ allowed_fails: 2, num_retries: 1 }, two);
    await count(ask, 6);
    expect(asked.filter(({ agentId }) => agentId === 'A')).toHaveLength(3);
  });

  it.each(['ThrottlingException', 'InternalServerException'])('never rests a deployment alone for %s', async (name) => {
    const ask = start({ num_retries: 0 }, [row('A')]);
    moods = { A: fail(name) };
    await failure(ask());
    moods = {};
    expect(await text(ask())).toBe('A');
  });

  it('of all is a 429 that says how long to wait', async () => {
    for (const name of names) moods[name] = fail('ThrottlingException');
    const ask = start();
    await failure(ask());
    const error = await failure(ask());
    expect(error).toMatchObject({ name: 'RateLimitError', status: 429, retry_after: 5, model: 'group' });
    expect(error.message).toBe(
      'No deployments available for selected model, Try again in 5 seconds. Passed model=group.',
    );
    expect(asked).toHaveLength(3);
  });

  it('can be disabled', async () => {
    moods = { A: fail('ThrottlingException') };
    const ask = start({ disable_cooldowns: true }, two);
    await count(ask, 2);
    expect(asked.filter(({ agentId }) => agentId === 'A')).toHaveLength(2);
  });
});

describe('least-busy', () => {
  it('asks whoever has the fewest calls under way, streams that nobody reads on included', async () => {
    const slow: LocalAgent = async function* ({ agentId }) {
      yield agentId;
      await sleep(100);
    };
    moods = { A: slow, B: slow, C: slow };
    const ask = start({ routing_strategy: 'least-busy' });
    const answers = await Promise.all(
      Array.from({ length: 9 }, async (_, index) => {
        await sleep(index * 8);
        return text(ask());
      }),
    );
    for (const name of names) expect(answers.filter((answer) => answer === name)).toHaveLength(3);
  });

  it('forgets a stream that was left', async () => {
    const { completion } = createRouter({ model_list: [row('A'), row('B')], routing_strategy: 'least-busy' });
    const messages = [{ role: 'user', content: 'Hi' }] as const;
    const held = await completion({ model: 'group', messages, stream: true });
    const [first, second] = [held._hidden_params.model_id, held._hidden_params.model_id === 'A' ? 'B' : 'A'];
    const other = await completion({ model: 'group', messages, stream: true });
    expect(other._hidden_params.model_id).toBe(second);
    held.abort();
    const third = await completion({ model: 'group', messages });
    expect(third._hidden_params.model_id).toBe(first);
    other.abort();
  });
});

describe('latency-based-routing', () => {
  const slowly = (milliseconds: number): LocalAgent =>
    async function* ({ agentId }) {
      await sleep(milliseconds);
      yield agentId;
    };

  it('asks everybody once, then the fastest, and learns when that changes', async () => {
    moods = { A: slowly(60), B: slowly(1), C: slowly(60) };
    const ask = start({ routing_strategy: 'latency-based-routing' });
    expect(await count(ask, 3)).toEqual({ A: 1, B: 1, C: 1 });
    expect(await count(ask, 8)).toEqual({ B: 8 });
    moods['B'] = slowly(150);
    const after = await count(ask, 12);
    expect((after['A'] ?? 0) + (after['C'] ?? 0)).toBeGreaterThan(5);
  });

  it('forgets after ttl, so that who recovers gets its calls back', async () => {
    moods = { A: slowly(60), B: slowly(1) };
    const args = { routing_strategy: 'latency-based-routing' as const, routing_strategy_args: { ttl: 0.3 } };
    const ask = start(args, [row('A'), row('B')]);
    await count(ask, 5);
    moods = { A: slowly(0), B: slowly(60) };
    await sleep(310);
    const counts = await count(ask, 6);
    expect(counts['A']).toBeGreaterThan(3);
  });

  it('takes one that does not answer in time for very slow', async () => {
    moods = { A: slowly(5000) };
    const repeated = { disable_cooldowns: true, retry_policy: { TimeoutErrorRetries: 2 } };
    const ask = start({ routing_strategy: 'latency-based-routing', timeout: 0.1, ...repeated });
    const counts = await count(ask, 10);
    expect(counts['A']).toBeUndefined();
    expect(asked.filter(({ agentId }) => agentId === 'A').length).toBeLessThanOrEqual(1);
  });
});

it('a wrong list of models is refused at once', () => {
  const wrong: readonly (readonly [object, string])[] = [
    [{ model_list: [] }, 'model_list'],
    [{ model_list: [{ model_name: 'a' }] }, 'model_list.0'],
    [{ model_list: [{ ...row('A'), litellm_params: { model: 'gpt-4o' } }] }, 'model'],
    [{ model_list: [row('A'), row('A')] }, 'model_list.1.model_info.id'],
    [{ model_list: [row('A', { weight: 'much' })] }, 'model_list.0.litellm_params.weight'],
    [{ model_list: [row('A')], routing_strategy: 'cost-based-routing' }, 'routing_strategy'],
    [{ model_list: [row('A')], num_retries: '3' }, 'num_retries'],
    [{ model_list: [row('A')], cache_responses: true }, 'cache_responses'],
  ];
  for (const [options, param] of wrong) {
    expect(() => createRouter(options as never)).toThrow(expect.objectContaining({ name: 'BadRequestError', param }));
  }
  expect(() => createRouter({} as never)).toThrow(BadRequestError);
});

it('a wrong parameter of a row is told by its first call, and by every one', async () => {
  const ask = start({}, [row('A', { temperature: 'hot' })]);
  for (let time = 0; time < 2; time++) {
    const error = await failure(ask());
    expect(error).toMatchObject({ name: 'BadRequestError', param: 'temperature' });
    expect(error.message).not.toContain('Tried');
  }
});

it('an abort ends the search for another deployment', async () => {
  const controller = new AbortController();
  for (const name of names) {
    moods[name] = async function* () {
      yield* [];
      controller.abort(new Error('enough'));
      await sleep(20);
      throw awsException('InternalServerException', 'No.');
    };
  }
  await expect(start()({ signal: controller.signal })).rejects.toThrow('enough');
  expect(asked).toHaveLength(1);
});

describe('calls that come at once', () => {
  const atOnce = (ask: Ask, times: number) => Promise.allSettled(Array.from({ length: times }, () => text(ask())));
  const slowly: LocalAgent = async function* ({ agentId }) {
    await sleep(100);
    yield agentId;
  };

  it('are shared alike by least-busy', async () => {
    moods = { A: slowly, B: slowly, C: slowly };
    await atOnce(start({ routing_strategy: 'least-busy' }), 12);
    for (const name of names) expect(asked.filter(({ agentId }) => agentId === name)).toHaveLength(4);
  });

  it('are no more than rpm with enable_pre_call_checks', async () => {
    vi.spyOn(Date, 'now').mockReturnValue(1_800_000_000_000);
    const answers = await atOnce(start({ enable_pre_call_checks: true }, [row('A', { rpm: 2 })]), 10);
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(asked).toHaveLength(2);
  });
});

describe('a turn that may have run', () => {
  const silent: LocalAgent = async function* ({ agentId }) {
    await sleep(1000);
    yield agentId;
  };
  const failures: readonly (readonly [string, LocalAgent, string])[] = [
    ['that did not answer in time', silent, 'Timeout'],
    ['whose agent failed', fail('DependencyFailedException'), 'BadGatewayError'],
    ['behind a bad gateway', fail('BadGatewayException'), 'BadGatewayError'],
  ];

  it.each(failures)('%s is asked of nobody else, unless retry_policy names it', async (_, mood, name) => {
    const rows = [row('A', { order: 1 }), row('B', { order: 2 })];
    moods = { A: mood };
    const options = { timeout: 0.1, disable_cooldowns: true };
    expect(await failure(start(options, rows)())).toMatchObject({ name });
    expect(asked).toHaveLength(1);
    const key = name === 'Timeout' ? 'TimeoutErrorRetries' : `${name}Retries`;
    expect(await text(start({ ...options, retry_policy: { [key]: 1 } }, rows)())).toBe('B');
  });

  it('whose connection was lost is asked of nobody else', async () => {
    const { createServer } = await import('node:net');
    const server = createServer((socket) => socket.once('data', () => socket.destroy()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const rows = [row('A', { order: 1, api_base: `http://127.0.0.1:${port}` }), row('B', { order: 2 })];
    expect(await failure(start({}, rows)())).toMatchObject({ name: 'APIConnectionError' });
    expect(asked).toEqual([]);
    server.close();
  });
});

describe('default_litellm_params', () => {
  it.each([{ num_retries: 0 }, { max_retries: 0 }, { retry_policy: { InternalServerErrorRetries: 0 } }])(
    'say how often a call is repeated, and a row says it better: %o',
    async (default_litellm_params) => {
      for (const name of names) moods[name] = fail('InternalServerException');
      const tries = async (ask: Ask) => (await failure(ask())).attempts.length;
      const always = { disable_cooldowns: true, default_litellm_params };
      expect(await tries(start(always))).toBe(1);
      const own = { num_retries: 1, retry_policy: { InternalServerErrorRetries: 1 } };
      expect(
        await tries(
          start(
            always,
            names.map((name) => row(name, own)),
          ),
        ),
      ).toBe(2);
    },
  );

  it('and rows have no fallbacks', () => {
    const refuse = (options: Options, rows = [row('A')]) => expect(() => start(options, rows)).toThrow('beside');
    refuse({ default_litellm_params: { fallbacks: ['group'] } });
    refuse({}, [row('A', { context_window_fallbacks: ['group'] })]);
  });
});

it('a cooldown that is shorter than the one under way does not end it', async () => {
  const store = createMemoryStore();
  await store.cool('A', 60);
  await store.cool('A', 5);
  const [state] = await store.read(['A']);
  expect(state?.cooledFor).toBeGreaterThan(50);
});

it('a model that is not there says nothing of the others behind a wildcard', async () => {
  const any = start({}, [{ model_name: '*', litellm_params: { ...reach(aws.url), model: '*' } }]);
  const error = await failure(any({ model: 'bedrock/agent/NOBODY/LIVE' }));
  expect(error).toMatchObject({ name: 'NotFoundError', attempts: [{ model: 'bedrock/agent/NOBODY/LIVE' }] });
  expect(await text(any({ model: 'bedrock/agent/C/LIVE' }))).toBe('C');
});

describe('the router’s fallbacks', () => {
  const rows = [row('A', {}, 'a'), row('B', {}, 'b')];
  const options = { fallbacks: [{ a: ['b'] }], model_group_alias: { other: 'a', third: { model: 'a' } } };
  beforeEach(() => void (moods = { A: fail('InternalServerException') }));

  it.each(['a', 'other', 'third'])('are those of the group by whichever name: %s', async (model) => {
    expect(await text(start(options, rows)({ model }))).toBe('B');
  });

  it.each([undefined, null])('are asked where a call gives %s', async (fallbacks) => {
    expect(await text(start(options, rows)({ model: 'a', ...({ fallbacks } as object) }))).toBe('B');
  });

  it.each([
    { fallbacks: [{ a: ['nobody'] }] },
    { default_fallbacks: ['nobody'] },
    { context_window_fallbacks: [{ model: 'nobody' }] },
  ])('are in the model_list: %o', (wrong) => {
    expect(() => start(wrong, rows)).toThrow('"nobody"');
    expect(() => start(wrong, [...rows, row('C', {}, '*')])).not.toThrow();
  });
});

it('the first throttling of a session tells the seconds for which its deployment rests', async () => {
  for (const name of names) moods[name] = fail('ThrottlingException');
  const error = await failure(start()({ sessionId: 'ada-1' }));
  expect(error).toMatchObject({ name: 'RateLimitError', retry_after: 5, attempts: [{ status: 429 }] });
  expect(asked).toHaveLength(1);
});

it('an error that is thrown again and again tells each call only of itself', async () => {
  const broken = new APIError('Broken.', { retryable: true });
  const ask = createCompletion(() => () => Promise.reject(broken));
  const asking = { model: 'mine', messages: [{ role: 'user', content: 'Hi' }], num_retries: 1 } as const;
  vi.spyOn(Math, 'random').mockReturnValue(0.01);
  for (let time = 0; time < 2; time++) {
    expect((await failure(ask(asking))).message).toBe('Broken. Tried: mine: APIError 500 (2 times).');
  }
  expect(broken).toMatchObject({ message: 'Broken.', attempts: [], model: undefined });
});

it.each([
  [{ retry_policy: { RateLimitRetries: 3 } }, 'retry_policy', 'RateLimitErrorRetries'],
  [{ redis_url: 'http://127.0.0.1' }, 'redis_url', 'redis://'],
])('the option %o is refused at once', (options, param, says) => {
  expect(() => start(options)).toThrow(expect.objectContaining({ name: 'BadRequestError', param }));
  expect(() => start(options)).toThrow(says);
});

it('an id of a row is a text', () => {
  const wrong = { ...row('A'), model_info: { id: 7 } };
  expect(() => start({}, [wrong as never])).toThrow('model_list.0.model_info.id: expected a text.');
});

describe('createFetch with a model_list', () => {
  const rows = [row('A', {}, 'a'), row('B', {}, 'b')];
  const post = (fetch: ReturnType<typeof createFetch>, model = 'a') =>
    fetch('http://localhost/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }] }),
    });
  const message = async (response: Response) => JSON.stringify(await response.json());

  it('repeats as often as it says', async () => {
    for (const name of names) moods[name] = fail('InternalServerException');
    const model_list = [row('A'), row('B')];
    expect((await post(createFetch({ num_retries: 0, model_list }), 'group')).status).toBe(500);
    expect(asked).toHaveLength(1);
  });

  it('asks its fallbacks, for a model string, too', async () => {
    moods = { A: fail('InternalServerException') };
    const fetch = createFetch({ ...reach(aws.url), fallbacks: ['b', 'bedrock/agent/C/LIVE'], model_list: rows });
    expect(await message(await post(fetch))).toContain('"content":"B"');
    expect(await message(await post(fetch, 'bedrock/agent/A/LIVE'))).toContain('"content":"B"');
    moods['B'] = fail('InternalServerException');
    expect(await message(await post(fetch))).toContain('"content":"C"');
  });
});
