import type { TextStreamPart, ToolSet, UIMessageChunk } from 'ai';
import { describe, expect, test } from 'vitest';
import { read, sse } from '../../support/reading.ts';

const stream = 'text/event-stream';
const plain = 'text/plain; charset=utf-8';

/** What the AI SDK 5 and 6 send to a browser, by their own types. */
const ui = (...chunks: readonly UIMessageChunk[]): string => sse(...chunks);
const call = { toolCallId: 'c1', toolName: 'add' } as const;
const said = (id: string, delta: string): UIMessageChunk[] => [
  { type: 'text-start', id },
  { type: 'text-delta', id, delta },
  { type: 'text-end', id },
];
const input: UIMessageChunk[] = [
  { type: 'tool-input-start', ...call },
  { type: 'tool-input-delta', toolCallId: 'c1', inputTextDelta: '{"a":' },
  { type: 'tool-input-delta', toolCallId: 'c1', inputTextDelta: '2}' },
  { type: 'tool-input-available', ...call, input: { a: 2 } },
];

describe('a UI message stream', () => {
  const silent: UIMessageChunk[] = [
    { type: 'source-url', sourceId: 's', url: 'https://example.com' },
    { type: 'source-document', sourceId: 's', mediaType: 'text/plain', title: 'T' },
    { type: 'file', url: 'data:', mediaType: 'image/png' },
    { type: 'data-weather', data: { text: 'cold' } },
    { type: 'message-metadata', messageMetadata: { text: 'x' } },
    { type: 'reasoning-start', id: 'r' },
    { type: 'reasoning-end', id: 'r' },
  ];

  test('says its text only', () => {
    const body = ui(
      { type: 'start' },
      { type: 'start-step' },
      ...silent,
      ...said('1', 'Hi, '),
      ...silent,
      ...said('2', 'you'),
      { type: 'finish-step' },
      { type: 'finish', finishReason: 'length' },
    );
    expect(read(`${body}data: [DONE]\n\n`, stream)).toMatchObject({ text: 'Hi, you', calls: [], finish: 'length' });
  });

  test.each<[string, UIMessageChunk[]]>([
    ['its output', [{ type: 'tool-output-available', toolCallId: 'c1', output: 5 }]],
    ['its error', [{ type: 'tool-output-error', toolCallId: 'c1', errorText: 'no' }]],
    ['its refusal', [{ type: 'tool-output-denied', toolCallId: 'c1' }]],
    ['a further step', [{ type: 'finish-step' }, { type: 'start-step' }]],
  ])('leaves no call to the caller that has %s', (_, chunks) => {
    const body = ui({ type: 'start-step' }, ...input, ...chunks, { type: 'finish-step' }, { type: 'finish' });
    expect(read(body, stream)).toMatchObject({ calls: [], finish: 'stop', error: undefined });
  });

  test('leaves the call to the caller that nobody ran, beside one that somebody ran', () => {
    const other: UIMessageChunk[] = [
      { type: 'tool-input-available', toolCallId: 'c2', toolName: 'look', input: {} },
      { type: 'tool-output-available', toolCallId: 'c2', output: 'x' },
      { type: 'tool-input-available', toolCallId: 'c3', toolName: 'search', input: {}, providerExecuted: true },
    ];
    const body = ui({ type: 'start-step' }, ...input, ...other, { type: 'finish-step' }, { type: 'finish' });
    expect(read(body, stream)).toMatchObject({ calls: ['add({"a":2})'], finish: 'tool-calls' });
  });

  test('is an error where it says so, and cut short where a step has no end', () => {
    const begun = ui({ type: 'start-step' }, ...said('1', 'Half'));
    expect(read(begun + ui({ type: 'error', errorText: 'boom' }), stream)).toMatchObject({
      text: 'Half',
      error: 'boom',
    });
    expect(read(begun, stream).error).toContain('cut short');
    expect(read(begun + ui({ type: 'abort', reason: 'user' }), stream)).toMatchObject({ text: 'Half', raw: 'abort' });
  });
});

describe('a UI message stream whose server sends no finish', () => {
  const told = ui({ type: 'start' }, { type: 'start-step' }, ...said('1', 'Hi'));
  const done = 'data: [DONE]\n\n';

  test('ends where it says [DONE]', () => {
    const body = told + ui({ type: 'finish-step' });
    const whole = { text: 'Hi', finish: 'stop', error: undefined };
    expect(read(body + done, stream)).toMatchObject(whole);
    // As the Python runtime frames what was framed before.
    expect(read(body + sse(done), stream)).toMatchObject(whole);
    expect(read(body + sse('[DONE]'), stream)).toMatchObject(whole);
  });

  test('was cut short without it, and inside a step', () => {
    expect(read(told + ui({ type: 'finish-step' }), stream).error).toContain('cut short');
    expect(read(told + done, stream)).toMatchObject({
      text: 'Hi',
      error: expect.stringContaining('cut short') as string,
    });
  });
});

