import { describe, expect, test } from 'vitest';
import { read, readStream, readWhole, sse } from '../../support/reading.ts';

type Fields = Readonly<Record<string, unknown>>;

describe('chat completions', () => {
  const chunk = (delta: Fields, fields: Fields = {}, finish_reason: string | null = null) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason }],
    ...fields,
  });
  const usage = (prompt_tokens: number, completion_tokens: number) => ({ usage: { prompt_tokens, completion_tokens } });
  const calls = [
    chunk({ tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'add', arguments: '' } }] }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] }),
    chunk({ tool_calls: [{ index: 1, id: 'c2', function: { name: 'sub', arguments: '{}' } }] }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: '2}' } }] }),
    chunk({}, {}, 'tool_calls'),
  ];

  test('of several model calls are one answer', () => {
    const told = [
      chunk({ role: 'assistant', content: '', reasoning_content: 'Hm.' }),
      chunk({ content: 'Let me add.' }),
      ...calls,
      { object: 'chat.completion.chunk', choices: [], ...usage(30, 20) },
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'It is ' }),
      chunk({ content: '5.' }),
      chunk({}, usage(44, 12), 'stop'),
    ];
    const expected = { text: 'Let me add.\n\nIt is 5.', reasoning: 'Hm.', usage: [74, 32], calls: [], finish: 'stop' };
    expect(readStream(...told)).toMatchObject(expected);
    expect(read(`${sse(...told)}data: [DONE]\n\n`, 'text/event-stream')).toMatchObject(expected);
  });

  test('leave calls at their end to the caller', () => {
    const expected = { calls: ['add({"a":2})', 'sub({})'], finish: 'tool-calls' };
    expect(readStream(chunk({ role: 'assistant', content: null }), ...calls)).toMatchObject(expected);
  });

  test('count usage that grows in every chunk once', () => {
    const told = [
      chunk({ content: 'a' }, usage(3, 1)),
      chunk({ content: 'b' }, usage(3, 2)),
      chunk({}, usage(3, 3), 'stop'),
    ];
    expect(readStream(...told)).toMatchObject({ text: 'ab', usage: [3, 3] });
  });

  test('count usage once that stands in the last chunk and behind it', () => {
    const trailing = { object: 'chat.completion.chunk', choices: [], ...usage(3, 2) };
    const told = [chunk({ content: 'a' }, usage(3, 1)), chunk({}, usage(3, 2), 'stop'), trailing];
    expect(readStream(...told)).toMatchObject({ usage: [3, 2] });
    expect(readStream(...told, ...told)).toMatchObject({ usage: [6, 4] });
  });

  test('show no result of a tool, which sets messages apart', () => {
    const result = { role: 'tool', tool_call_id: 'c1', content: 'TOOL' };
    expect(readStream(chunk({ content: 'Let me add.' }), chunk(result), chunk({ content: 'Five' }))).toMatchObject({
      text: 'Let me add.\n\nFive',
    });
    expect(readStream(...calls.slice(0, 4), chunk(result))).toMatchObject({ text: '', calls: ['sub({})'] });
  });

  test('of the older kind are pieces of a text', () => {
    const piece = (text: string, finish_reason: string | null = null) => ({
      object: 'text_completion',
      choices: [{ index: 0, text, finish_reason }],
    });
    expect(readStream(piece('He'), piece('llo'), piece('', 'length'))).toMatchObject({
      text: 'Hello',
      finish: 'length',
    });
    expect(readWhole({ ...piece('Hello', 'stop'), ...usage(3, 2) })).toMatchObject({ text: 'Hello', usage: [3, 2] });
  });

  test.each([
    ['length', 'length'],
    ['content_filter', 'content-filter'],
    ['stop', 'stop'],
  ])('that stop by %s finish so', (reason, finish) => {
    expect(readStream(chunk({ content: 'a' }), chunk({}, {}, reason)).finish).toBe(finish);
  });

  test('that are cut short are an error, and those whose beginning was never told are not', () => {
    const begun = chunk({ role: 'assistant', content: '' });
    expect(readStream(begun, chunk({ content: 'Hi' }))).toMatchObject({
      text: 'Hi',
      error: expect.stringContaining('cut short') as string,
    });
    expect(readStream(chunk({ content: 'Hi' }))).toMatchObject({ text: 'Hi', finish: 'stop' });
  });

  test('that fail in mid-stream are an error', () => {
    const failure = { error: { message: 'Boom', type: 'server_error', code: 'x' } };
    expect(readStream(chunk({ content: 'Hi' }), failure)).toMatchObject({ text: 'Hi', error: 'Boom' });
  });

  test.each<[string, Fields, object]>([
    ['with thoughts', { content: 'Hi', reasoning_content: 'Hm.' }, { text: 'Hi', reasoning: 'Hm.' }],
    ['with a refusal', { content: null, refusal: 'No.' }, { text: 'No.' }],
    ['with content in parts', { content: [{ type: 'text', text: 'Hi' }] }, { text: 'Hi' }],
    [
      'with calls',
      { content: null, tool_calls: [{ id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a":2}' } }] },
      { calls: ['add({"a":2})'], finish: 'tool-calls' },
    ],
  ])('are read whole: %s', (_, message, expected) => {
    const whole = {
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', ...message } }],
      ...usage(3, 2),
    };
    expect(readWhole(whole)).toMatchObject({ usage: [3, 2], ...expected });
    expect(readStream(whole)).toMatchObject({ usage: [3, 2], ...expected });
  });
});

describe('responses and runs of the Agents SDK', () => {
  const message = (text: string, id: string) => ({
    type: 'message',
    id,
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text, annotations: [] }],
  });
  const call = { type: 'function_call', id: 'fc1', call_id: 'c1', name: 'add', arguments: '{"a":2}' };
  const thought = { type: 'reasoning', id: 'rs1', summary: [{ type: 'summary_text', text: 'Hm.' }] };
  const result = { type: 'function_call_output', call_id: 'c1', output: 'TOOL' };
  const response = (output: readonly unknown[], input_tokens: number, output_tokens: number, fields: Fields = {}) => ({
    object: 'response',
    status: 'completed',
    output,
    usage: { input_tokens, output_tokens, input_tokens_details: { cached_tokens: 0 } },
    ...fields,
  });
  const first = response([thought, message('Let me add.', 'm1'), call], 30, 20);
  const last = response([message('It is 5.', 'm2')], 44, 12);

  const created = { type: 'response.created', response: { status: 'in_progress', output: [] } };
  const delta = (text: string) => ({ type: 'response.output_text.delta', delta: text, item_id: 'm' });
  const thinking = { type: 'response.reasoning_summary_text.delta', delta: 'Hm.', summary_index: 0 };
  const added = (item: unknown) => ({ type: 'response.output_item.added', item });
  const done = (item: unknown) => ({ type: 'response.output_item.done', item });
  const completed = (whole: unknown) => ({ type: 'response.completed', response: whole });
  const python = (name: string, raw_item: unknown) => ({
    type: 'run_item_stream_event',
    name,
    item: { type: 'x_item', raw_item },
  });

  const firstEvents = [
    created,
    thinking,
    added(message('', 'm1')),
    delta('Let me '),
    delta('add.'),
    done(message('Let me add.', 'm1')),
    done(call),
  ];
  const lastEvents = [created, delta('It is '), delta('5.'), completed(last)];
  const items = [
    python('reasoning_item_created', thought),
    python('message_output_created', message('Let me add.', 'm1')),
    python('tool_called', call),
    python('tool_output', result),
    python('message_output_created', message('It is 5.', 'm2')),
  ];
  const wrapped = (event: unknown) => ({ type: 'raw_response_event', data: event });
  const answer = { text: 'Let me add.\n\nIt is 5.', reasoning: 'Hm.', calls: [], finish: 'stop', error: undefined };

  test.each<[string, readonly unknown[], readonly number[] | undefined]>([
    ['as events', [...firstEvents, completed(first), ...lastEvents], [74, 32]],
    ['as wrapped events', [...firstEvents, completed(first), ...lastEvents].map(wrapped), [74, 32]],
    ['as whole responses', [completed(first), completed(last)], [74, 32]],
    ['as items', items, undefined],
    [
      'as events and items',
      [
        { type: 'agent_updated_stream_event', new_agent: { name: 'Assistant' } },
        ...firstEvents.map(wrapped),
        items[2],
        wrapped(completed(first)),
        ...[items[0], items[1], items[3]],
        ...lastEvents.map(wrapped),
        items[4],
      ],
      [74, 32],
    ],
    [
      'as pieces and items only',
      [thinking, delta('Let me add.'), ...items.slice(0, 4), delta('It is 5.'), items[4]],
      undefined,
    ],
    [
      'as events of the SDK in TypeScript, whose thoughts only the model tells',
      [
        { type: 'response_started' },
        { type: 'model', event: thinking },
        { type: 'output_text_delta', delta: 'Let me add.' },
        { type: 'model', event: delta('Let me add.') },
        { type: 'model', event: { object: 'chat.completion.chunk', choices: [{ delta: { content: 'Let me add.' } }] } },
        {
          type: 'response_done',
          response: { id: 'FAKE_ID', usage: { inputTokens: 30, outputTokens: 20 }, output: first.output },
        },
        { type: 'response_started' },
        { type: 'output_text_delta', delta: 'It is 5.' },
        {
          type: 'response_done',
          response: { id: 'FAKE_ID', usage: { inputTokens: 44, outputTokens: 12 }, output: last.output },
        },
      ],
      [74, 32],
    ],
  ])('are heard once: %s', (_, values, usage) => {
    expect(readStream(...values)).toMatchObject({ ...answer, usage });
  });

  test('set off the parts of one response', () => {
    const told = [created, added(message('', 'a')), delta('First.'), added(message('', 'b')), delta('Then.')];
    const whole = response([message('First.', 'a'), message('Then.', 'b')], 1, 1);
    expect(readStream(...told, completed(whole)).text).toBe('First.\n\nThen.');
    expect(readWhole(whole).text).toBe('First.\n\nThen.');
  });

  test('leave calls at their end to the caller', () => {
    const expected = { calls: ['add({"a":2})'], finish: 'tool-calls' };
    expect(readStream(...firstEvents, completed(first))).toMatchObject(expected);
    expect(readWhole(first)).toMatchObject(expected);
    expect(readStream(...items.slice(0, 3))).toMatchObject(expected);
  });

  test('that are cut short are an error', () => {
    expect(readStream(created, delta('Hi')).error).toContain('cut short');
    expect(readStream({ type: 'response_started' }, { type: 'output_text_delta', delta: 'Hi' }).error).toContain(
      'cut short',
    );
  });

  test.each<[string, unknown]>([
    [
      'a response that failed',
      { type: 'response.failed', response: { status: 'failed', output: [], error: { code: 'x', message: 'Boom' } } },
    ],
    ['an error', { type: 'error', code: 'x', message: 'Boom', param: null }],
    ["the runtime's own error", { error: 'Boom', error_type: 'MaxTurnsExceeded' }],
  ])('fail in mid-stream with %s', (_, failure) => {
    expect(readStream(created, delta('Hi'), failure)).toMatchObject({ text: 'Hi', error: 'Boom', finish: undefined });
  });

  test.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'content-filter'],
  ])('that are incomplete by %s finish so', (reason, finish) => {
    const incomplete = response([message('Hi', 'm')], 1, 1, { status: 'incomplete', incomplete_details: { reason } });
    expect(readStream(created, delta('Hi'), { type: 'response.incomplete', response: incomplete }).finish).toBe(finish);
    expect(readWhole(incomplete)).toMatchObject({ text: 'Hi', finish });
  });

  test('are read whole as a result of the SDK in TypeScript', () => {
    const state = {
      modelResponses: [
        { usage: { inputTokens: 30, outputTokens: 20 }, output: first.output },
        { usage: { inputTokens: 44, outputTokens: 12 }, output: last.output },
      ],
      currentStep: { type: 'next_step_final_output', output: 'It is 5.' },
    };
    expect(readWhole({ state })).toMatchObject({ text: 'It is 5.', usage: [74, 32], finish: 'stop' });
  });
});
