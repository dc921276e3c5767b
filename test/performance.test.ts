import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { isBuiltin } from 'node:module';
import { dirname, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { AgentEvent, AgentResponse } from '../src/agent.ts';
import { createReader as createRuntimeReader, formats } from '../src/bedrock/agentcore/events.ts';
import { createReader } from '../src/bedrock/agents/events.ts';
import { type Completion, completion, createCompletion } from '../src/index.ts';
import { toChunks } from '../src/openai/chunks.ts';
import { createProxyOf } from '../src/proxy/proxy.ts';
import { chunk, event } from './support/frames.ts';
import { serve } from './support/loopback.ts';
import { agentModel, reach } from './support/models.ts';
import { cutAt, range } from './support/recordings.ts';

// Counts and no times: what a machine is busy with cannot make them fail. `npm run bench` has the times.

const dist = resolve(import.meta.dirname, '../dist/index.js');
const messages = [{ role: 'user' as const, content: 'Hi' }];

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function read(bytes: readonly Buffer[]): AgentEvent[] {
  const reader = createReader({ showTraces: false, asked: { sessionId: 's', agentId: 'A', tools: [] } });
  const events: AgentEvent[] = [];
  for (const part of bytes) reader.read(part, events);
  reader.end(events);
  return events;
}

// eslint-disable-next-line @typescript-eslint/require-await -- stands for what comes from afar
async function* toAsync<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}

describe('importing the package', () => {
  it.skipIf(!existsSync(dist))('loads no other package', () => {
    const seen = new Set<string>();
    const packages = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(
        /^(?:import|export|\})(?:[^;("']* from)? ["']([^"']+)["'];$/gm,
      )) {
        if (name.startsWith('.')) visit(resolve(dirname(file), name));
        else if (!isBuiltin(name)) packages.add(name);
      }
    };
    visit(dist);
    expect(seen.size).toBeGreaterThan(1);
    expect([...packages]).toEqual([]);
  });
});

describe('a chunk', () => {
  const frames = Buffer.concat(Array.from({ length: 2000 }, (_, index) => chunk(`Word ${index}, `)));

  it('is read without a parser of JSON, for it is its bytes and nothing else', () => {
    const parse = vi.spyOn(JSON, 'parse');
    expect(read([frames])).toHaveLength(2001);
    expect(parse).not.toHaveBeenCalled();
  });

  it('is copied only where two reads share its frame', () => {
    const reads = cutAt(
      frames,
      range(1, 10).map((part) => part * 10_000),
    );
    const concat = vi.spyOn(Buffer, 'concat');
    read(reads);
    const joined = concat.mock.calls;
    expect(joined.length).toBeGreaterThan(0);
    // A prelude that is cut is joined before its frame is.
    expect(joined.length).toBeLessThanOrEqual(2 * (reads.length - 1));
    const copied = joined.flatMap(([parts]) => parts).reduce((sum, part) => sum + part.length, 0);
    expect(copied).toBeLessThan(reads.length * 2 * 200);
  });

  it('of many in one read costs no read of its own', async () => {
    let asked = 0;
    const batch: AgentEvent[] = Array.from({ length: 100 }, () => ({ type: 'text', text: 'a' }));
    const batches: AgentEvent[][] = [batch, batch, [{ type: 'finish', reason: 'stop' }]];
    const events = {
      next: () => {
        const value = batches[asked++];
        return Promise.resolve(value ? { done: false as const, value } : { done: true as const, value: undefined });
      },
    };
    const response: AgentResponse = { sessionId: 's', about: {}, events: { [Symbol.asyncIterator]: () => events } };
    const complete = createCompletion(() => () => Promise.resolve(response));
    let chunks = 0;
    for await (const { choices } of await complete({ model: 'mine', messages, stream: true })) chunks += choices.length;
    expect([chunks, asked]).toEqual([201, 4]);
  });
});

describe('an event of an AgentCore stream', () => {
  const many = 500;
  const delta = '{"event": {"contentBlockDelta": {"delta": {"text": "Hi "}, "contentBlockIndex": 0}}}';

  function readMany(data: string): AgentEvent[] {
    const reader = createRuntimeReader('text/event-stream');
    const events: AgentEvent[] = [];
    reader.read(Buffer.from(`data: ${data}\n\n`.repeat(many)), events);
    return events;
  }

  it.each([
    ['an object', delta],
    ['a string', '"Hi "'],
  ])('is parsed once: %s', (_, data) => {
    const parse = vi.spyOn(JSON, 'parse');
    expect(readMany(data)).toHaveLength(many);
    expect(parse).toHaveBeenCalledTimes(many);
  });

  it('is not asked of families whose fields it has none of', () => {
    const asked = formats.map((format) => vi.spyOn(format, 'read'));
    expect(readMany(delta)).toHaveLength(many);
    // By the family that knows it, and by those that know the word `event` too.
    const calls = asked.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    expect(calls).toBeLessThanOrEqual(2 * many);
  });

  it('is made a chunk without a property to define', async () => {
    const define = vi.spyOn(Object, 'defineProperty');
    const count = async (words: number) => {
      const texts = Array.from({ length: words }, (): AgentEvent => ({ type: 'text', text: 'a' }));
      const events = toAsync<AgentEvent[]>([[...texts, { type: 'finish', reason: 'stop' }]]);
      const before = define.mock.calls.length;
      const options = { model: 'mine', request: { instructions: '', turns: [] } };
      const chunks = toChunks({ sessionId: 's', about: {}, events }, options);
      for await (const [chunk] of chunks) expect(chunk?._hidden_params).toBe(chunks.hidden);
      return define.mock.calls.length - before;
    };
    expect(await count(1000)).toBe(await count(1));
  });
});

