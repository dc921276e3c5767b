import { describe, expect, test } from 'vitest';
import type { AgentEvent } from '../../../src/agent.ts';
import { createReader } from '../../../src/bedrock/agentcore/events.ts';
import { read, sse } from '../../support/reading.ts';

const stream = 'text/event-stream';
const json = 'application/json';

const start = { event: { messageStart: { role: 'assistant' } } };
const delta = (text: string) => ({ event: { contentBlockDelta: { delta: { text }, contentBlockIndex: 0 } } });
const stop = (stopReason = 'end_turn') => ({ event: { messageStop: { stopReason } } });
const metadata = (inputTokens: number, outputTokens: number) => ({
  event: { metadata: { usage: { inputTokens, outputTokens }, metrics: { latencyMs: 1 } } },
});
const message = (role: string, content: readonly unknown[], usage?: object) => ({
  message: { role, content, ...(usage && { metadata: { usage } }) },
});
const toolUse = { toolUse: { toolUseId: 't1', name: 'add', input: { a: 2 } } };
const toolResult = { toolResult: { toolUseId: 't1', content: [{ text: 'TOOL' }] } };
const node = (node_id: string, event: unknown) => ({ type: 'multiagent_node_stream', node_id, event });

describe('an agent that tells its answer on several channels', () => {
  test.each<[string, readonly unknown[], string]>([
    [
      'a later message may come on another',
      [{ data: 'Starting… ' }, start, delta('Done'), stop()],
      'Starting… \n\nDone',
    ],
    [
      'data only, with a tool cycle',
      [
        { start_event_loop: true },
        { data: 'Let me add.' },
        message('assistant', [{ text: 'Let me add.' }, toolUse]),
        message('user', [toolResult]),
        { start_event_loop: true },
        { data: 'It is 5.' },
        message('assistant', [{ text: 'It is 5.' }]),
        { result: 'It is 5.\n' },
      ],
      'Let me add.\n\nIt is 5.',
    ],
    ['data only, and no messages', [{ data: 'One.' }, { start_event_loop: true }, { data: 'Two.' }], 'One.\n\nTwo.'],
    [
      'messages only',
      [
        message('assistant', [{ text: 'One.' }, toolUse]),
        message('user', [toolResult]),
        message('assistant', [{ text: 'Two.' }]),
      ],
      'One.\n\nTwo.',
    ],
    ['a result only', [{ init_event_loop: true }, { result: 'Hi\n' }], 'Hi'],
    ['results only', [{ result: 'Hel' }, { result: 'lo\n' }, { result: 'you\n' }], 'Hello\nyou'],
    ['pieces of no type', [{ delta: 'Hel' }, { delta: 'lo' }], 'Hello'],
    ['tokens of no type', [{ token: 'Hel' }, { token: 'lo' }], 'Hello'],
    ['chunks of no type', [{ chunk: 'ha' }, { chunk: 'ha' }], 'haha'],
    ['pieces that are the same', [{ response: 'ha' }, { response: 'ha' }], 'haha'],
    ['data and a last response', [{ data: 'Hel' }, { data: 'lo' }, { final_response: 'Hello' }], 'Hello'],
    ['strings and a response', ['Hel', 'lo', { response: 'Hello' }], 'Hello'],
    ['strings and another response', ['Wait. ', { response: 'Hello' }], 'Wait. Hello'],
    ['strings and a result', ['He', 'llo', { result: 'Hello\n' }], 'Hello'],
    [
      'nodes that take turns',
      [
        node('a', start),
        node('a', delta('A')),
        node('a', { data: 'A' }),
        node('a', stop()),
        node('a', message('assistant', [{ text: 'A' }])),
        node('b', { data: 'B' }),
        node('b', message('assistant', [{ text: 'B' }])),
      ],
      'A\n\nB',
    ],
    [
      'nodes that speak at once',
      [
        node('a', start),
        node('b', start),
        node('a', delta('A1')),
        node('b', delta('B1')),
        node('a', stop()),
        node('b', stop()),
        node('a', message('assistant', [{ text: 'A1' }])),
        node('b', message('assistant', [{ text: 'B1' }])),
      ],
      'A1\n\nB1',
    ],
  ])('is heard once: %s', (_, values, text) => {
    expect(read(sse(...values), stream)).toMatchObject({ text, error: undefined, finish: 'stop' });
  });

  test('is cut short when one of its nodes is', () => {
    const body = sse(
      node('a', start),
      node('b', start),
      node('a', delta('A')),
      node('b', delta('B')),
      node('a', stop()),
    );
    expect(read(body, stream)).toMatchObject({
      finish: undefined,
      error: expect.stringContaining('cut short') as string,
    });
  });

  test('counts the usage of a model call once', () => {
    const usage = { inputTokens: 10, outputTokens: 5 };
    const whole = message('assistant', [{ text: 'Hi' }], usage);
    const result = { result: { stop_reason: 'end_turn', message: { ...whole.message } } };
    const told = [start, delta('Hi'), stop(), metadata(10, 5), whole, result];
    expect(read(sse(...told), stream)).toMatchObject({ text: 'Hi', usage: [10, 5] });
    expect(read(sse(whole, result), stream)).toMatchObject({ text: 'Hi', usage: [10, 5] });
    expect(read(sse(result), stream)).toMatchObject({ text: 'Hi', usage: [10, 5] });
  });

  test('may tell its result only, with its reason and its usage', () => {
    const result = (stop_reason: string, content: readonly unknown[]) => ({
      stop_reason,
      message: { role: 'assistant', content },
      metrics: { accumulated_usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 } },
    });
    const told = [{ text: 'Hi' }];
    for (const value of [result('max_tokens', told), { result: result('max_tokens', told) }]) {
      const expected = { text: 'Hi', finish: 'length', raw: 'max_tokens', usage: [10, 5] };
      expect(read(JSON.stringify(value), json)).toMatchObject(expected);
      expect(read(sse(value), stream)).toMatchObject(expected);
    }
    const waits = { result: result('interrupt', [...told, toolUse]) };
    expect(read(JSON.stringify(waits), json)).toMatchObject({ calls: [], finish: 'stop', raw: 'interrupt' });
    expect(read(sse(metadata(10, 5), waits), stream)).toMatchObject({ usage: [10, 5] });
  });

  test('thinks in whole messages too', () => {
    const thought = { reasoningContent: { reasoningText: { text: 'Hm.' } } };
    const body = sse(message('assistant', [thought, { text: 'Hi' }]));
    expect(read(body, stream)).toMatchObject({ text: 'Hi', reasoning: 'Hm.' });
  });

  test('leaves a call that it did not run to the caller, in a stream and whole', () => {
    const expected = { calls: ['add({"a":2})'], finish: 'tool-calls' };
    expect(read(sse(message('assistant', [{ text: 'Let me.' }, toolUse])), stream)).toMatchObject(expected);
    const whole = { result: { role: 'assistant', content: [toolUse] } };
    expect(read(JSON.stringify(whole), json)).toMatchObject({ ...expected, text: '' });
  });
});

