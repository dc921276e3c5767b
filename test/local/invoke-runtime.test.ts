import { once } from 'node:events';
import {
  BedrockAgentCoreClient,
  InvokeAgentRuntimeCommand,
  StopRuntimeSessionCommand,
} from '@aws-sdk/client-bedrock-agentcore';
import type {
  InvokeAgentRuntimeCommandInput,
  InvokeAgentRuntimeCommandOutput,
} from '@aws-sdk/client-bedrock-agentcore';
import { afterEach, expect, test } from 'vitest';
import { awsException, startLocalBedrock } from '../../src/local.ts';
import type { LocalRuntime } from '../../src/local.ts';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const agentRuntimeArn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-abcdefghij';
const sessionId = 'a-session-of-the-right-length-0123456789';

async function createClient(runtime: LocalRuntime): Promise<BedrockAgentCoreClient> {
  const bedrock = await startLocalBedrock({ runtimes: { [agentRuntimeArn]: runtime } });
  const client = new BedrockAgentCoreClient({ region: 'us-east-1', endpoint: bedrock.url, maxAttempts: 1 });
  closing.push(() => client.destroy(), bedrock.close);
  return client;
}

async function invoke(
  runtime: LocalRuntime,
  more: Partial<InvokeAgentRuntimeCommandInput> = {},
): Promise<InvokeAgentRuntimeCommandOutput & { text: string }> {
  const client = await createClient(runtime);
  const payload = '{"prompt":"Hi"}';
  const output = await client.send(new InvokeAgentRuntimeCommand({ agentRuntimeArn, payload, ...more }));
  return { ...output, text: (await output.response?.transformToString()) ?? '' };
}

// A generator function is what users write; not all of them have something to wait for.
/* eslint-disable @typescript-eslint/require-await */
test('a generator answers with server-sent events as Python frames them', async () => {
  const { contentType, text } = await invoke(async function* () {
    yield 'Hello "€"\n';
    yield { event: { messageStop: {} } };
    yield null;
  });
  expect(contentType).toBe('text/event-stream; charset=utf-8');
  expect(text).toBe('data: "Hello \\"€\\"\\n"\n\ndata: {"event":{"messageStop":{}}}\n\ndata: null\n\n');
});

test.each([
  [{ result: 'Hello' }, '{"result":"Hello"}'],
  ['Hello', '"Hello"'],
  [undefined, 'null'],
])('%j answers as JSON', async (value, body) => {
  for (const runtime of [() => value, () => Promise.resolve(value)]) {
    const { contentType, text } = await invoke(runtime);
    expect(contentType).toBe('application/json');
    expect(text).toBe(body);
  }
});

test('a Response passes as it is', async () => {
  const { contentType, statusCode, text } = await invoke(
    () => new Response('plain', { status: 202, headers: { 'content-type': 'text/plain' } }),
  );
  expect({ contentType, statusCode, text }).toEqual({ contentType: 'text/plain', statusCode: 202, text: 'plain' });
});

test('a Response whose body breaks off breaks the connection', async () => {
  const parts = [new TextEncoder().encode('data: 1\n\n')];
  const body = new ReadableStream({
    pull(controller) {
      const part = parts.pop();
      if (part) controller.enqueue(part);
      else controller.error(new Error('gone'));
    },
  });
  await expect(invoke(() => new Response(body))).rejects.toThrow();
});

test('the runtime is told what the caller sent', async () => {
  let told: unknown;
  const { runtimeSessionId } = await invoke(
    ({ arn, payload, sessionId, qualifier, userId, headers }) => {
      told = { arn, payload, sessionId, qualifier, userId, accept: headers.accept };
    },
    { runtimeSessionId: sessionId, runtimeUserId: 'me', qualifier: 'TEST', accept: 'text/event-stream' },
  );
  expect(told).toEqual({
    arn: agentRuntimeArn,
    payload: { prompt: 'Hi' },
    sessionId,
    qualifier: 'TEST',
    userId: 'me',
    accept: 'text/event-stream',
  });
  expect(runtimeSessionId).toBe(sessionId);
});

