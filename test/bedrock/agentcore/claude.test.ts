import { describe, expect, test } from 'vitest';
import { readStream, readWhole } from '../../support/reading.ts';

type Fields = Readonly<Record<string, unknown>>;

const start = (id: string, input_tokens = 30) => ({
  type: 'message_start',
  message: { id, type: 'message', role: 'assistant', content: [], usage: { input_tokens, output_tokens: 1 } },
});
const blockStart = (index: number, content_block: Fields) => ({ type: 'content_block_start', index, content_block });
const delta = (index: number, body: Fields) => ({ type: 'content_block_delta', index, delta: body });
const text = (index: number, said: string) => delta(index, { type: 'text_delta', text: said });
const messageDelta = (stop_reason: string, output_tokens: number) => ({
  type: 'message_delta',
  delta: { stop_reason, stop_sequence: null },
  usage: { output_tokens },
});
const first = [
  start('msg_1'),
  blockStart(0, { type: 'thinking', thinking: '', signature: '' }),
  delta(0, { type: 'thinking_delta', thinking: 'Hm.' }),
  delta(0, { type: 'signature_delta', signature: 'x' }),
  { type: 'content_block_stop', index: 0 },
  blockStart(1, { type: 'text', text: '' }),
  text(1, 'Let me '),
  { type: 'ping' },
  text(1, 'add.'),
  blockStart(2, { type: 'tool_use', id: 't1', name: 'add', input: {} }),
  delta(2, { type: 'input_json_delta', partial_json: '{"a":' }),
  delta(2, { type: 'input_json_delta', partial_json: '2}' }),
  messageDelta('tool_use', 20),
  { type: 'message_stop' },
];
const last = [start('msg_2', 44), text(0, 'It is 5.'), messageDelta('end_turn', 12), { type: 'message_stop' }];

describe("Anthropic's messages", () => {
  const answer = { text: 'Let me add.\n\nIt is 5.', reasoning: 'Hm.', calls: [], usage: [74, 32], finish: 'stop' };

  test('are read as they stream, bare or wrapped', () => {
    expect(readStream(...first, ...last)).toMatchObject(answer);
    const wrapped = [...first, ...last].map((event) => ({ type: 'stream_event', event, session_id: 's', uuid: 'u' }));
    expect(readStream(...wrapped)).toMatchObject(answer);
  });

  test("are heard once where the SDK's own events follow each", () => {
    const twice = [...first, ...last].flatMap((event) => {
      const { text: said } = (event as { readonly delta?: Fields }).delta ?? {};
      return said === undefined ? [event] : [event, { type: 'text', text: said, snapshot: 'Let me add.' }];
    });
    expect(readStream(...twice)).toMatchObject(answer);
    expect(
      readStream({ type: 'text', text: 'He', snapshot: 'He' }, { type: 'text', text: 'y', snapshot: 'Hey' }).text,
    ).toBe('Hey');
  });

  test('leave calls at their end to the caller, but not those that run beside the model', () => {
    expect(readStream(...first)).toMatchObject({ calls: ['add({"a":2})'], finish: 'tool-calls' });
    const search = blockStart(0, { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} });
    expect(readStream(start('m'), search, text(1, 'Hi'), messageDelta('end_turn', 1)).calls).toEqual([]);
  });

  test('that are cut short are an error', () => {
    expect(readStream(start('m'), text(0, 'Hi'))).toMatchObject({
      text: 'Hi',
      error: expect.stringContaining('cut short') as string,
    });
  });

  test.each([
    ['max_tokens', 'length'],
    ['refusal', 'content-filter'],
    ['pause_turn', 'stop'],
  ])('that stop by %s finish so', (reason, finish) => {
    expect(readStream(start('m'), text(0, 'Hi'), messageDelta(reason, 1), { type: 'message_stop' }).finish).toBe(
      finish,
    );
  });

  test('that fail in mid-stream are an error', () => {
    const failure = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    expect(readStream(start('m'), text(0, 'Hi'), failure)).toMatchObject({ text: 'Hi', error: 'Overloaded' });
  });

  test('are read whole', () => {
    const whole = {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: 'x' },
        { type: 'text', text: 'Hi' },
        { type: 'tool_use', id: 't1', name: 'add', input: { a: 2 } },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 100 },
    };
    expect(readWhole(whole)).toMatchObject({ text: 'Hi', reasoning: 'Hm.', calls: ['add({"a":2})'], usage: [110, 5] });
  });
});