describe('a whole answer', () => {
  test.each<[string, unknown, string]>([
    ['a text', 'Hi', 'Hi'],
    ['an empty text', '', ''],
    ['null', null, ''],
    ['under a key', { response: 'Hi', status: 'success' }, 'Hi'],
    ['a message under a key', { response: { role: 'assistant', content: [{ text: 'Hi' }] } }, 'Hi'],
    ['a message at some depth', { output: { message: { role: 'assistant', content: [{ text: 'Hi' }] } } }, 'Hi'],
    ['blocks', [{ text: 'a, ' }, { text: 'b' }], 'a, b'],
    ['blocks with others between', { result: { content: [{ text: 'see' }, { image: { format: 'png' } }] } }, 'see'],
    ['cited text', { result: { content: [{ citationsContent: { content: [{ text: 'Hi' }], citations: [] } }] } }, 'Hi'],
    ['no blocks', { result: { content: [] } }, ''],
    ['a number under a key', { response: 42 }, '42'],
    ['beside a key that Strands has', { response: 'Hi', start: true }, 'Hi'],
    ['str() of a Strands result', { result: 'Hi\n' }, 'Hi'],
    ['JSON that nobody knows', { metadata: { x: 1 } }, '{"metadata":{"x":1}}'],
    ['JSON in a text that nobody knows', '{"type":"invoice","total":3}', '{"type":"invoice","total":3}'],
    ['words about reprs', "In LangChain use AIMessage(content='hi').", "In LangChain use AIMessage(content='hi')."],
    [
      "Python's repr of a result",
      "AgentResult(stop_reason='end_turn', message={'role': 'assistant', 'content': [{'reasoningContent': {'reasoningText': {'text': 'Hm'}}}, {'text': \"It's\"}, {'text': ' 5\\n\\u20ac'}]}, metrics=<strands.M>)",
      "It's 5\n€",
    ],
    ["Python's repr of a message", "{'role': 'assistant', 'content': [{'text': 'Hi'}]}", 'Hi'],
    ["Python's repr of a message under a key", { result: "{'role': 'assistant', 'content': [{'text': 'Hi'}]}" }, 'Hi'],
    [
      "Python's repr under a key",
      { result: "AgentResult(message={'role': 'assistant', 'content': [{'text': 'Hi'}]})" },
      'Hi',
    ],
  ])('is read: %s', (_, value, text) => {
    expect(read(JSON.stringify(value), json)).toMatchObject({ text, error: undefined, finish: 'stop' });
  });

  test.each<[string, unknown]>([
    ["Python's repr of something else", "{'status': 'ok', 'items': 3}"],
    [
      "Python's repr of a tool's result",
      "[{'role': 'user', 'content': [{'toolResult': {'content': [{'text': 'TOOL'}]}}]}, <strands.x>]",
    ],
  ])('that holds none is an error, and never shown: %s', (_, value) => {
    expect(read(JSON.stringify(value), json)).toMatchObject({ text: '', error: expect.any(String) as string });
  });
});

