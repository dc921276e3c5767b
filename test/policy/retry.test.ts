import { getEventListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bedrock } from '../../src/bedrock/index.ts';
import { createCompletion } from '../../src/completion.ts';
import type { CompletionParameters } from '../../src/openai/parameters.ts';
import { chunk, exception } from '../support/frames.ts';
import { type Loopback, serve, within } from '../support/loopback.ts';
import { agentModel, reach, runtimeModel } from '../support/models.ts';

type Answer = (response: ServerResponse) => void;

const messages = [{ role: 'user', content: 'Good morning' }] as const;
const models = { 'Bedrock Agents': agentModel, AgentCore: runtimeModel } as const;
const isStreamed = [
  ['whole', false],
  ['streamed', true],
] as const;

beforeEach(() => {
  // The pauses are random; with this they are 10, 20, 40 ms …
  vi.spyOn(Math, 'random').mockReturnValue(0.02);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(isStreamed)('a %s answer', (_, stream) => {
  test('comes with the third try when the first two found AWS unavailable', async () => {
    const { ask, server } = await play([refuse(503), refuse(503), answer('Hello')]);
    expect(await ask({ num_retries: 2 }, stream)).toBe('Hello');
    expect(server.received).toHaveLength(3);
    expect(new Set(server.received.map(({ body }) => body)).size).toBe(1);
  });

  test('is asked for once when no retries are asked for', async () => {
    const { ask, server } = await play([refuse(503, 'ServiceUnavailableException'), answer('Hello')]);
    await expect(ask({}, stream)).rejects.toMatchObject({ name: 'ServiceUnavailableError', status: 503 });
    await sleep(30);
    expect(server.received).toHaveLength(1);
  });

  test('fails with the last error when the retries are used up', async () => {
    const { ask, server } = await play([refuse(503), refuse(503), refuse(429, 'ThrottlingException'), answer('Hello')]);
    await expect(ask({ num_retries: 2 }, stream)).rejects.toMatchObject({ name: 'RateLimitError', status: 429 });
    expect(server.received).toHaveLength(3);
  });

  test('is not asked for again once it has begun', async () => {
    const broken: Answer = (response) => {
      answerWith(chunk('Hel'))(response);
      setTimeout(() => response.end(exception('throttlingException', 'Slow down.')), 30);
    };
    const { ask, server } = await play([broken, answer('Hello')]);
    await expect(ask({ num_retries: 2 }, stream)).rejects.toMatchObject({ name: 'RateLimitError' });
    await sleep(50);
    expect(server.received).toHaveLength(1);
  });

  test.each([
    ['an error', new Error('The caller has had enough.')],
    ['a string', 'enough'],
  ])('is given up during a pause with the reason of the abort, which is %s', async (_, reason) => {
    const { ask, server } = await play([refuse(503, 'ServiceUnavailableException', { 'retry-after': '30' })]);
    const controller = new AbortController();
    const asked = ask({ num_retries: 2, signal: controller.signal }, stream).catch((error: unknown) => ({ error }));
    expect(await within(2000, () => server.received.length === 1)).toBe(true);
    await sleep(50);
    const began = performance.now();
    controller.abort(reason);
    expect(await asked).toEqual({ error: reason });
    expect(performance.now() - began).toBeLessThan(100);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    expect(server.received).toHaveLength(1);
  });

  test('leaves no listener on the signal after retries', async () => {
    const { ask, server } = await play([refuse(503), refuse(503), answer('Hello')]);
    const { signal } = new AbortController();
    expect(await ask({ num_retries: 2, signal }, stream)).toBe('Hello');
    expect(server.received).toHaveLength(3);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

test.each<[string, keyof typeof models, Answer]>([
  ['503', 'Bedrock Agents', refuse(503)],
  ['503', 'AgentCore', refuse(503)],
  ['503 with a page instead of JSON', 'Bedrock Agents', (response) => response.writeHead(503).end('<h1>Busy</h1>')],
  ['429', 'Bedrock Agents', refuse(429)],
  ['ThrottlingException', 'Bedrock Agents', refuse(429, 'ThrottlingException')],
  ['ThrottlingException', 'AgentCore', refuse(429, 'ThrottlingException')],
  ['RetryableConflictException', 'AgentCore', refuse(409, 'RetryableConflictException')],
  ['ModelNotReadyException', 'Bedrock Agents', refuse(424, 'ModelNotReadyException')],
  ['throttlingException as the first event', 'Bedrock Agents', fail('throttlingException')],
  ['modelNotReadyException as the first event', 'Bedrock Agents', fail('modelNotReadyException')],
])('%s from %s is retried', async (_, service, first) => {
  const { ask, server } = await play([first, answer('Hello')]);
  expect(await ask({ model: models[service], num_retries: 1 })).toBe('Hello');
  expect(server.received).toHaveLength(2);
});

const agentError = (error: unknown): Answer => answerWith(`data: ${JSON.stringify(error)}\n\n`);

test.each<[string, keyof typeof models, Answer]>([
  ['400', 'Bedrock Agents', refuse(400, 'ValidationException')],
  ['403', 'AgentCore', refuse(403, 'AccessDeniedException')],
  ['404', 'Bedrock Agents', refuse(404, 'ResourceNotFoundException')],
  ['409', 'Bedrock Agents', refuse(409, 'ConflictException')],
  ['500', 'Bedrock Agents', refuse(500, 'InternalServerException')],
  ['500', 'AgentCore', refuse(500, 'InternalServerException')],
  ['502', 'Bedrock Agents', refuse(502, 'BadGatewayException')],
  ['504', 'AgentCore', refuse(504)],
  ['DependencyFailedException', 'Bedrock Agents', refuse(424, 'DependencyFailedException')],
  ['RuntimeClientError', 'AgentCore', refuse(424, 'RuntimeClientError')],
  ['ServiceQuotaExceededException', 'Bedrock Agents', refuse(400, 'ServiceQuotaExceededException')],
  ['ServiceQuotaExceededException', 'AgentCore', refuse(402, 'ServiceQuotaExceededException')],
  ['serviceQuotaExceededException as the first event', 'Bedrock Agents', fail('serviceQuotaExceededException')],
  ['internalServerException as the first event', 'Bedrock Agents', fail('internalServerException')],
  ['dependencyFailedException as the first event', 'Bedrock Agents', fail('dependencyFailedException')],
  ["an agent's own error", 'AgentCore', agentError({ error: 'It broke.' })],
  ["an agent's own error with a status of its own", 'AgentCore', agentError({ error: 'Busy', status_code: 429 })],
  ['an answer without an answer', 'Bedrock Agents', answerWith('')],
  ['a connection that is reset before the headers', 'Bedrock Agents', (response) => response.socket?.resetAndDestroy()],
  ['a connection that is closed before the headers', 'AgentCore', (response) => response.socket?.end()],
])('%s from %s is not retried, for the turn may have run or would fail again', async (_, service, first) => {
  const { ask, server } = await play([first, answer('Hello')]);
  await expect(ask({ model: models[service], num_retries: 3 })).rejects.toMatchObject({ llm_provider: 'bedrock' });
  await sleep(50);
  expect(server.received).toHaveLength(1);
});

test('silence is not retried: the agent may still be at work', async () => {
  const { ask, server } = await play([() => undefined, answer('Hello')]);
  await expect(ask({ num_retries: 3, timeout: 0.2 })).rejects.toMatchObject({ name: 'Timeout' });
  await sleep(50);
  expect(server.received).toHaveLength(1);
});

test('a refused connection is retried until somebody listens', async () => {
  const gone = await serve(() => undefined);
  await gone.close();
  const { ask } = createAsk(gone);
  const asked = ask({ num_retries: 5 });
  await sleep(40);
  const server = await serve(answer('Hello'), Number(new URL(gone.url).port));
  expect(await asked).toBe('Hello');
  expect(server.received).toHaveLength(1);
});

test('a refused connection is an APIConnectionError when nobody ever listens', async () => {
  const gone = await serve(() => undefined);
  await gone.close();
  const { ask } = createAsk(gone);
  await expect(ask({ num_retries: 1 })).rejects.toMatchObject({ name: 'APIConnectionError', retryable: true });
});

describe('Retry-After', () => {
  test('of 0 is no pause', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const busy = refuse(429, 'ThrottlingException', { 'retry-after': '0' });
    const { ask, server } = await play([busy, busy, answer('Hello')]);
    const began = performance.now();
    expect(await ask({ num_retries: 2 })).toBe('Hello');
    // Of our own the two pauses would be 1.5 seconds.
    expect(performance.now() - began).toBeLessThan(700);
    expect(server.received).toHaveLength(3);
  });

  test('of 1 is a pause of a second', async () => {
    const { ask, server } = await play([
      refuse(503, 'ServiceUnavailableException', { 'retry-after': '1' }),
      answer('Hello'),
    ]);
    const began = performance.now();
    expect(await ask({ num_retries: 1 })).toBe('Hello');
    expect(performance.now() - began).toBeGreaterThan(990);
    expect(performance.now() - began).toBeLessThan(2000);
    expect(server.received).toHaveLength(2);
  });

  test('of an hour is not waited for', async () => {
    const { ask, server } = await play([refuse(429, 'ThrottlingException', { 'retry-after': '3600' })]);
    await expect(ask({ num_retries: 2 })).rejects.toMatchObject({ name: 'RateLimitError', retry_after: 3600 });
    expect(server.received).toHaveLength(1);
  });
});

test('the pauses grow, and chance shortens them', async () => {
  const arrivals: number[] = [];
  vi.spyOn(Math, 'random').mockReturnValue(0.2);
  const server = await serve((response) => {
    arrivals.push(performance.now());
    (arrivals.length < 4 ? refuse(503) : answer('Hello'))(response);
  });
  expect(await createAsk(server).ask({ num_retries: 3 })).toBe('Hello');
  const pauses = arrivals.slice(1).map((arrival, index) => arrival - (arrivals[index] ?? 0));
  for (const [index, expected] of [100, 200, 400].entries()) {
    expect(pauses[index]).toBeGreaterThan(expected - 10);
    expect(pauses[index]).toBeLessThan(expected + 90);
  }
});

/** A server that gives these answers in turn, the last one for ever, and a way to ask it. */
async function play(answers: readonly Answer[]) {
  let calls = 0;
  const server = await serve((response) => answers[Math.min(calls++, answers.length - 1)]?.(response));
  return { server, ...createAsk(server) };
}

function createAsk({ url }: Loopback) {
  const completion = createCompletion(bedrock(reach(url)));
  // One session, so that the requests of all tries can be compared.
  const defaults = { model: agentModel, messages, litellm_session_id: 'session-0123456789-0123456789-0123456789' };

  async function ask(parameters: Partial<CompletionParameters>, stream = false): Promise<string> {
    if (!stream) {
      const whole = await completion({ ...defaults, ...parameters, stream: false });
      return whole.choices[0]?.message.content ?? '';
    }
    let text = '';
    for await (const piece of await completion({ ...defaults, ...parameters, stream: true })) {
      text += piece.choices[0]?.delta.content ?? '';
    }
    return text;
  }

  return { ask };
}

/** A refusal as AWS writes it. */
function refuse(status: number, name?: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return (response) => {
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(name !== undefined && { 'x-amzn-errortype': name }),
      ...headers,
    });
    response.end('{"message":"No."}');
  };
}

/** An answer of either service: which one was asked is in the path. */
function answer(text: string): Answer {
  return (response) => {
    const isAgent = response.req.url?.startsWith('/agents/') === true;
    answerWith(isAgent ? chunk(text) : `data: ${JSON.stringify(text)}\n\n`, true)(response);
  };
}

function fail(type: string): Answer {
  return answerWith(exception(type, 'No.'), true);
}

function answerWith(bytes: Buffer | string, isWhole = typeof bytes === 'string'): Answer {
  return (response) => {
    const isAgent = response.req.url?.startsWith('/agents/') === true;
    response.writeHead(200, {
      'content-type': isAgent ? 'application/vnd.amazon.eventstream' : 'text/event-stream',
    });
    if (bytes.length > 0) response.write(bytes);
    if (isWhole) response.end();
  };
}