describe('a trace that nobody is shown', () => {
  it('is parsed without the texts that nobody reads', () => {
    const text = 'A "prompt" of an agent, '.repeat(1000);
    const traceId = 'step-1';
    const metadata = { clientRequestId: 'call-1', usage: { inputTokens: 3, outputTokens: 4 } };
    const steps = [
      { modelInvocationInput: { traceId, foundationModel: 'some.model', text } },
      { modelInvocationOutput: { traceId, metadata, rawResponse: { content: text } } },
      { observation: { traceId, actionGroupInvocationOutput: { text } } },
    ];
    const traces = steps.map((orchestrationTrace) => event('trace', { trace: { orchestrationTrace } }));
    const parse = vi.spyOn(JSON, 'parse');
    expect(read([...traces, chunk('Hi')])).toMatchObject([
      { type: 'usage', inputTokens: 3, outputTokens: 4, model: 'some.model' },
      { type: 'text', text: 'Hi' },
      { type: 'finish' },
    ]);
    expect(parse).toHaveBeenCalledTimes(steps.length);
    for (const [json] of parse.mock.calls) expect(json.length).toBeLessThan(300);
  });
});

describe('a call', () => {
  const answer = (words: number) =>
    serve((response) => {
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
      for (let word = 0; word < words; word++) response.write(chunk('a '));
      response.end();
    });
  const ask = (url: string) => completion({ model: agentModel, messages, ...reach(url) });

  it('uses the connection of the one before it', async () => {
    const server = await answer(3);
    for (let call = 0; call < 10; call++) await ask(server.url);
    expect([server.received.length, server.sockets.size]).toEqual([10, 1]);
  });

  it('among many at once has a connection of its own, which serves the next ones', async () => {
    const server = await answer(3);
    for (let round = 0; round < 3; round++) await Promise.all(range(0, 60).map(() => ask(server.url)));
    expect(server.received).toHaveLength(180);
    expect(server.sockets.size).toBeLessThanOrEqual(60);
  });

  it('makes as many timers for a long answer as for a short one', async () => {
    const [short, long] = [await answer(1), await answer(1000)];
    await ask(short.url);
    const timers = vi.spyOn(globalThis, 'setTimeout').mock.calls;
    await ask(short.url);
    const few = timers.length;
    await ask(long.url);
    expect(few).toBeGreaterThan(0);
    expect(timers.length - few).toBe(few);
  });

  it('says who asks as AWS’s client does, in every request', async () => {
    const server = await answer(1);
    await ask(server.url);
    await ask(server.url);
    const agents = server.received.map(({ headers }) => headers['user-agent']);
    expect(agents[0]).toMatch(/^aws-sdk-js\/\d/);
    expect(new Set(agents).size).toBe(1);
  });

  it('listens to an AbortSignal only as often as the connection needs it', async () => {
    const server = await answer(3);
    await ask(server.url);
    const listen = vi.spyOn(EventTarget.prototype, 'addEventListener');
    await ask(server.url);
    expect(listen).toHaveBeenCalledTimes(1);
  });
});

describe('the proxy', () => {
  const bare = {
    allowClient: new Map(),
    keys: [],
    includeUsage: false,
    metricsNeedKey: false,
    allowAnonymous: false,
    environment: {},
  };
  const config = { ...bare, router: { model_list: [] }, warnings: [] };
  const log = pino({ level: 'silent' });

  function proxyOf(complete: Completion) {
    return createProxyOf(config, { createRouter: () => ({ createCompletion: () => complete }), log });
  }

  async function ask(url: string, stream: boolean): Promise<string> {
    const headers = { 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      request(`${url}/v1/chat/completions`, { method: 'POST', headers }, (response) => resolve(text(response)))
        .on('error', reject)
        .end(JSON.stringify({ model: 'mine', messages, stream }));
    });
  }

  it('sums an answer up once, whoever asks for the sum', async () => {
    let sums = 0;
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    const get = () => {
      sums++;
      return usage;
    };
    const told = { choices: [], _hidden_params: Object.defineProperty({ response_cost: null }, 'usage', { get }) };
    // What the proxy looks at of an answer.
    const complete = (() => Promise.resolve({ ...told, toJSON: () => ({}) })) as unknown as Completion;
    const body = JSON.stringify({ model: 'mine', messages });
    const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
    expect((await proxyOf(complete).fetch('http://proxy/v1/chat/completions', init)).status).toBe(200);
    expect(sums).toBe(1);
  });

  it('makes no stream and no headers of the web for a whole answer, and one stream for a streamed one', async () => {
    const finish: AgentEvent = { type: 'finish', reason: 'stop' };
    const events = [[{ type: 'text', text: 'Hi' } as const], [finish]];
    const proxy = proxyOf(
      createCompletion(() => () => Promise.resolve({ sessionId: 's', about: {}, events: ReadableStream.from(events) })),
    );
    const listening = await proxy.listen({ port: 0 });
    onTestFinished(listening.close);
    expect(await ask(listening.url, true)).toContain('[DONE]');
    let streams = 0;
    const construct = (target: typeof ReadableStream, given: never[]) => {
      streams++;
      return Reflect.construct(target, given) as object;
    };
    vi.stubGlobal('ReadableStream', new Proxy(ReadableStream, { construct }));
    // What a request has is no such object, and what is made as one is looked into before it is sent.
    const looked = [vi.spyOn(Headers.prototype, 'get'), vi.spyOn(Headers.prototype, 'has')];
    expect(JSON.parse(await ask(listening.url, false))).toMatchObject({ choices: [{ message: { content: 'Hi' } }] });
    expect(streams).toBe(0);
    expect(await ask(listening.url, true)).toContain('[DONE]');
    expect(streams).toBe(1);
    for (const look of looked) expect(look).not.toHaveBeenCalled();
  });
});
