import { describe, expect, test, vi } from 'vitest';
import type { AgentEvent, AgentResponse } from '../../src/agent.ts';
import { createReader as createRuntimeReader } from '../../src/bedrock/agentcore/events.ts';
import { createReader as createAgentReader } from '../../src/bedrock/agents/events.ts';
import { parseOutcome } from '../../src/bedrock/agents/outcome.ts';
import { readReturnControl } from '../../src/bedrock/agents/return-control.ts';
import type { Reader } from '../../src/bedrock/call.ts';
import { statusError, toAPIError } from '../../src/bedrock/errors.ts';
import { createReader as createHarnessReader } from '../../src/bedrock/harness/events.ts';
import { toInputFiles } from '../../src/bedrock/files.ts';
import { APIError, createCompletion } from '../../src/index.ts';
import { parseRequest } from '../../src/openai/request.ts';
import { cutAt, play } from '../support/corpus.ts';
import { event } from '../support/frames.ts';

// A megabyte that is made to cost the square of its length: linear, it costs milliseconds. Were it the square, no machine
// would be done within the bound.

vi.setConfig({ testTimeout: 120_000 });

const size = 1_000_000;
const most = 8000;

const fill = (begin: string, filling: string, end = '') =>
  begin + filling.repeat(Math.ceil(size / filling.length)) + end;

function expectSoon(run: () => unknown): void {
  const start = performance.now();
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(APIError);
  }
  expect(performance.now() - start).toBeLessThan(most);
}

const asked = { sessionId: 's', agentId: 'A', tools: [] };

describe('a text of 1 MB is read in a moment', () => {
  const texts: readonly (readonly [string, string])[] = [
    ['letters', fill('', 'a')],
    ['blanks', fill('a', ' ', 'a')],
    ['line breaks', fill('a', '\n', 'a')],
    ['returns', fill('a', '\r', 'a')],
    ['quotes', fill('', '"')],
    ['apostrophes', fill('', "'")],
    ['backslashes', fill('', '\\')],
    ['escaped quotes', fill('"', '\\"')],
    ['brackets', fill('', '[]')],
    ['braces', fill('', '{}')],
    ['closing brackets and blanks', fill('(', ') ', 'x')],
    ['refusals', fill('', 'blocked by ')],
    ['policies', fill('', 'violates ')],
    ['semicolons', fill('', ';')],
    ['words of a limit', fill('', 'max_tokens ')],
    ['frames within', fill('', 'data: {"a":1}\n\n')],
    ['fields within', fill('', 'event: a\n', 'data:x')],
    ['lines of a data stream', fill('', '0:"x"\n')],
    ['slashes', fill('', '/', 'x')],
    ['characters of more than one unit', fill('', '👋🏽')],
    ["Python's dictionary of escaped apostrophes", fill("{'data': '", "\\'")],
    ["Python's dictionary of words", fill("{'a': ", 'a ', '}')],
    ["Python's objects in objects", fill("{'a': ", 'A(', '}')],
    ["Python's objects without an end", fill("{'a': ", '<', '}')],
    ["Python's names without an end", fill("{'a': ", 'a<b', '}')],
    ["Python's numbers", fill("{'a': ", '1_', '}')],
    ["Python's keys that are dictionaries", `{'a': ${'{'.repeat(200)}1: 1${'}: 1'.repeat(199)}}}`],
    ["Strands' messages of escaped apostrophes", fill("AgentResult('role': 'assistant', 'content': ['", "\\'", ')')],
    ["Strands' messages of escaped quotes", fill("AgentResult('role': 'assistant', 'content': [\"", '\\"', ')')],
    [
      "Strands' messages of texts without an end",
      fill("AgentResult('role': 'assistant', 'content': [", "{'text': '\\'", ')'),
    ],
    ['messages of LangChain', fill("AIMessage(content='", ' type=', ')')],
    ['a state of LangChain', fill("content='x' ", " type='AAA", ')')],
    ['a result of a run', fill('RunResult:\n- Last agent: x\n- Final output x:\n', '\n- 1 new')],
  ];

  test.each(texts)('%s', (_, text) => {
    for (const body of [
      text,
      JSON.stringify(text),
      `data: ${JSON.stringify(text)}\n\n`,
      JSON.stringify({ result: text }),
    ]) {
      expectSoon(() => void play(createRuntimeReader(''), [Buffer.from(body)]));
      expectSoon(() => void play(createRuntimeReader('application/json'), toPieces(Buffer.from(body))));
    }
    const error = JSON.stringify({ error: text, status_code: 400 });
    expectSoon(() => void play(createRuntimeReader('application/json'), [Buffer.from(error)]));
  });

  test.each(texts)('in an error, %s', (_, text) => {
    expectSoon(() => statusError(400, text, {}));
    expectSoon(() => toAPIError(Object.assign(new Error(text), { name: 'ValidationException' }), ['a-secret-of-mine']));
  });

  test.each(texts)('in an answer to a call, %s', (_, text) => {
    for (const kind of [undefined, 'USER_CONFIRMATION', 'USER_CONFIRMATION_AND_RESULT'] as const) {
      expectSoon(() => parseOutcome(text, kind));
    }
  });

  test.each(texts)('in what a caller says, %s', (_, text) => {
    const parts = [
      { type: 'text', text },
      { type: 'image_url', image_url: { url: text } },
      { type: 'image_url', image_url: { url: `data:${text}` } },
      { type: 'file', file: { filename: text, file_data: 'AAAA' } },
    ];
    for (const part of parts) {
      expectSoon(() => {
        const { turns } = parseRequest(
          { model: 'bedrock/agent/A/B', messages: [{ role: 'user', content: [part] }] },
          () => false,
        ).request;
        const files = turns
          .flatMap((turn) => (turn.type === 'user' ? turn.parts : []))
          .filter((each) => each.type === 'file');
        toInputFiles(files, 'AgentCore');
      });
    }
  });

  test.each(texts)('told by an agent of its trace and its calls, %s', (_, text) => {
    const trace = { trace: { orchestrationTrace: { rationale: { text }, modelInvocationInput: { text } } } };
    const parameters = ['array', 'object', 'number', 'string'].map((type) => ({
      name: 'a',
      type,
      value: JSON.stringify([text]),
    }));
    expectSoon(() => play(createAgentReader({ showTraces: false, asked }), [event('trace', trace)]));
    expectSoon(() =>
      readReturnControl(
        { invocationId: 'i', invocationInputs: [{ functionInvocationInput: { function: text, parameters } }] },
        asked,
      ),
    );
  });

  test.each(texts)('and counted where nobody counted, %s', async (_, text) => {
    const response = (): AgentResponse => ({
      sessionId: 's',
      about: {},
      events: say([
        { type: 'text', text },
        { type: 'finish', reason: 'stop' },
      ]),
    });
    const completion = createCompletion(() => () => Promise.resolve(response()));
    const start = performance.now();
    const { usage } = await completion({ model: 'bedrock/agent/A/B', messages: [{ role: 'user', content: text }] });
    expect(usage?.total_tokens).toBeGreaterThan(0);
    expect(performance.now() - start).toBeLessThan(most);
  });
});