test('a payload that is no JSON arrives as text', async () => {
  expect((await invoke(({ payload }) => payload, { payload: 'just text' })).text).toBe('"just text"');
});

test('a call without a session gets a new one', async () => {
  const bedrock = await startLocalBedrock({ runtimes: { [agentRuntimeArn]: ({ sessionId }) => sessionId } });
  closing.push(bedrock.close);
  const url = `${bedrock.url}/runtimes/${encodeURIComponent(agentRuntimeArn)}/invocations`;
  const response = await fetch(url, { method: 'POST', body: '{}' });
  const header = response.headers.get('x-amzn-bedrock-agentcore-runtime-session-id');
  expect(header).toMatch(/^[0-9a-f-]{36}$/);
  expect(await response.json()).toBe(header);
});

test('a runtime that is not configured is a ResourceNotFoundException', async () => {
  await expect(invoke(() => 'ok', { agentRuntimeArn: `${agentRuntimeArn}x` })).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    $metadata: { httpStatusCode: 404 },
  });
});

test('a runtime that fails before it answers is a RuntimeClientError that hides the cause', async () => {
  const failing: readonly LocalRuntime[] = [
    () => Promise.reject(new Error('secret')),
    // eslint-disable-next-line require-yield
    async function* () {
      throw new Error('secret');
    },
  ];
  for (const runtime of failing) {
    await expect(invoke(runtime)).rejects.toMatchObject({
      name: 'RuntimeClientError',
      message: 'Received error (500) from runtime. Please check your CloudWatch logs for more information.',
      $metadata: { httpStatusCode: 424 },
    });
  }
});

test.each([
  ['ServiceQuotaExceededException', 402],
  ['AccessDeniedException', 403],
  ['RetryableConflictException', 409],
  ['ThrottlingException', 429],
  ['InternalServerException', 500],
])('%s is HTTP %i', async (name, httpStatusCode) => {
  const runtime = (): never => {
    throw awsException(name, 'No.');
  };
  await expect(invoke(runtime)).rejects.toMatchObject({ name, message: 'No.', $metadata: { httpStatusCode } });
});

test('a runtime that fails in its stream ends it with an error event', async () => {
  const { text } = await invoke(async function* () {
    yield 'part';
    throw new TypeError('Oh.');
  });
  expect(text).toBe(
    'data: "part"\n\n' +
      'data: {"error":"Oh.","error_type":"TypeError","message":"An error occurred during streaming"}\n\n',
  );
});

test('the signal aborts and the runtime is ended when the caller leaves', async () => {
  let aborted: Promise<unknown> | undefined;
  let end: (value: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => (end = resolve));
  const client = await createClient(async function* ({ signal }) {
    aborted = once(signal, 'abort');
    try {
      yield 'part';
      await aborted;
      yield 'never read';
    } finally {
      end('ended');
    }
  });
  const output = await client.send(new InvokeAgentRuntimeCommand({ agentRuntimeArn, payload: '{}' }));
  for await (const bytes of output.response as unknown as AsyncIterable<Uint8Array>) {
    expect(Buffer.from(bytes).toString()).toBe('data: "part"\n\n');
    break;
  }
  await aborted;
  expect(await ended).toBe('ended');
});

test('StopRuntimeSession stops a session of a runtime that there is, and gives its id back', async () => {
  const client = await createClient(() => 'Hi');
  const stop = (asked: object = {}) =>
    client.send(new StopRuntimeSessionCommand({ agentRuntimeArn, runtimeSessionId: sessionId, ...asked }));
  expect(await stop()).toMatchObject({ runtimeSessionId: sessionId, statusCode: 200 });
  await expect(stop({ agentRuntimeArn: `${agentRuntimeArn}x` })).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  await expect(stop({ runtimeSessionId: 'short' })).rejects.toMatchObject({ name: 'ValidationException' });
});
