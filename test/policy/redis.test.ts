import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type CompletionParameters, createRouter, RateLimitError, type RouterOptions } from '../../src/index.ts';
import { createStore } from '../../src/policy/shared-store.ts';
import { awsException, startLocalBedrock, type LocalAgent } from '../../src/local.ts';
import { reach } from '../support/models.ts';
import { freePort, hasRedis, startRedis } from '../support/redis.ts';

const moods: Record<string, LocalAgent | undefined> = {};
let asked: string[] = [];
beforeEach(() => {
  Object.assign(moods, { A: undefined, B: undefined });
  asked = [];
});

/* eslint-disable @typescript-eslint/require-await -- nothing to wait for here */
const agent: LocalAgent = async function* (request) {
  asked.push(request.agentId);
  const mood = moods[request.agentId];
  if (mood) yield* mood(request);
  else yield request.agentId;
};
const aws = await startLocalBedrock({ agents: { 'A/LIVE': agent, 'B/LIVE': agent } });
afterAll(aws.close);

const throttle: LocalAgent = async function* () {
  yield* [];
  throw awsException('ThrottlingException', 'No.');
};

/** Two deployments of which the first is preferred; another list for each test, so that none remembers another. */
function toOptions(options: Partial<RouterOptions>, parameters: object = {}): RouterOptions {
  const list = ['A', 'B'].map((name, order) => ({
    model_name: 'group',
    litellm_params: { model: `bedrock/agent/${name}/LIVE`, order, ...reach(aws.url), ...parameters },
    model_info: { id: `${name} ${String(expect.getState().currentTestName)}` },
  }));
  return { model_list: list, ...options };
}

function start(options: RouterOptions) {
  const { completion } = createRouter(options);
  const messages = [{ role: 'user', content: 'Hi' }] as const;
  return async (parameters: Partial<CompletionParameters> = {}) => {
    const { choices } = await completion({ model: 'group', messages, ...parameters, stream: false });
    return choices[0]?.message.content;
  };
}

/** The same router in a process of its own. */
function startProcess(options: RouterOptions) {
  const file = resolve(import.meta.dirname, '../support/router-process.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', file, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill());
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    child,
    ask: async (parameters: object = {}): Promise<unknown> => {
      child.stdin.write(`${JSON.stringify(parameters)}\n`);
      const line: unknown = (await lines.next()).value;
      return JSON.parse(String(line));
    },
  };
}

