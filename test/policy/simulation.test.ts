// A day of a router in some seconds: deployments fail, slow down and recover, with seeded faults.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type APIError, type ChatMessage, createRouter, type RouterOptions } from '../../src/index.ts';
import { awsException, startLocalBedrock, type LocalAgent } from '../../src/local.ts';
import { reach } from '../support/models.ts';

interface Weather {
  /** The share of calls that are throttled. */
  readonly throttled?: number;
  /** The share of calls that fail inside AWS. */
  readonly broken?: number;
  readonly milliseconds?: number;
}

interface Asked {
  readonly name: string;
  readonly at: number;
  readonly failed: boolean;
  readonly sessionId: string;
}

const names = ['A', 'B', 'C'];
const cooldown = 0.15;
let weather: Record<string, Weather> = {};
let log: Asked[] = [];

function createRandom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16807) % 2147483647) / 2147483647;
}
let fault = createRandom(1);

const agent: LocalAgent = async function* ({ agentId: name, sessionId }) {
  const { throttled = 0, broken = 0, milliseconds = 0 } = weather[name] ?? {};
  const chance = fault();
  log.push({ name, at: performance.now(), failed: chance < throttled + broken, sessionId });
  if (milliseconds > 0) await sleep(milliseconds);
  if (chance < throttled) throw awsException('ThrottlingException', 'Slow down.');
  if (chance < throttled + broken) throw awsException('InternalServerException', 'It broke.');
  yield name;
};
const aws = await startLocalBedrock({ agents: Object.fromEntries(names.map((name) => [`${name}/LIVE`, agent])) });
afterAll(aws.close);

beforeEach(() => {
  weather = {};
  log = [];
  fault = createRandom(11);
  vi.spyOn(Math, 'random').mockImplementation(createRandom(5));
});
afterEach(() => vi.restoreAllMocks());

const weights: Record<string, number> = { A: 5, B: 3, C: 2 };

function start(options: Partial<RouterOptions> = {}) {
  const model_list = names.map((name) => ({
    model_name: 'group',
    litellm_params: { model: `bedrock/agent/${name}/LIVE`, weight: weights[name] ?? 1, ...reach(aws.url) },
    model_info: { id: name },
  }));
  return createRouter({ model_list, cooldown_time: cooldown, ...options }).completion;
}

type Ask = ReturnType<typeof start>;
const say = (content: string): ChatMessage => ({ role: 'user', content });