describe('many small things are read in a moment', () => {
  const many = (toBody: (index: number) => object, type: string, count = 10_000) =>
    Buffer.concat(Array.from({ length: count }, (_, index) => event(type, toBody(index))));

  test.each<[string, () => Reader, Buffer]>([
    ['chunks', () => createAgentReader({ showTraces: false, asked }), many(() => ({ bytes: 'YQ==' }), 'chunk')],
    [
      'citations',
      () => createAgentReader({ showTraces: false, asked }),
      many(
        (at) => ({
          bytes: 'YQ==',
          attribution: { citations: [{ generatedResponsePart: { textResponsePart: { text: `a${at}` } } }] },
        }),
        'chunk',
        30_000,
      ),
    ],
    [
      'parameters of one name',
      () => createAgentReader({ showTraces: false, asked }),
      event('returnControl', {
        invocationId: 'i',
        invocationInputs: [
          { apiInvocationInput: { parameters: Array.from({ length: 20_000 }, () => ({ name: 'a', value: 'b' })) } },
        ],
      }),
    ],
    [
      'properties of one name',
      () => createAgentReader({ showTraces: false, asked }),
      event('returnControl', {
        invocationId: 'i',
        invocationInputs: [
          {
            apiInvocationInput: {
              requestBody: {
                content: { a: { properties: Array.from({ length: 5000 }, () => ({ name: 'a', value: 'b' })) } },
              },
            },
          },
        ],
      }),
    ],
    [
      'pieces of calls',
      () => createHarnessReader(new Set()),
      many(
        (at) => (at === 0 ? { start: { toolUse: { toolUseId: 'a' } } } : { delta: { toolUse: { input: 'x' } } }),
        'contentBlockDelta',
      ),
    ],
  ])('%s', async (_, createReader, bytes) => {
    const start = performance.now();
    const { events } = play(createReader(), [bytes]);
    const completion = createCompletion(
      () => () => Promise.resolve({ sessionId: 's', about: {}, events: say(events) }),
    );
    await completion({ model: 'bedrock/agent/A/B', messages: [{ role: 'user', content: 'Hi' }] }).catch(
      () => undefined,
    );
    expect(performance.now() - start).toBeLessThan(most);
  });

  test('citations of what is hard to find', async () => {
    const text = 'ab'.repeat(100_000);
    const citation = (words: string): AgentEvent => ({ type: 'citation', text: words, sources: [], citation: {} });
    const cited = Array.from({ length: 500 }, (_, index) => citation(`${'ba'.repeat(2000 + index)}c`));
    const events: AgentEvent[] = [{ type: 'text', text }, ...cited, { type: 'finish', reason: 'stop' }];
    const completion = createCompletion(
      () => () => Promise.resolve({ sessionId: 's', about: {}, events: say(events) }),
    );
    const start = performance.now();
    await completion({ model: 'bedrock/agent/A/B', messages: [{ role: 'user', content: 'Hi' }] });
    expect(performance.now() - start).toBeLessThan(most);
  });

  test('a frame whose bytes come one by one', () => {
    const bytes = event('chunk', { bytes: 'A'.repeat(400_000) });
    const reader = createAgentReader({ showTraces: false, asked });
    expectSoon(() => {
      for (let at = 0; at < bytes.length; at++) reader.read(bytes.subarray(at, at + 1), []);
      reader.end([]);
    });
  });
});

/** As a network hands it over. */
function toPieces(bytes: Buffer): readonly Buffer[] {
  return cutAt(
    bytes,
    Array.from({ length: 40 }, (_, index) => index * 30_000),
  );
}

async function* say(events: readonly AgentEvent[]): AsyncGenerator<readonly AgentEvent[]> {
  await Promise.resolve();
  yield events;
}