describe.skipIf(!hasRedis())('routers that share a Redis (needs redis-server)', async () => {
  const port = await freePort();
  const password = 'geheim';
  const redis = hasRedis() ? await startRedis(port, password) : undefined;
  afterAll(() => redis?.stop());
  const shared = { redis_host: '127.0.0.1', redis_port: port, redis_password: password };

  it('rest a deployment that failed in another process, and ask it again when it has rested', async () => {
    // As long as a busy machine may take for three calls.
    const options = toOptions({ ...shared, cooldown_time: 5 });
    const other = startProcess(options);
    expect(await other.ask()).toEqual({ text: 'A' });
    moods['A'] = throttle;
    expect(await other.ask()).toEqual({ text: 'B' });
    moods['A'] = undefined;
    asked = [];
    const ask = start(options);
    expect([await ask(), await ask(), await other.ask()]).toEqual(['B', 'B', { text: 'B' }]);
    await sleep(5000);
    expect([await ask(), await other.ask()]).toEqual(['A', { text: 'A' }]);
  });

  it('tell the seconds to wait when all rest because of another process', async () => {
    const options = toOptions({ ...shared, cooldown_time: 60 });
    const other = startProcess(options);
    moods['A'] = throttle;
    moods['B'] = throttle;
    expect(await other.ask()).toMatchObject({ name: 'RateLimitError' });
    const error = await start(options)().catch((thrown: unknown) => thrown);
    if (!(error instanceof RateLimitError)) throw error;
    // Since the other process was told, less than a minute has gone by.
    expect(error.retry_after).toBeGreaterThan(30);
    expect(error.retry_after).toBeLessThanOrEqual(60);
    expect(asked).toEqual(['A', 'B']);
  });

  it('count the requests of a minute together', async () => {
    const options = toOptions({ ...shared, enable_pre_call_checks: true }, { rpm: 2 });
    // The minute must not end in between.
    await sleep(Math.max(0, new Date().getUTCSeconds() - 45) * 1000);
    const [ask, other] = [start(options), startProcess(options)];
    const answers = [await ask(), await other.ask(), await ask(), await other.ask()];
    expect(answers).toEqual(['A', { text: 'A' }, 'B', { text: 'B' }]);
    await expect(ask()).rejects.toMatchObject({ name: 'RateLimitError' });
  }, 40_000);

  it('see who is busy with the calls of another process', async () => {
    const options = toOptions({ ...shared, routing_strategy: 'least-busy' }, { order: 1 });
    const slowly: LocalAgent = async function* ({ agentId }) {
      await sleep(1500);
      yield agentId;
    };
    const other = startProcess(options);
    moods['A'] = slowly;
    moods['B'] = slowly;
    const held = other.ask();
    await vi.waitUntil(() => asked.length === 1, { timeout: 5000 });
    const [busy] = asked;
    await sleep(50);
    const [one, two] = [start(options), start(options)];
    moods['A'] = undefined;
    moods['B'] = undefined;
    for (let time = 0; time < 4; time++) expect([await one(), await two()]).not.toContain(busy);
    expect(await held).toEqual({ text: busy });
  });

  it('take a URL, too', async () => {
    const options = toOptions({ redis_url: `redis://:${password}@127.0.0.1:${port}` });
    moods['A'] = throttle;
    await start(options)();
    moods['A'] = undefined;
    expect(await start({ ...toOptions(shared) })()).toBe('B');
  });

  it('keep no process alive', async () => {
    const { child, ask } = startProcess(toOptions(shared));
    await ask();
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('go on by themselves when Redis goes away, say so once, and come back to it', async () => {
    const port = await freePort();
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    onTestFinished(() => warn.mockRestore());
    let redis = await startRedis(port, password);
    const options = toOptions({ ...shared, redis_port: port, cooldown_time: 6 });
    const ask = start(options);
    expect(await ask()).toBe('A');
    await redis.stop();
    moods['A'] = throttle;
    expect([await ask(), await ask(), await ask()]).toEqual(['B', 'B', 'B']);
    expect(asked.filter((name) => name === 'A')).toHaveLength(2);
    expect(warn).toHaveBeenCalledTimes(1);
    redis = await startRedis(port, password);
    onTestFinished(redis.stop);
    moods['B'] = throttle;
    await sleep(6200);
    moods['A'] = throttle;
    await expect(ask()).rejects.toMatchObject({ name: 'RateLimitError' });
    await expect(start(options)()).rejects.toMatchObject({ retry_after: 6 });
    expect(warn).toHaveBeenCalledTimes(1);
  });
});

describe('a call that ends while Redis is away', () => {
  it.skipIf(!hasRedis())(
    'is told to it as soon as it is back (needs redis-server)',
    async () => {
      const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
      onTestFinished(() => warn.mockRestore());
      const [port, password] = [await freePort(), 'geheim'];
      const redis = await startRedis(port, password);
      onTestFinished(redis.stop);
      const options = { redis_host: '127.0.0.1', redis_port: port, redis_password: password };
      const [store, other] = [createStore(options), createStore(options)];
      const calls = ['call-1', 'call-2', 'call-3'];
      for (const call of calls) await store.begin('in-flight', call);
      expect(await other.read(['in-flight'])).toMatchObject([{ busy: 3 }]);
      redis.pause();
      for (const call of calls) await store.end('in-flight', call, { failed: false, tokens: 0 });
      redis.resume();
      await vi.waitFor(async () => expect(await other.read(['in-flight'])).toMatchObject([{ busy: 0 }]), 9000);
    },
    15_000,
  );
});

describe('a router without its Redis', () => {
  it('answers at once, and warns without the password', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    onTestFinished(() => warn.mockRestore());
    const ask = start(toOptions({ redis_url: `redis://:geheim@127.0.0.1:${await freePort()}` }));
    const began = performance.now();
    expect([await ask(), await ask()]).toEqual(['A', 'A']);
    expect(performance.now() - began).toBeLessThan(1500);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(JSON.stringify(warn.mock.calls)).toMatch(/Redis does not answer.*ECONNREFUSED/);
    expect(JSON.stringify(warn.mock.calls)).not.toContain('geheim');
  });

  it('waits no longer than a second for one that is silent', async () => {
    const { createServer } = await import('node:net');
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      silent.close();
    });
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    onTestFinished(() => warn.mockRestore());
    const address = silent.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const ask = start(toOptions({ redis_host: '127.0.0.1', redis_port: port }));
    const began = performance.now();
    expect(await ask()).toBe('A');
    expect(performance.now() - began).toBeLessThan(2500);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('says what to install where the package is missing', async () => {
    vi.doMock('redis', () => {
      throw Object.assign(new Error("Cannot find package 'redis'"), { code: 'ERR_MODULE_NOT_FOUND' });
    });
    onTestFinished(() => vi.doUnmock('redis'));
    vi.resetModules();
    const fresh = await import('../../src/index.ts');
    const { completion } = fresh.createRouter(toOptions({ redis_host: '127.0.0.1' }));
    const asking = completion({ model: 'group', messages: [{ role: 'user', content: 'Hi' }] });
    await expect(asking).rejects.toMatchObject({ name: 'APIError', code: 'missing_package' });
    await expect(asking).rejects.toThrow('npm install redis');
    expect(asked).toEqual([]);
  });
});