describe('a fullStream', () => {
  const full = (...parts: readonly (TextStreamPart<ToolSet> | Record<string, unknown>)[]): string => sse(...parts);
  const usage = (inputTokens: number, outputTokens: number) => ({
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    inputTokenDetails: { noCacheTokens: 0, cacheReadTokens: 3, cacheWriteTokens: 0 },
    outputTokenDetails: { textTokens: 0, reasoningTokens: 0 },
  });
  const step = (counts: ReturnType<typeof usage>, finishReason: 'stop' | 'tool-calls') => ({
    type: 'finish-step',
    usage: counts,
    finishReason,
  });

  test('of 5 and 6 is set off by its steps, and its total counts', () => {
    const body = full(
      { type: 'start' },
      { type: 'start-step', request: {}, warnings: [] },
      { type: 'reasoning-delta', id: 'r', text: 'Hm.' },
      { type: 'text-delta', id: '1', text: 'One.' },
      { type: 'tool-input-start', id: 'c1', toolName: 'add' },
      { type: 'tool-input-delta', id: 'c1', delta: '{}' },
      { type: 'tool-input-end', id: 'c1' },
      { type: 'tool-call', toolCallId: 'c1', toolName: 'add', input: {} },
      { type: 'tool-result', toolCallId: 'c1', toolName: 'add', input: {}, output: 5 },
      step(usage(10, 5), 'tool-calls'),
      { type: 'start-step', request: {}, warnings: [] },
      { type: 'text-delta', id: '1', text: 'Two.' },
      step(usage(20, 7), 'stop'),
      { type: 'finish', finishReason: 'stop', rawFinishReason: 'end', totalUsage: usage(31, 12) },
    );
    expect(read(body, stream)).toMatchObject({
      text: 'One.\n\nTwo.',
      reasoning: 'Hm.',
      calls: [],
      usage: [31, 12],
      finish: 'stop',
    });
    const cut = body.slice(0, body.indexOf('data: {"type":"finish"'));
    expect(read(cut, stream)).toMatchObject({
      usage: [30, 12],
      error: expect.stringContaining('cut short') as string,
    });
  });

  test('of 4 has other names', () => {
    const body = sse(
      { type: 'step-start', messageId: 'm', request: {}, warnings: [] },
      { type: 'reasoning', textDelta: 'Hm.' },
      { type: 'text-delta', textDelta: 'Hi' },
      { type: 'tool-call-streaming-start', toolCallId: 'c1', toolName: 'add' },
      { type: 'tool-call-delta', toolCallId: 'c1', toolName: 'add', argsTextDelta: '{"a":2}' },
      { type: 'tool-call', toolCallId: 'c1', toolName: 'add', args: { a: 2 } },
      { type: 'step-finish', finishReason: 'tool-calls', usage: { promptTokens: 3, completionTokens: 2 } },
      { type: 'finish', finishReason: 'tool-calls', usage: { promptTokens: 3, completionTokens: 2 } },
    );
    expect(read(body, stream)).toMatchObject({
      text: 'Hi',
      reasoning: 'Hm.',
      calls: ['add({"a":2})'],
      usage: [3, 2],
      finish: 'tool-calls',
    });
  });

  test('may fail', () => {
    expect(read(full({ type: 'error', error: { message: 'boom' } }), stream).error).toBe('boom');
    expect(read(full({ type: 'error', error: 'boom' }), stream).error).toBe('boom');
  });
});

