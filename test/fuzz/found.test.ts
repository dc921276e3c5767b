import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createReader as createRuntimeReader } from '../../src/bedrock/agentcore/events.ts';
import { createReader as createAgentReader } from '../../src/bedrock/agents/events.ts';
import { createReader as createHarnessReader } from '../../src/bedrock/harness/events.ts';
import { BadGatewayError, BadRequestError } from '../../src/index.ts';
import { parseRequest } from '../../src/openai/request.ts';
import { ConfigError, createProxy, loadConfig } from '../../src/proxy.ts';
import { bytewise, play } from '../support/corpus.ts';
import { event } from '../support/frames.ts';
import { read, readStream, readWhole } from '../support/reading.ts';

// What fuzzing found, each as small as it can be.

describe('a field that tells things apart may be an object that no text can be made of', () => {
  const odd = { toString: 1, valueOf: 1 };
  test.each<[string, object]>([
    ['a block of Anthropic', { type: 'content_block_delta', index: odd, delta: { text: 'Hi' } }],
    ['a block of Converse', { contentBlockDelta: { contentBlockIndex: odd, delta: { text: 'Hi' } } }],
    ['a task of CrewAI', { chunk_type: 'text', agent_role: 'a', task_index: odd, content: 'Hi' }],
    ['a call of OpenAI', { choices: [{ delta: { content: 'Hi', tool_calls: [{ index: odd }] } }] }],
    ['a call of LangChain', { type: 'AIMessageChunk', content: 'Hi', tool_call_chunks: [{ index: odd, args: '' }] }],
    [
      'a part of Pydantic AI',
      { event_kind: 'part_delta', index: odd, delta: { part_delta_kind: 'text', content_delta: 'Hi' } },
    ],
  ])('%s', (_, value) => {
    expect(readStream(value)).toMatchObject({ text: 'Hi', error: undefined });
  });

  test('the name of a call', () => {
    const message = { type: 'ai', content: 'Hi', tool_calls: [{ id: 'c', name: odd, args: {} }] };
    expect(readStream(message)).toMatchObject({ text: 'Hi', calls: ['({})'] });
  });

  test('an error of the Claude SDK', () => {
    const result = { type: 'result', subtype: 'failed', session_id: 's', is_error: true, errors: [odd, 'It broke.'] };
    expect(readStream(result).error).toBe('It broke.');
  });
});

// JSON has no infinity, but numbers that are read as one.
test.each(['-1', '1e999', '"5"'])('%s is no number of tokens', (tokens) => {
  const usage = `{"inputTokens":${tokens},"outputTokens":7}`;
  expect(read(`{"result":"Hi","usage":${usage}}`, 'application/json').usage).toEqual([0, 7]);
  const harness = Buffer.concat([
    event('metadata', `{"usage":${usage}}`),
    event('messageStop', { stopReason: 'end_turn' }),
  ]);
  expect(play(createHarnessReader(new Set()), [harness]).events[0]).toMatchObject({ inputTokens: 0, outputTokens: 7 });
});

describe('an event of AWS with a field of another type is a bad gateway', () => {
  const asked = { sessionId: 's', agentId: 'A', tools: [] };
  const createAgent = () => createAgentReader({ showTraces: true, asked });
  const createHarness = () => createHarnessReader(new Set());
  test.each([
    ['files', createAgent, 'files', { files: 'a' }],
    ['the name of a file', createAgent, 'files', { files: [{ name: 1 }] }],
    ['citations', createAgent, 'chunk', { attribution: { citations: {} } }],
    ['a citation', createAgent, 'chunk', { attribution: { citations: [null] } }],
    ['actions', createAgent, 'returnControl', { invocationId: 'i', invocationInputs: 'a' }],
    ['an action', createAgent, 'returnControl', { invocationId: 'i', invocationInputs: [null] }],
    [
      'parameters',
      createAgent,
      'returnControl',
      { invocationId: 'i', invocationInputs: [{ functionInvocationInput: { parameters: {} } }] },
    ],
    ['a trace', createAgent, 'trace', { trace: { guardrailTrace: { action: 'INTERVENED', inputAssessments: {} } } }],
    [
      'a model',
      createAgent,
      'trace',
      { trace: { orchestrationTrace: { modelInvocationInput: { foundationModel: 1 } } } },
    ],
    ['a text', createHarness, 'contentBlockDelta', { delta: { text: { a: 1 } } }],
    ['the arguments of a call', createHarness, 'contentBlockDelta', { delta: { toolUse: { input: { toString: 1 } } } }],
    ['the id of a call', createHarness, 'contentBlockStart', { start: { toolUse: { toolUseId: 1 } } }],
    ['a stop reason', createHarness, 'messageStop', { stopReason: 1 }],
  ] as const)('%s', (_, createReader, type, body) => {
    expect(play(createReader(), [event(type, body)])).toMatchObject({
      events: [],
      error: expect.any(BadGatewayError) as unknown,
    });
  });
});

