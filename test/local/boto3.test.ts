import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { awsException, startLocalBedrock } from '../../src/local.ts';
import type { LocalAgent, LocalHarness } from '../../src/local.ts';

const installed = spawnSync('python3', ['-c', 'import boto3']).status === 0;

// A generator function is what users write; not all of them have something to wait for.
/* eslint-disable @typescript-eslint/require-await */
const agents: Record<string, LocalAgent> = {
  'TALK/ALIAS': async function* ({ inputText }) {
    yield { rationale: 'Say it back.' };
    yield `You said: `;
    yield `${inputText} €`;
    yield { usage: { inputTokens: 2, outputTokens: 3, foundationModel: 'some.model-v1:0' } };
  },
  // eslint-disable-next-line require-yield
  'THROTTLED/ALIAS': async function* () {
    throw awsException('ThrottlingException', 'Too fast.');
  },
  'BROKEN/ALIAS': async function* () {
    yield 'part';
    throw awsException('DependencyFailedException', 'A tool failed.', { resourceName: 'Lambda' });
  },
  'CONTROL/ALIAS': async function* ({ sessionState }) {
    const results = sessionState['returnControlInvocationResults'];
    if (results) yield `Got ${JSON.stringify(results)}`;
    else yield { returnControl: { invocationId: 'one', invocationInputs: [{ functionInvocationInput: weather }] } };
  },
};
const weather = {
  actionGroup: 'Weather',
  function: 'temperature',
  parameters: [{ name: 'city', type: 'string', value: 'Oslo' }],
};

const arn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/';
const runtimes = {
  [`${arn}json-abcdefghij`]: () => ({ result: 'Hello €' }),
  [`${arn}events-abcdefghij`]: async function* () {
    yield 'Hello ';
    yield { event: { messageStop: { stopReason: 'end_turn' } } };
  },
};

const harnesses: Record<string, LocalHarness> = {
  'arn:aws:bedrock-agentcore:us-east-1:123456789012:harness/talk-abcdefghij': async function* ({ text }) {
    yield `You said: ${text} €`;
    yield { toolUse: { name: 'add', toolUseId: 'a', input: { b: 1 } } };
    yield { usage: { inputTokens: 2, outputTokens: 3 } };
  },
  'arn:aws:bedrock-agentcore:us-east-1:123456789012:harness/broken-abcdefghij': async function* () {
    yield 'part';
    throw awsException('RuntimeClientError', 'The model failed.');
  },
};

describe.skipIf(!installed)('boto3 (needs `python3 -c "import boto3"`)', () => {
  let seen: Record<string, Record<string, unknown>>;
  beforeAll(async () => {
    const bedrock = await startLocalBedrock({ agents, runtimes, harnesses });
    const script = new URL('ask_with_boto3.py', import.meta.url).pathname;
    const env = { ...process.env, ...bedrock.env };
    const { stdout } = await promisify(execFile)('python3', [script], {
      env: { ...env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    seen = JSON.parse(stdout) as typeof seen;
    await bedrock.close();
  }, 60_000);

  test('reads a whole answer', () => {
    expect(seen['whole']).toEqual({ chunks: ['You said: Hi €'], traces: [], session: 'session' });
  });

  test('reads a streamed answer with its traces', () => {
    expect(seen['streamed']).toMatchObject({
      chunks: ['You said: ', 'Hi €'],
      traces: [
        { orchestrationTrace: { rationale: { text: 'Say it back.' } } },
        { orchestrationTrace: { modelInvocationInput: { foundationModel: 'some.model-v1:0' } } },
        { orchestrationTrace: { modelInvocationOutput: { metadata: { usage: { inputTokens: 2, outputTokens: 3 } } } } },
      ],
    });
  });

  test('raises what is refused', () => {
    expect(seen['refused']).toEqual({
      Code: 'ValidationException',
      Message:
        "1 validation error detected: Value 'not valid' at 'sessionId' failed to satisfy constraint: " +
        'Member must satisfy regular expression pattern: [0-9a-zA-Z._:-]+',
      status: 400,
    });
    expect(seen['throttled']).toEqual({ Code: 'ThrottlingException', Message: 'Too fast.', status: 429 });
    expect(seen['missing']).toMatchObject({ Code: 'ResourceNotFoundException', status: 404 });
  });

  test('raises an exception in the stream after what came before it', () => {
    expect(seen['broken']).toMatchObject({
      chunks: ['part'],
      error: { Code: 'dependencyFailedException', Message: 'A tool failed.' },
    });
  });

  test('gets control and gives results back', () => {
    expect(seen['control']).toMatchObject({
      returnControl: { invocationId: 'one', invocationInputs: [{ functionInvocationInput: weather }] },
    });
    const responseBody = { TEXT: { body: '12 degrees' } };
    const result = { functionResult: { actionGroup: 'Weather', function: 'temperature', responseBody } };
    expect(seen['resumed']).toMatchObject({ chunks: [`Got ${JSON.stringify([result])}`] });
  });

  test("reads a harness's events and their failures", () => {
    expect(seen['harness']).toEqual({
      events: [
        { messageStart: { role: 'assistant' } },
        { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'You said: Hi €' } } },
        { contentBlockStop: { contentBlockIndex: 0 } },
        { contentBlockStart: { contentBlockIndex: 1, start: { toolUse: { toolUseId: 'a', name: 'add' } } } },
        { contentBlockDelta: { contentBlockIndex: 1, delta: { toolUse: { input: '{"b":1}' } } } },
        { contentBlockStop: { contentBlockIndex: 1 } },
        { messageStop: { stopReason: 'tool_use' } },
        { metadata: { usage: { inputTokens: 2, outputTokens: 3, totalTokens: 5 }, metrics: { latencyMs: 1 } } },
      ],
    });
    expect(seen['harness_broken']).toMatchObject({
      events: [{ messageStart: { role: 'assistant' } }, { contentBlockDelta: { delta: { text: 'part' } } }],
      error: { Code: 'runtimeClientError', Message: 'The model failed.' },
    });
    expect(seen['harness_refused']).toMatchObject({ Code: 'ValidationException', status: 400 });
  });

  test('reads the JSON and the server-sent events of a runtime', () => {
    const session = 'a-session-of-the-right-length-0123456789';
    expect(seen['json']).toEqual({ type: 'application/json', session, lines: ['{"result":"Hello €"}'] });
    expect(seen['events']).toEqual({
      type: 'text/event-stream; charset=utf-8',
      session,
      lines: ['data: "Hello "', '', 'data: {"event":{"messageStop":{"stopReason":"end_turn"}}}', ''],
    });
  });
});
