import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { BedrockAgentRuntimeClient, InvokeAgentCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import type { InvokeAgentCommandInput, ResponseStream } from '@aws-sdk/client-bedrock-agent-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, expect, test } from 'vitest';
import { awsException, startLocalBedrock } from '../../src/local.ts';
import type { LocalAgent, LocalBedrock } from '../../src/local.ts';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(agent: LocalAgent): Promise<LocalBedrock> {
  const bedrock = await startLocalBedrock({ agents: { 'AGENT/ALIAS': agent } });
  closing.push(bedrock.close);
  return bedrock;
}

function createClient(bedrock: LocalBedrock): BedrockAgentRuntimeClient {
  const client = new BedrockAgentRuntimeClient({
    region: 'us-east-1',
    endpoint: bedrock.url,
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  });
  closing.push(() => client.destroy());
  return client;
}

const input = { agentId: 'AGENT', agentAliasId: 'ALIAS', sessionId: 'session.1:a', inputText: 'Hi' };
const streaming = { streamingConfigurations: { streamFinalResponse: true } };

async function invoke(agent: LocalAgent, more: Partial<InvokeAgentCommandInput> = {}): Promise<ResponseStream[]> {
  const client = createClient(await start(agent));
  const { completion } = await client.send(new InvokeAgentCommand({ ...input, ...more }));
  const events: ResponseStream[] = [];
  for await (const event of completion ?? []) events.push(event);
  return events;
}

function texts(events: readonly ResponseStream[]): readonly string[] {
  return events.flatMap((event) => (event.chunk ? [Buffer.from(event.chunk.bytes ?? []).toString()] : []));
}

// A generator function is what users write; not all of them have something to wait for.
/* eslint-disable @typescript-eslint/require-await */
const worker: LocalAgent = async function* () {
  yield { rationale: 'Think.' };
  yield 'Good ';
  yield 'day €';
  yield { usage: { inputTokens: 7, outputTokens: 3, foundationModel: 'some.model-v1:0' } };
  yield { usage: { inputTokens: 5, outputTokens: 2 } };
  yield { trace: { failureTrace: { traceId: 't', failureReason: 'tired' } } };
};

test('the answer is one chunk at the end unless it is asked to be streamed', async () => {
  expect(texts(await invoke(worker))).toEqual(['Good day €']);
  expect(texts(await invoke(worker, streaming))).toEqual(['Good ', 'day €']);
});

test('traces come only when asked for', async () => {
  expect((await invoke(worker)).filter((event) => event.trace)).toEqual([]);
  expect((await invoke(worker, { enableTrace: true })).filter((event) => event.trace)).toHaveLength(6);
});

test('a trace part says who made it and when', async () => {
  const [first] = await invoke(worker, { enableTrace: true });
  expect(first?.trace).toMatchObject({
    agentId: 'AGENT',
    agentAliasId: 'ALIAS',
    agentVersion: '1',
    sessionId: 'session.1:a',
    callerChain: [{ agentAliasArn: 'arn:aws:bedrock:us-east-1:123456789012:agent-alias/AGENT/ALIAS' }],
    eventTime: expect.any(Date) as Date,
  });
});

test('usage and rationale are the traces of model calls, each with its own id', async () => {
  const events = await invoke(worker, { enableTrace: true });
  const traces = events.flatMap((event) => (event.trace?.trace ? [event.trace.trace] : []));
  const [rationale, input1, output1, input2, output2, failure] = traces.map(
    (trace) => trace.orchestrationTrace ?? trace,
  );
  expect(rationale).toMatchObject({ rationale: { text: 'Think.', traceId: expect.stringMatching(/-0$/) as string } });
  expect(input1).toMatchObject({ modelInvocationInput: { foundationModel: 'some.model-v1:0', type: 'ORCHESTRATION' } });
  expect(output1).toMatchObject({
    modelInvocationOutput: {
      traceId: expect.stringMatching(/-0$/) as string,
      metadata: { clientRequestId: expect.any(String) as string, usage: { inputTokens: 7, outputTokens: 3 } },
    },
  });
  expect(input2).toMatchObject({ modelInvocationInput: { traceId: expect.stringMatching(/-1$/) as string } });
  expect(output2).toMatchObject({
    modelInvocationOutput: { metadata: { usage: { inputTokens: 5, outputTokens: 2 } } },
  });
  expect(failure).toMatchObject({ failureTrace: { failureReason: 'tired' } });
});

test('events arrive while the agent is still working', async () => {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const client = createClient(
    await start(async function* () {
      yield 'early';
      await released;
      yield 'late';
    }),
  );
  const { completion } = await client.send(new InvokeAgentCommand({ ...input, ...streaming }));
  const seen: string[] = [];
  for await (const event of completion ?? []) {
    seen.push(...texts([event]));
    release();
  }
  expect(seen).toEqual(['early', 'late']);
});

test('the agent is told what the caller sent', async () => {
  let told: unknown;
  await invoke(
    async function* (request) {
      told = request;
      yield 'ok';
    },
    { ...streaming, memoryId: 'memory', endSession: true, sessionState: { promptSessionAttributes: { a: 'b' } } },
  );
  expect(told).toMatchObject({
    ...input,
    requestId: expect.any(String) as string,
    body: { inputText: 'Hi', ...streaming },
    memoryId: 'memory',
    enableTrace: false,
    endSession: true,
    streamFinalResponse: true,
    sessionState: { promptSessionAttributes: { a: 'b' } },
  });
});

test('the answer has the headers that AWS sends', async () => {
  const client = createClient(await start(worker));
  const answer = await client.send(new InvokeAgentCommand({ ...input, memoryId: 'memory' }));
  expect(answer).toMatchObject({ sessionId: 'session.1:a', memoryId: 'memory', contentType: 'application/json' });
  expect(answer.$metadata).toMatchObject({ httpStatusCode: 200, requestId: expect.any(String) as string });
});

test('a return of control, files and a cited chunk pass in AWS shape', async () => {
  const events = await invoke(async function* () {
    yield 'Before. ';
    yield {
      chunk: { bytes: 'Cited.', attribution: { citations: [{ retrievedReferences: [{ content: { text: 'x' } }] }] } },
    };
    yield { files: [{ name: 'a.txt', type: 'text/plain', bytes: 'A' }] };
    yield {
      returnControl: { invocationId: 'i', invocationInputs: [{ functionInvocationInput: { actionGroup: 'g' } }] },
    };
  });
  expect(texts(events)).toEqual(['Before. ', 'Cited.']);
  expect(events[1]?.chunk?.attribution?.citations?.[0]?.retrievedReferences?.[0]?.content?.text).toBe('x');
  expect(events[2]?.files?.files).toEqual([{ name: 'a.txt', type: 'text/plain', bytes: new Uint8Array([65]) }]);
  expect(events[3]?.returnControl).toEqual({
    invocationId: 'i',
    invocationInputs: [{ functionInvocationInput: { actionGroup: 'g' } }],
  });
});

test.each([
  ['ValidationException', 400],
  ['ServiceQuotaExceededException', 400],
  ['AccessDeniedException', 403],
  ['ResourceNotFoundException', 404],
  ['ConflictException', 409],
  ['DependencyFailedException', 424],
  ['ModelNotReadyException', 424],
  ['ThrottlingException', 429],
  ['InternalServerException', 500],
  ['BadGatewayException', 502],
])('%s is HTTP %i before the first event and an exception in the stream after it', async (name, httpStatusCode) => {
  await expect(
    // eslint-disable-next-line require-yield
    invoke(async function* () {
      throw awsException(name, 'No.');
    }),
  ).rejects.toMatchObject({ name, message: 'No.', $metadata: { httpStatusCode } });

  const client = createClient(
    await start(async function* () {
      yield 'part';
      throw awsException(name, 'No.');
    }),
  );
  const { completion } = await client.send(new InvokeAgentCommand({ ...input, ...streaming }));
  const seen: ResponseStream[] = [];
  const reading = (async () => {
    for await (const event of completion ?? []) seen.push(event);
  })();
  await expect(reading).rejects.toMatchObject({ name, message: 'No.' });
  expect(texts(seen)).toEqual(['part']);
});

test('an error of no AWS name is an InternalServerException', async () => {
  await expect(
    // Not streamed: nothing was sent when the agent fails, so this is an HTTP error.
    invoke(async function* () {
      yield 'held';
      throw new Error('Oh.');
    }),
  ).rejects.toMatchObject({ name: 'InternalServerException', message: 'Oh.', $metadata: { httpStatusCode: 500 } });
});

test('an agent that is not configured is a ResourceNotFoundException', async () => {
  await expect(invoke(worker, { agentId: 'OTHER' })).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    $metadata: { httpStatusCode: 404 },
  });
});