test('a character that stands for garbage does not hide what follows it, where garbage comes with it', () => {
  const bytes = Buffer.concat([Buffer.from('a\ufffdb'), Buffer.from([0xff, 0x41])]);
  const whole = play(createRuntimeReader('text/plain'), [bytes]);
  expect(whole.events).toEqual([{ type: 'text', text: 'a\ufffdb' }]);
  expect(play(createRuntimeReader('text/plain'), bytewise(bytes)).events).toEqual(whole.events);
});

test("Python's dictionaries may be keys in each other as deep as JSON may be", () => {
  const repr = `{'a': ${'{'.repeat(200)}1: 1${'}: 1'.repeat(199)}}, 'message': {'role': 'assistant', 'content': [{'text': 'Hi'}]}}`;
  expect(readWhole(repr).text).toBe('Hi');
});

test('a data URL of semicolons is refused, however many', () => {
  const parts = [{ type: 'image_url', image_url: { url: `data:${';'.repeat(10_000_000)}` } }];
  const ask = () =>
    parseRequest({ model: 'bedrock/agent/A/B', messages: [{ role: 'user', content: parts }] }, () => false);
  expect(ask).toThrow(BadRequestError);
});

test('a price below nothing is refused, which no metric could count', () => {
  const messages = [{ role: 'user', content: 'Hi' }];
  const ask = () => parseRequest({ model: 'bedrock/agent/A/B', messages, input_cost_per_token: -1 }, () => false);
  expect(ask).toThrow(/input_cost_per_token: expected at least 0/);
});

test('the proxy refuses a model that is no text, whatever stands in its place', async () => {
  const proxy = createProxy(
    await load('model_list: [{ model_name: a, litellm_params: { model: bedrock/agent/A/B } }]'),
  );
  for (const model of [[{ toString: null }], { toString: 1 }, null, 1]) {
    const body = JSON.stringify({ model, fallbacks: ['a'], messages: [{ role: 'user', content: 'Hi' }] });
    const headers = { 'content-type': 'application/json' };
    const response = await proxy.fetch('http://proxy/v1/chat/completions', { method: 'POST', headers, body });
    expect(response.status, body).toBe(400);
  }
});

test.each<[string, object]>([
  ['messages', { messages: { length: [{ toString: null }] } }],
  ['tools.0.function.name', { tools: [{ type: 'function', function: { name: { length: [{ toString: null }] } } }] }],
])('%s may have a length that no number can be made of, and are refused all the same', (param, wrong) => {
  const given = { model: 'bedrock/agent/A/B', messages: [{ role: 'user', content: 'Hi' }], ...wrong };
  expect(() => parseRequest(given, () => false)).toThrow(BadRequestError);
  expect(() => parseRequest(given, () => false)).toThrow(param);
});

test('what stands in a configuration is in no warning of the YAML parser', async () => {
  const warned: string[] = [];
  const onWarning = ({ message }: Error) => void warned.push(message);
  process.on('warning', onWarning);
  await load(`? [sk-secret]\n: x\nmodel_list: [{ model_name: a, litellm_params: { model: bedrock/agent/A/B } }]`);
  await new Promise(setImmediate);
  process.off('warning', onWarning);
  expect(warned).toEqual([]);
});

describe('the environment of a configuration', () => {
  const rows = 'model_list: [{ model_name: a, litellm_params: { model: bedrock/agent/A/B, hint: ';

  test('holds texts', async () => {
    const yaml = `${rows} x } }]\nenvironment_variables: { SECRET: { toString: 1 } }`;
    await expect(load(yaml)).rejects.toThrow(/:2: environment_variables\.SECRET: expected a text/);
    await expect(load(yaml)).rejects.toThrow(ConfigError);
  });

  test('has no variables that every object has', async () => {
    await expect(load(`${rows} os.environ/toString } }]`)).rejects.toThrow(/toString is not set/);
  });
});

async function load(yaml: string) {
  const file = join(await mkdtemp(join(tmpdir(), 'found-')), 'config.yaml');
  await writeFile(file, yaml);
  return loadConfig(file, {});
}