describe("an agent's own error", () => {
  test.each<[string, unknown, string]>([
    ['beside an empty answer', { text: '', error: 'Boom' }, 'Boom'],
    ['beside a null answer, with a status', { result: null, error: 'bad', status_code: 429 }, 'bad'],
    ['as a flag', { error: true, message: 'bad' }, 'bad'],
    ['as a type', { type: 'error', message: 'bad' }, 'bad'],
    ['as a type, in the words of its text', { type: 'error', content: 'bad' }, 'bad'],
    ['as a type, in other words', { type: 'error', text: 'bad' }, 'bad'],
    ['as a type, in its data', { type: 'error', data: 'bad' }, 'bad'],
    ['as a type, within its data', { type: 'error', data: { message: 'bad' } }, 'bad'],
    ['as an exception', { type: 'exception', message: 'bad' }, 'bad'],
    ['as a failed run', { type: 'failed', message: 'bad' }, 'bad'],
    ['as a failure', { type: 'failure', content: 'bad' }, 'bad'],
    ['as an event', { event: 'error', data: 'bad' }, 'bad'],
    ['as a number', { error: 500 }, 'did not say'],
    ['as an object', { error: { message: 'bad', code: 'x' } }, 'bad'],
    ['within a result', { result: { error: 'bad' } }, 'bad'],
    ['that quotes the prompt', { status: 'error', input: 'SECRET' }, 'did not say'],
  ])('is one: %s', (_, value, words) => {
    for (const [body, type] of [
      [JSON.stringify(value), json],
      [sse('Hi', value), stream],
    ] as const) {
      const { error, finish } = read(body, type);
      expect(error).toContain(words);
      expect(error).not.toContain('SECRET');
      expect(finish).toBeUndefined();
    }
  });

  test.each([
    { type: 'tool-error', toolCallId: 'c1', error: 'boom' },
    { type: 'tool-output-error', toolCallId: 'c1', errorText: 'boom' },
    { type: 'tool_usage_error', tool_name: 'add', error: 'boom' },
    { type: 'llm_call_failed', error: 'boom' },
    { type: 'tool_error', error: 'boom' },
    { event: 'tool_error', error: 'boom' },
    { type: 'tool', tool_call_id: 'c1', status: 'error', content: '' },
  ])('is none where only a tool or a step failed: %j', (step) => {
    const body = sse({ type: 'chunk', content: 'Hi ' }, step, { type: 'chunk', content: 'you' });
    const told = read(body, stream);
    // What follows a tool may be another message.
    expect({ ...told, text: told.text.replace('\n\n', '') }).toMatchObject({
      text: 'Hi you',
      error: undefined,
      finish: 'stop',
    });
  });

  test('is none where an answer stands beside it', () => {
    expect(read(JSON.stringify({ result: 'Hi', error: '' }), json)).toMatchObject({ text: 'Hi', error: undefined });
    expect(read(JSON.stringify({ result: 'Hi', error: null }), json)).toMatchObject({ text: 'Hi', error: undefined });
  });

  test('is the end of a long answer where a model reached its limit', () => {
    const limit = { error: 'too long', error_type: 'MaxTokensReachedException', message: 'An error occurred' };
    expect(read(sse({ data: 'x' }, limit), stream)).toMatchObject({ text: 'x', finish: 'length', error: undefined });
    expect(read(sse('x', limit), stream)).toMatchObject({ text: 'x', finish: 'length', error: undefined });
  });
});