test.each([
  [
    'a call without credentials',
    '/agents/A/agentAliases/B/sessions/abc/text',
    {},
    '{}',
    403,
    'MissingAuthenticationTokenException',
  ],
  [
    'a body that is no JSON',
    '/agents/A/agentAliases/B/sessions/abc/text',
    { authorization: 'x' },
    'hi',
    400,
    'ValidationException',
  ],
  ['a path that is no operation', '/agents/A', {}, '{}', 404, 'UnknownOperationException'],
  [
    'a path with a broken escape',
    '/agents/%zz/agentAliases/B/sessions/abc/text',
    {},
    '{}',
    404,
    'UnknownOperationException',
  ],
])('%s is refused', async (_, path, headers, body, status, name) => {
  const bedrock = await start(worker);
  const response = await fetch(bedrock.url + path, { method: 'POST', headers, body });
  expect(response.status).toBe(status);
  expect(response.headers.get('x-amzn-errortype')).toBe(name);
  expect(await response.json()).toEqual({ message: expect.any(String) as string });
});

test('the signal aborts and the agent is ended when the caller leaves', async () => {
  let aborted: Promise<unknown> | undefined;
  let end: (value: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => (end = resolve));
  const client = createClient(
    await start(async function* ({ signal }) {
      aborted = once(signal, 'abort');
      try {
        for (;;) {
          yield 'more ';
          await sleep(5);
        }
      } finally {
        end('ended');
      }
    }),
  );
  const controller = new AbortController();
  const command = new InvokeAgentCommand({ ...input, ...streaming });
  const { completion } = await client.send(command, { abortSignal: controller.signal });
  const reading = (async () => {
    for await (const event of completion ?? []) if (event.chunk) controller.abort();
  })();
  await expect(reading).rejects.toThrow();
  await aborted;
  expect(await ended).toBe('ended');
});