describe('the Claude Agent SDK', () => {
  const system = { subtype: 'init', data: { type: 'system', tools: ['SECRET'] } };
  const assistant = (message_id: string | null, block: Fields, fields: Fields = {}) => ({
    content: [block],
    model: 'claude',
    parent_tool_use_id: null,
    error: null,
    message_id,
    ...fields,
  });
  const toolResult = {
    content: [{ tool_use_id: 't1', content: 'TOOL', is_error: false }],
    uuid: 'u',
    parent_tool_use_id: null,
  };
  const result = {
    subtype: 'success',
    is_error: false,
    num_turns: 2,
    session_id: 's',
    stop_reason: 'end_turn',
    usage: { input_tokens: 74, output_tokens: 32 },
    result: 'It is 5.',
  };
  const partial = (event: unknown, parent_tool_use_id: string | null = null) => ({
    uuid: 'u',
    session_id: 's',
    event,
    parent_tool_use_id,
  });
  const whole = (message_1: string | null, message_2: string | null) => [
    assistant(message_1, { thinking: 'Hm.', signature: 'x' }),
    assistant(message_1, { text: 'Let me add.' }),
    assistant(message_1, { id: 't1', name: 'add', input: { a: 2 } }),
    toolResult,
    assistant(message_2, { text: 'It is 5.' }),
  ];
  const answer = {
    text: 'Let me add.\n\nIt is 5.',
    reasoning: 'Hm.',
    calls: [],
    usage: [74, 32],
    finish: 'stop',
    error: undefined,
  };
  /** As TypeScript and the command line have it. */
  const typed = (type: string, id: string, content: readonly unknown[]) => ({
    type,
    message: {
      id,
      type: 'message',
      role: type,
      content,
      stop_reason: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    },
    parent_tool_use_id: null,
    session_id: 's',
  });

  test.each<[string, readonly unknown[]]>([
    ['in messages', [system, ...whole('msg_1', 'msg_2'), result]],
    ['in messages without ids', [system, ...whole(null, null), result]],
    [
      'in messages whose tools are left out',
      [...whole('msg_1', 'msg_2').filter((each) => each !== toolResult), result],
    ],
    [
      'in pieces and messages',
      [
        system,
        ...first.map((event) => partial(event)),
        ...whole('msg_1', 'msg_2').slice(0, 4),
        ...last.map((event) => partial(event)),
        ...whole('msg_1', 'msg_2').slice(4),
        result,
      ],
    ],
    [
      'in pieces',
      [...first.map((event) => partial(event)), toolResult, ...last.map((event) => partial(event)), result],
    ],
    [
      'with an agent within a tool',
      [
        ...whole('msg_1', 'msg_2').slice(0, 3),
        assistant('msg_9', { text: 'INNER' }, { parent_tool_use_id: 't1' }),
        partial(text(0, 'INNER'), 't1'),
        ...whole('msg_1', 'msg_2').slice(3),
        result,
      ],
    ],
    [
      'in typed messages',
      [
        { type: 'system', subtype: 'init', session_id: 's', tools: ['SECRET'] },
        typed('assistant', 'msg_1', [{ type: 'thinking', thinking: 'Hm.', signature: 'x' }]),
        typed('assistant', 'msg_1', [{ type: 'text', text: 'Let me add.' }]),
        typed('assistant', 'msg_1', [{ type: 'tool_use', id: 't1', name: 'add', input: { a: 2 } }]),
        typed('user', 'u', [{ type: 'tool_result', tool_use_id: 't1', content: 'TOOL' }]),
        typed('assistant', 'msg_2', [{ type: 'text', text: 'It is 5.' }]),
        { type: 'result', ...result },
      ],
    ],
  ])('is heard once: %s', (_, values) => {
    expect(readStream(...values)).toMatchObject(answer);
  });

  test('answers with its result where it told nothing else', () => {
    expect(readStream(system, result)).toMatchObject({ text: 'It is 5.', usage: [74, 32] });
    expect(readWhole(result)).toMatchObject({ text: 'It is 5.' });
    expect(readWhole({ ...result, result: null, structured_output: { sum: 5 } })).toMatchObject({ text: '{"sum":5}' });
  });

  test("never shows the user's words", () => {
    const user = { content: 'PROMPT', uuid: 'u', parent_tool_use_id: null, tool_use_result: null };
    expect(readStream(user, ...whole('a', 'b'))).toMatchObject({ text: 'Let me add.\n\nIt is 5.' });
  });

  test('leaves the tool that it deferred to the caller', () => {
    const deferred = { ...result, result: null, deferred_tool_use: { id: 't1', name: 'add', input: { a: 2 } } };
    expect(readStream(...whole('a', 'b').slice(0, 3), deferred)).toMatchObject({
      calls: ['add({"a":2})'],
      finish: 'tool-calls',
    });
    expect(readStream(...whole('a', 'b').slice(0, 3), { ...result, result: null })).toMatchObject({
      calls: [],
      finish: 'stop',
    });
  });

  test.each<[string, unknown, string]>([
    ['a result', { ...result, is_error: true, result: 'API Error: 529', api_error_status: 529 }, 'API Error: 529'],
    [
      'a result of errors',
      { ...result, subtype: 'error_during_execution', is_error: true, result: null, errors: ['a', 'b'] },
      'a; b',
    ],
    [
      'a result without words',
      { ...result, subtype: 'error_max_turns', is_error: true, result: null },
      'error_max_turns',
    ],
    ['a message', assistant('m', { text: 'API Error: 429' }, { error: 'rate_limit' }), 'API Error: 429'],
  ])('fails with %s', (_, failure, error) => {
    expect(readStream(assistant('a', { text: 'Hi' }), failure)).toMatchObject({ text: 'Hi', error, finish: undefined });
  });

  test('that is cut short between messages is an error, where it told of its beginning', () => {
    const begun = { type: 'system', subtype: 'init', session_id: 's' };
    expect(readStream(begun, assistant('a', { text: 'Hi' })).error).toContain('cut short');
  });

  test('that is cut short within a message is an error', () => {
    expect(readStream(partial(start('m')), partial(text(0, 'Hi'))).error).toContain('cut short');
  });
});