describe('a model that is broken off', () => {
  const open = [
    start,
    { event: { contentBlockStart: { start: { toolUse: { toolUseId: 't', name: 'a' } }, contentBlockIndex: 0 } } },
    { event: { contentBlockDelta: { delta: { toolUse: { input: '{"a":' } }, contentBlockIndex: 0 } } },
  ];
  const limit = { error: 'too long', error_type: 'MaxTokensReachedException' };
  const chat = (delta: object, finish_reason: string | null) => ({ choices: [{ index: 0, delta, finish_reason }] });
  const call = { index: 0, id: 'c', function: { name: 'a', arguments: '{"a":' } };

  test.each<[string, readonly unknown[], string, string]>([
    ['by its limit', [...open, stop('max_tokens')], 'length', 'max_tokens'],
    ['by its limit, and says so again', [...open, stop('max_tokens'), limit], 'length', 'max_tokens'],
    [
      'by its limit, in a chat completion',
      [chat({ tool_calls: [call] }, null), chat({}, 'length')],
      'length',
      'length',
    ],
    ['by a guardrail', [...open, stop('guardrail_intervened')], 'content-filter', 'guardrail_intervened'],
  ])('calls for nothing: %s', (_, values, finish, raw) => {
    expect(read(sse(...values), stream)).toMatchObject({ calls: [], finish, raw, error: undefined });
  });

  const words =
    'Agent has reached an unrecoverable state due to max_tokens limit. For more information see: https://strandsagents.com';
  const failed = { state: 'failed', message: { role: 'agent', parts: [{ kind: 'text', text: words }] } };
  test.each<[string, readonly unknown[]]>([
    ['inside a message', [start, delta('Hi'), limit]],
    [
      'inside a run',
      [
        { type: 'RUN_STARTED' },
        { type: 'TEXT_MESSAGE_START', messageId: 'm' },
        { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: 'Hi' },
        { type: 'RUN_ERROR', message: 'too long', code: 'MaxTokensReachedException' },
      ],
    ],
    [
      'in words only',
      [
        { kind: 'artifact-update', artifact: { artifactId: 'a', parts: [{ kind: 'text', text: 'Hi' }] } },
        { kind: 'status-update', status: failed },
      ],
    ],
  ])('by its limit has ended, whatever stood open: %s', (_, values) => {
    expect(read(sse(...values), stream)).toMatchObject({ text: 'Hi', finish: 'length', error: undefined });
  });
});