/** What came of so many calls, `parallel` at a time: the name of who answered, or of the error. */
async function run(ask: Ask, calls: number, parallel = 4): Promise<Record<string, number>> {
  const counts: Record<string, number> = { A: 0, B: 0, C: 0 };
  let left = calls;
  const work = async () => {
    while (left-- > 0) {
      const answer = await ask({ model: 'group', messages: [say('Hi')] }).then(
        ({ choices }) => choices[0]?.message.content ?? '',
        (error: unknown) => (error as APIError).name,
      );
      counts[answer] = (counts[answer] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return counts;
}

const share = (counts: Record<string, number>, name: string) =>
  (counts[name] ?? 0) / Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Three standard deviations of 400 calls. */
function expectShares(counts: Record<string, number>): void {
  for (const name of names) expect(Math.abs(share(counts, name) - (weights[name] ?? 0) / 10)).toBeLessThan(0.075);
}

it('shares by weight, fails over while a deployment is throttled, and shares by weight again', async () => {
  const ask = start();
  const sunny = await run(ask, 400);
  expectShares(sunny);

  weather = { A: { throttled: 0.7 } };
  log = [];
  const stormy = await run(ask, 400);
  expect(Object.keys(stormy)).toEqual(names);
  // While A rests, its calls are shared by the weights of the others.
  expect(stormy['A']).toBeLessThan(sunny['A'] ?? 0);
  expect(share(stormy, 'B')).toBeGreaterThan(share(stormy, 'C'));
  expect(share(stormy, 'C')).toBeGreaterThan(share(sunny, 'C'));

  weather = {};
  await sleep(cooldown * 1000 + 20);
  const after = await run(ask, 400);
  expectShares(after);
});

it('asks nobody that was throttled before its time is over', async () => {
  weather = { A: { throttled: 0.4 }, B: { throttled: 0.2 }, C: { throttled: 0.1 } };
  const ask = start();
  for (let second = 0; second < 10; second++) {
    await run(ask, 20, 1);
    await sleep(cooldown * 1000);
  }
  expect(log.filter(({ failed }) => failed).length).toBeGreaterThan(10);
  for (const name of names) {
    const own = log.filter((each) => each.name === name);
    own.forEach(({ failed, at }, index) => {
      const next = own[index + 1];
      // Redis and clocks aside, a timer of Node's may be a millisecond early.
      if (failed && next) expect(next.at - at).toBeGreaterThan(cooldown * 1000 - 2);
    });
  }
});

it('lets no caller feel that one of three breaks again and again', async () => {
  weather = { B: { broken: 0.9 } };
  const counts = await run(start(), 400);
  expect((counts['A'] ?? 0) + (counts['B'] ?? 0) + (counts['C'] ?? 0)).toBe(400);
  // Resting keeps it from being asked on every call: at most once in each cooldown by each of four callers.
  expect(log.filter(({ name }) => name === 'B').length).toBeLessThan(120);
});

it('leaves a deployment that slows down, and comes back when it has recovered', async () => {
  const latency = { routing_strategy: 'latency-based-routing', routing_strategy_args: { ttl: 0.4 } } as const;
  const ask = start(latency);
  weather = { A: { milliseconds: 2 }, B: { milliseconds: 60 }, C: { milliseconds: 60 } };
  expect(share(await run(ask, 60, 1), 'A')).toBeGreaterThan(0.8);
  weather = { A: { milliseconds: 120 }, B: { milliseconds: 2 }, C: { milliseconds: 60 } };
  await run(ask, 15, 1);
  expect(share(await run(ask, 30, 1), 'B')).toBeGreaterThan(0.7);
  weather = { A: { milliseconds: 2 }, B: { milliseconds: 60 }, C: { milliseconds: 60 } };
  await sleep(410);
  expect(share(await run(ask, 60, 1), 'A')).toBeGreaterThan(0.7);
});

it('keeps conversations at home in any weather: a session hears its own deployment, or how long to wait', async () => {
  const ask = start();
  const sessions: { readonly id: string; readonly home: string }[] = [];
  for (let index = 0; index < 30; index++) {
    const { choices, _hidden_params } = await ask({ model: 'group', messages: [say('Hi')] });
    sessions.push({ id: _hidden_params.session_id, home: choices[0]?.message.content ?? '' });
  }
  for (const name of names) expect(sessions.filter(({ home }) => home === name).length).toBeGreaterThan(2);

  weather = { A: { throttled: 0.5 }, B: { broken: 0.2 } };
  log = [];
  const seen = { answered: 0, waiting: 0 };
  for (let turn = 0; turn < 5; turn++) {
    for (const { id, home } of sessions) {
      try {
        const { choices } = await ask({ model: 'group', messages: [say('And?')], sessionId: id });
        expect(choices[0]?.message.content).toBe(home);
        seen.answered++;
      } catch (error) {
        expect(['RateLimitError', 'InternalServerError']).toContain((error as APIError).name);
        seen.waiting++;
      }
    }
  }
  const homes = new Map(sessions.map(({ id, home }) => [id, home]));
  expect(log.filter(({ name, sessionId }) => homes.get(sessionId) !== name)).toEqual([]);
  expect(Math.min(seen.answered, seen.waiting)).toBeGreaterThan(10);

  weather = {};
  await sleep(cooldown * 1000 + 20);
  for (const { id, home } of sessions) {
    const { choices } = await ask({ model: 'group', messages: [say('And?')], sessionId: id });
    expect(choices[0]?.message.content).toBe(home);
  }
});