describe('a data stream of 4', () => {
  const begin = 'f:{"messageId":"m"}\n';
  const end = 'e:{"finishReason":"stop","usage":{"promptTokens":3,"completionTokens":2},"isContinued":false}\n';
  const finish = 'd:{"finishReason":"stop","usage":{"promptTokens":3,"completionTokens":2}}\n';

  test.each<[string, string, Partial<ReturnType<typeof read>>]>([
    ['with its steps', `${begin}0:"Hel"\n0:"lo"\n${end}${finish}`, { text: 'Hello', usage: [3, 2] }],
    ['without them', '0:"Hel"\n0:"lo"\n', { text: 'Hello', finish: 'stop' }],
    ['without a last line end', '0:"Hel"\n0:"lo"', { text: 'Hello' }],
    ['of one line', '0:"Hello"', { text: 'Hello' }],
    ['of \\r\\n', '0:"Hel"\r\n0:"lo"\r\n', { text: 'Hello' }],
    ['with data and sources', '2:[{"x":1}]\n8:[{"y":2}]\nh:{"url":"x"}\nj:{"signature":"x"}\n0:"Hi"\n', { text: 'Hi' }],
    ['that thinks', 'g:"Hm."\n0:"Hi"\n', { text: 'Hi', reasoning: 'Hm.' }],
    ['that fails', '0:"Half"\n3:"boom"\n', { text: 'Half', error: 'boom' }],
    [
      'that was cut in a line',
      '0:"Half"\n0:"an ans',
      { text: 'Half', error: "The agent's answer was cut short: it ended inside a line." },
    ],
    [
      'that was cut in a step',
      `${begin}0:"Half"\n`,
      { text: 'Half', error: "The agent's answer was cut short: it ended inside a message." },
    ],
    [
      'whose call is its caller’s',
      `${begin}b:{"toolCallId":"c","toolName":"add"}\nc:{"toolCallId":"c","argsTextDelta":"{}"}\n9:{"toolCallId":"c","toolName":"add","args":{"a":2}}\n${end}`,
      { calls: ['add({"a":2})'], finish: 'tool-calls' },
    ],
    [
      'that goes on where its model stopped',
      `${begin}0:"Hel"\ne:{"finishReason":"length","isContinued":true}\n${begin}0:"lo"\n${end}`,
      { text: 'Hello' },
    ],
  ])('is read: %s', (_, body, expected) => {
    for (const type of [plain, 'application/octet-stream', undefined]) {
      expect(read(body, type), type).toMatchObject({ error: undefined, ...expected });
    }
  });

  test('may come in strings of a Python agent', () => {
    expect(read(sse('0:"Hel"\n', '0:"lo"\n', 'd:{"finishReason":"stop"}\n'), stream)).toMatchObject({ text: 'Hello' });
  });

  test.each(['0:0 at half-time', 'a: "b"', 'I:"Hi"', '1:[link]\nmore', 'x:{y} is z\n'])(
    'is not every text: %s',
    (text) => {
      expect(read(text, plain)).toMatchObject({ text, error: undefined });
    },
  );
});

describe('a Mastra stream', () => {
  const chunk = (type: string, payload: object) => ({ type, runId: 'r', from: 'AGENT', payload });
  const steps = [
    chunk('start', { id: 'x' }),
    chunk('step-start', { messageId: 'm', request: {} }),
    chunk('reasoning-delta', { id: '0', text: 'Hm.' }),
    chunk('text-start', { id: '1' }),
    chunk('text-delta', { id: '1', text: 'Hi' }),
  ];
  const finish = (type: string, reason: string) =>
    chunk(type, { stepResult: { reason }, output: { usage: { inputTokens: 3, outputTokens: 2 } }, metadata: {} });
  const toolCall = chunk('tool-call', { toolCallId: 'c', toolName: 'add', args: { a: 2 } });

  test.each<[string, readonly object[], Partial<ReturnType<typeof read>>]>([
    ['a text', [finish('step-finish', 'stop'), finish('finish', 'stop')], { calls: [], finish: 'stop', usage: [3, 2] }],
    [
      'a call of the caller',
      [toolCall, finish('step-finish', 'tool-calls'), finish('finish', 'tool-calls')],
      { calls: ['add({"a":2})'], finish: 'tool-calls' },
    ],
    [
      'a call that a sub-agent answered',
      [
        toolCall,
        chunk('tool-output', { toolCallId: 'c', output: chunk('text-delta', { text: 'INNER' }) }),
        chunk('tool-result', { toolCallId: 'c', toolName: 'add', result: 5 }),
        finish('step-finish', 'stop'),
        finish('finish', 'stop'),
      ],
      { calls: [], finish: 'stop' },
    ],
    ['an error', [chunk('error', { error: { message: 'boom' } })], { error: 'boom' }],
    ['a refusal', [chunk('tripwire', { reason: 'not allowed' })], { error: 'not allowed' }],
  ])('is read: %s', (_, rest, expected) => {
    const reading = read(sse(...steps, ...rest), stream);
    expect(reading).toMatchObject({ text: 'Hi', reasoning: 'Hm.', error: undefined, ...expected });
  });

  test('of a network or a workflow says what its agents say', () => {
    const inner = chunk('text-delta', { id: '1', text: 'Hi' });
    expect(read(sse(chunk('agent-execution-event-text-delta', inner)), stream).text).toBe('Hi');
    expect(read(sse(chunk('workflow-step-output', { output: inner })), stream).text).toBe('Hi');
    expect(read(sse(chunk('routing-agent-text-delta', { text: 'Hi' })), stream).text).toBe('Hi');
  });
});