describe('events that an agent framed itself', () => {
  test.each<[string, readonly unknown[], string]>([
    ['with names and ids', ['event: message\nid: 1\ndata: {"text": "Hi"}\n\n'], 'Hi'],
    ['without a blank', ['data:{"text":"Hi"}\n\n'], 'Hi'],
    ['numbers', ['data: 42\n\n'], '42'],
    ['of several lines', ['data: a\ndata: b\n\n'], 'a\nb'],
    ['and their end', ['Hi', '[DONE]'], 'Hi'],
    ['beside texts that only look so', ['data:image/png;base64'], 'data:image/png;base64'],
    ['beside code that shows them', ['data: hello\n', 'id: 1\n'], 'data: hello\nid: 1\n'],
  ])('are read: %s', (_, values, text) => {
    expect(read(sse(...values), stream)).toMatchObject({ text, error: undefined });
  });

  test.each<[string, readonly object[], string]>([
    ['OpenAI', [{ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: 'Hi' } }] }], 'Hi'],
    ['LangChain', [{ content: 'Hi', type: 'AIMessageChunk', id: 'run-1' }], 'Hi'],
    ['ADK', [{ content: { parts: [{ text: 'Hi' }], role: 'model' }, author: 'a', invocation_id: 'e' }], 'Hi'],
    ['AutoGen', [{ source: 'a', content: 'Hi', type: 'ModelClientStreamingChunkEvent' }], 'Hi'],
    ['Pydantic AI', [{ index: 0, part: { content: 'Hi', part_kind: 'text' }, event_kind: 'part_start' }], 'Hi'],
    ['LlamaIndex', [{ delta: 'Hi', response: 'Hi', current_agent_name: 'a', tool_calls: [], raw: null }], 'Hi'],
    [
      'A2A',
      [{ id: 1, jsonrpc: '2.0', result: { kind: 'message', role: 'agent', parts: [{ kind: 'text', text: 'Hi' }] } }],
      'Hi',
    ],
    ['Strands', [{ init_event_loop: true }, { start: true }, { data: 'Hi', agent: '<strands.A>' }], 'Hi'],
    ['none', [{ text: 'Hi' }], 'Hi'],
    ['a document that has such a name', [{ title: 'x', text: 'Hi' }], '{"title":"x","text":"Hi"}'],
  ])('may be JSON in strings: %s', (_, values, text) => {
    const strings = values.map((value) => JSON.stringify(value));
    expect(read(sse(...strings), stream)).toMatchObject({ text, error: undefined });
  });

  test('may be errors', () => {
    expect(read(sse('event: error\ndata: {"error": "boom"}\n\n'), stream).error).toBe('boom');
  });
});

describe('an answer that was cut', () => {
  test.each<[string, string, string | undefined]>([
    ['in JSON that is called a stream', '{"result":"Hi', stream],
    ['in JSON that is called nothing', '{"result":"Hi', undefined],
    ['in the name of a field', 'data: "a"\n\nda', stream],
    ['in the name of an event', 'data: "a"\n\nevent: err', stream],
    ['in a message, behind another text', sse(start, delta('a'), { text: ' log' }), stream],
  ])('is an error: %s', (_, body, type) => {
    expect(read(body, type)).toMatchObject({
      finish: undefined,
      error: expect.stringContaining('cut short') as string,
    });
  });

  test.each<[string, string]>([
    ['JSON of too many levels', '['.repeat(300) + ']'.repeat(300)],
    ['JSON of far too many levels', '['.repeat(100_000)],
  ])('is never read to the end: %s', (_, body) => {
    expect(read(body, json).error).toContain('256 levels');
    expect(read(`data: ${body}\n\n`, stream).error).toContain('256 levels');
  });

  test('an event may hold 10 MB, however many lines it has', () => {
    const line = `data: ${'x'.repeat(1000)}\n`;
    expect(read(line.repeat(10_100), stream).error).toContain('more than 10000000');
  });
});

describe('JSON lines', () => {
  test('are handed on one by one, also behind a long first line', () => {
    const events: AgentEvent[] = [];
    const reader = createReader('application/x-ndjson');
    const long = 'x'.repeat(5000);
    reader.read(Buffer.from(`${JSON.stringify({ data: long })}\n`), events);
    expect(events).toEqual([{ type: 'text', text: long }]);
    reader.read(Buffer.from(`{"data": "!"}`), events);
    reader.end(events);
    expect(events.map((event) => (event.type === 'text' ? event.text.slice(0, 1) : event.type))).toEqual([
      'x',
      '!',
      'finish',
    ]);
  });
});

test('tokens that a cache spared count as read, as OpenAI counts them', () => {
  const usage = { inputTokens: 10, outputTokens: 5, cacheReadInputTokens: 1000 };
  const { usage: counted } = read(sse(start, delta('a'), stop(), { event: { metadata: { usage } } }), stream);
  expect(counted).toEqual([1010, 5]);
});
