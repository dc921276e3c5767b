import { describe, expect, test } from 'vitest';
import { readStream, readWhole } from '../../support/reading.ts';

type Fields = Readonly<Record<string, unknown>>;

const answer = { text: 'Let me add.\n\nIt is 5.', calls: [], finish: 'stop', error: undefined };
const pending = { calls: ['add({"a":2})'], finish: 'tool-calls' };
const failure = { error: 'Boom', error_type: 'ValueError', message: 'An error occurred during streaming' };

describe('Google ADK', () => {
  const event = (parts: readonly unknown[], fields: Fields = {}, role = 'model') => ({
    author: 'agent',
    invocation_id: 'e-1',
    content: { role, parts },
    ...fields,
  });
  const partial = (text: string) => event([{ text }], { partial: true });
  const usage = (prompt_token_count: number, candidates_token_count: number) => ({
    usage_metadata: { prompt_token_count, candidates_token_count },
  });
  const call = { function_call: { id: 'c1', name: 'add', args: { a: 2 } } };
  const result = event([{ function_response: { id: 'c1', name: 'add', response: { result: 'TOOL' } } }], {}, 'user');
  const first = event([{ text: 'Hm.', thought: true }, { text: 'Let me add.' }, call], usage(30, 20));
  const last = event([{ text: 'It is 5.' }], { ...usage(44, 12), finish_reason: 'STOP' });
  const events = [first, result, last];

  test.each<[string, readonly unknown[]]>([
    ['whole', events],
    [
      'with all fields',
      events.map((each) => ({ partial: null, error_code: null, error_message: null, actions: {}, ...each })),
    ],
    [
      'in pieces',
      [
        event([{ text: 'Hm.', thought: true }], { partial: true }),
        partial('Let me '),
        partial('add.'),
        event([call], { partial: true, ...usage(30, 20) }),
        ...events.slice(0, 2),
        partial('It is 5.'),
        last,
      ],
    ],
    ["after the user's own", [event([{ text: 'PROMPT' }], { author: 'user' }, 'user'), ...events]],
    [
      'among events of state',
      [{ author: 'agent', invocationId: 'e-1', actions: { stateDelta: { a: 'SECRET' } } }, ...events],
    ],
  ])('is heard once: %s', (_, values) => {
    expect(readStream(...values)).toMatchObject({ ...answer, reasoning: 'Hm.', usage: [74, 32] });
  });

  test('is read whole as a list of events, and one event', () => {
    expect(readWhole(events)).toMatchObject({ ...answer, usage: [74, 32] });
    expect(readWhole(last)).toMatchObject({ text: 'It is 5.', usage: [44, 12] });
  });

  test('leaves calls that it did not run to the caller', () => {
    expect(readStream(first)).toMatchObject(pending);
    expect(readStream({ ...first, longRunningToolIds: ['c1'] })).toMatchObject(pending);
  });

  test('counts thoughts as written and cached tokens as read', () => {
    const counts = { promptTokenCount: 10, candidatesTokenCount: 5, thoughtsTokenCount: 7, cachedContentTokenCount: 4 };
    const camel = { author: 'a', invocationId: 'e', content: { parts: [{ text: 'Hi' }] }, usageMetadata: counts };
    expect(readStream(camel)).toMatchObject({ text: 'Hi', usage: [10, 12] });
  });

  test.each([
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content-filter'],
  ])('that stops by %s finishes so, though it is an error to ADK', (reason, finish) => {
    const stopped = event([], { finish_reason: reason, error_code: reason, error_message: null });
    expect(readStream(partial('Hi'), stopped)).toMatchObject({ text: 'Hi', finish, error: undefined });
    const coded = { ...(stopped as Fields), finish_reason: undefined };
    expect(readStream(partial('Hi'), coded)).toMatchObject({ text: 'Hi', finish, error: undefined });
  });

  test.each([{ author: 'a' }, { branch: 'both.a' }])('may be several that speak at once: %j', (one) => {
    const of = (fields: Fields, text: string, partial = true) => event([{ text }], { ...fields, partial });
    const other = { author: 'b' };
    const told = [of(one, 'A1'), of(other, 'B1'), of(one, 'A2'), of(one, 'A1A2', false), of(other, 'B1', false)];
    expect(readStream(...told)).toMatchObject({ text: 'A1\n\nB1\n\nA2', error: undefined });
  });

  test('that fails is an error after its text', () => {
    const failed = { author: 'agent', invocationId: 'e-1', errorCode: '500', errorMessage: 'Boom' };
    for (const each of [failed, failure])
      expect(readStream(partial('Hi'), each)).toMatchObject({ text: 'Hi', error: 'Boom' });
  });

  test('that is cut short within pieces is an error', () => {
    expect(readStream(partial('Hi')).error).toContain('cut short');
  });
});

describe('AutoGen', () => {
  const message = (type: string, content: unknown, fields: Fields = {}) => ({
    source: 'assistant',
    models_usage: null,
    metadata: {},
    content,
    type,
    ...fields,
  });
  const usage = (prompt_tokens: number, completion_tokens: number) => ({
    models_usage: { prompt_tokens, completion_tokens },
  });
  const task = message('TextMessage', 'PROMPT', { source: 'user' });
  const request = message('ToolCallRequestEvent', [{ id: 'c1', name: 'add', arguments: '{"a":2}' }], usage(30, 20));
  const execution = message('ToolCallExecutionEvent', [
    { content: 'TOOL', name: 'add', call_id: 'c1', is_error: false },
  ]);
  const chunk = (content: string) => message('ModelClientStreamingChunkEvent', content);
  const last = message('TextMessage', 'It is 5.', usage(44, 12));
  const whole = [task, message('TextMessage', 'Let me add.'), request, execution, last];
  const result = { messages: whole, stop_reason: 'Maximum number of messages 10 reached' };

  test.each<[string, readonly unknown[]]>([
    ['in messages', [...whole, result]],
    [
      'in pieces, whose thought repeats them',
      [
        task,
        chunk('Let me '),
        chunk('add.'),
        message('ThoughtEvent', 'Let me add.'),
        request,
        execution,
        chunk('It is '),
        chunk('5.'),
        last,
        result,
      ],
    ],
    ['in responses', [...whole.slice(0, 4), { chat_message: last, inner_messages: [request, execution] }]],
    ['as a result', [result]],
    [
      'of a team that hands over and stops',
      [
        ...whole.slice(0, 4),
        message('HandoffMessage', 'INNER', { target: 'b' }),
        message('ToolCallSummaryMessage', 'It is 5.', usage(44, 12)),
        message('StopMessage', 'INNER'),
        message('MemoryQueryEvent', [{ content: 'INNER' }]),
        message('CodeExecutionEvent', undefined, { result: 'INNER' }),
      ],
    ],
  ])('is heard once: %s', (_, values) => {
    expect(readStream(...values)).toMatchObject({ ...answer, reasoning: '', usage: [74, 32] });
  });

  test('is read whole', () => {
    expect(readWhole(result)).toMatchObject({ ...answer, usage: [74, 32] });
    expect(readWhole(message('StructuredMessage[Sum]', { sum: 5 }))).toMatchObject({ text: '{"sum":5}' });
    expect(readWhole(message('MultiModalMessage', ['It is 5.', { data: 'x' }]))).toMatchObject({ text: 'It is 5.' });
  });

  test('thinks where its thoughts were not text before', () => {
    expect(readStream(message('ThoughtEvent', 'Hm.'), last)).toMatchObject({ reasoning: 'Hm.', text: 'It is 5.' });
  });

  test('leaves calls that it did not run to the caller, and fails with its runtime', () => {
    expect(readStream(task, request)).toMatchObject(pending);
    expect(readStream(task, chunk('Hi'), failure)).toMatchObject({ text: 'Hi', error: 'Boom' });
  });
});

describe('CrewAI', () => {
  const chunk = (content: string, fields: Fields = {}) => ({
    content,
    chunk_type: 'text',
    task_index: 0,
    task_id: 'a',
    agent_role: 'Adder',
    tool_call: null,
    ...fields,
  });
  const task = (raw: string) => ({ description: 'Add', raw, pydantic: null, json_dict: null, agent: 'Adder' });
  const crew = {
    raw: 'It is 5.',
    pydantic: null,
    tasks_output: [task('Let me add.'), task('It is 5.')],
    token_usage: { prompt_tokens: 74, completion_tokens: 32 },
  };
  const second = { task_index: 1, task_id: 'b' };

  test.each<[string, readonly unknown[]]>([
    [
      'in chunks',
      [
        chunk('Let me '),
        chunk('add.'),
        chunk('', { chunk_type: 'tool_call', tool_call: { tool_name: 'add' } }),
        chunk('It is 5.', second),
        crew,
      ],
    ],
    ['in tasks', [task('Let me add.'), task('It is 5.'), crew]],
  ])('is heard once: %s', (_, values) => {
    expect(readStream(...values)).toMatchObject({ ...answer, usage: [74, 32] });
  });

  test('is read whole', () => {
    expect(readWhole(crew)).toMatchObject({ text: 'It is 5.', usage: [74, 32] });
    const agent = {
      raw: 'Hi',
      agent_role: 'Adder',
      usage_metrics: { prompt_tokens: 3, completion_tokens: 2 },
      messages: [{ role: 'assistant', content: 'INNER' }],
    };
    expect(readWhole(agent)).toMatchObject({ text: 'Hi', usage: [3, 2] });
  });

  test('is read from its events', () => {
    const events = [
      { type: 'crew_kickoff_started', crew_name: 'c', inputs: { a: 'SECRET' } },
      { type: 'llm_call_started', messages: 'SECRET' },
      { type: 'llm_stream_chunk', chunk: 'It is ', tool_call: null },
      { type: 'llm_stream_chunk', chunk: '5.' },
      { type: 'llm_call_completed', response: 'It is 5.' },
      { type: 'tool_usage_finished', output: 'TOOL' },
    ];
    const end = { type: 'crew_kickoff_completed', output: crew };
    expect(readStream(...events, end)).toMatchObject({ text: 'It is 5.', usage: [74, 32], error: undefined });
    expect(readStream(...events, { type: 'crew_kickoff_failed', error: 'Boom' })).toMatchObject({ error: 'Boom' });
  });
});

describe('Spring AI', () => {
  const response = (
    text: string | null,
    finishReason: string,
    usage: readonly [number, number],
    toolCalls: unknown[] = [],
  ) => {
    const metadata = { finishReason, contentFilters: [], empty: true };
    const output = { messageType: 'ASSISTANT', metadata: { finishReason }, toolCalls, media: [], text };
    const [promptTokens, completionTokens] = usage;
    return {
      metadata: { id: 'c', usage: { promptTokens, completionTokens, totalTokens: 0 }, promptMetadata: [] },
      results: [{ metadata, output }],
      result: { metadata, output },
    };
  };
  const pieces = [response('It is ', '', [0, 0]), response('5.', '', [0, 0]), response(null, 'STOP', [44, 12])];
  const read = { text: 'It is 5.', usage: [44, 12], finish: 'stop', calls: [], error: undefined };

  test('is heard in pieces', () => {
    expect(readStream(...pieces)).toMatchObject(read);
    expect(readStream(...pieces.map((chatResponse) => ({ chatResponse, context: {} })))).toMatchObject(read);
    expect(readStream(...pieces.map(({ result }) => result))).toMatchObject({ ...read, usage: undefined });
    expect(readStream(...pieces.map(({ result }) => result.output))).toMatchObject({ text: 'It is 5.' });
  });

  test('is read whole, and says where it was cut', () => {
    expect(readWhole(response('It is 5.', 'STOP', [44, 12]))).toMatchObject(read);
    expect(readWhole(response('It is', 'LENGTH', [44, 12]))).toMatchObject({ text: 'It is', finish: 'length' });
    expect(readWhole(response('', 'CONTENT_FILTER', [44, 0]))).toMatchObject({ text: '', finish: 'content-filter' });
  });

  test('leaves calls that it did not run to the caller', () => {
    const call = response(
      '',
      'TOOL_CALLS',
      [3, 2],
      [{ id: 'c1', type: 'function', name: 'add', arguments: '{"a":2}' }],
    );
    expect(readStream(call)).toMatchObject(pending);
    expect(readStream(call, { messageType: 'TOOL', responses: [], text: 'TOOL' }, ...pieces)).toMatchObject(read);
    expect(readStream(call, ...pieces)).toMatchObject({ calls: [], text: 'It is 5.' });
  });

  test('fails with its runtime', () => {
    expect(readStream(pieces[0], failure)).toMatchObject({ error: 'Boom' });
  });
});

describe('LlamaIndex', () => {
  const stream = (delta: string, fields: Fields = {}) => ({
    delta,
    response: `so far ${delta}`,
    current_agent_name: 'Agent',
    tool_calls: [],
    ...fields,
  });
  const selection = { tool_id: 'c1', tool_name: 'add', tool_kwargs: { a: 2 } };
  const toolResult = {
    ...selection,
    tool_output: { blocks: [{ block_type: 'text', text: 'TOOL' }] },
    return_direct: false,
  };
  const output = (text: string, tool_calls: readonly unknown[] = [], usage?: Fields) => ({
    response: { role: 'assistant', additional_kwargs: {}, blocks: [{ block_type: 'text', text }] },
    current_agent_name: 'Agent',
    tool_calls,
    raw: usage && { usage },
  });
  const input = {
    input: [{ role: 'user', blocks: [{ block_type: 'text', text: 'PROMPT' }] }],
    current_agent_name: 'Agent',
  };
  const first = output('Let me add.', [selection], { prompt_tokens: 30, completion_tokens: 20 });
  const last = output('It is 5.', [], { prompt_tokens: 44, completion_tokens: 12 });

  test.each<[string, readonly unknown[]]>([
    ['in outputs', [input, first, selection, toolResult, input, last]],
    [
      'in pieces',
      [stream('Let me '), stream('add.'), first, selection, toolResult, stream('It is '), stream('5.'), last],
    ],
    ['with its result', [first, toolResult, last, { result: last }]],
    [
      'in envelopes',
      [first, toolResult, last].map((value) => ({ __is_pydantic: true, value, qualified_name: 'x.AgentOutput' })),
    ],
  ])('is heard once: %s', (_, values) => {
    expect(readStream(...values)).toMatchObject({ ...answer, usage: [74, 32] });
  });

  test('sets pieces off by what its tools did', () => {
    expect(readStream(stream('Let me add.'), selection, toolResult, stream('It is 5.'))).toMatchObject(answer);
  });

  test('thinks', () => {
    expect(readStream(stream('', { thinking_delta: 'Hm.' }), stream('Hi'))).toMatchObject({
      reasoning: 'Hm.',
      text: 'Hi',
    });
  });

  test('is read whole', () => {
    expect(readWhole(last)).toMatchObject({ text: 'It is 5.', usage: [44, 12] });
    expect(readWhole({ result: last })).toMatchObject({ text: 'It is 5.' });
    expect(readWhole({ result: last.response })).toMatchObject({ text: 'It is 5.' });
  });

  test('leaves calls that it did not run to the caller, and fails with its runtime', () => {
    expect(readStream(first, selection)).toMatchObject(pending);
    expect(readStream(stream('Hi'), failure)).toMatchObject({ text: 'Hi', error: 'Boom' });
  });
});

describe('Pydantic AI', () => {
  const partStart = (index: number, part: Fields) => ({ event_kind: 'part_start', index, part });
  const partDelta = (index: number, delta: Fields) => ({ event_kind: 'part_delta', index, delta });
  const text = (content: string) => ({ part_kind: 'text', content });
  const more = (index: number, content_delta: string) => partDelta(index, { part_delta_kind: 'text', content_delta });
  const call = { part_kind: 'tool-call', tool_name: 'add', args: '{"a":2}', tool_call_id: 'c1' };
  const toolReturn = { part_kind: 'tool-return', tool_name: 'add', content: 'TOOL', tool_call_id: 'c1' };
  const result = {
    event_kind: 'agent_run_result',
    result: { output: 'It is 5.', usage: { input_tokens: 74, output_tokens: 32 } },
  };
  const first = [
    partStart(0, { part_kind: 'thinking', content: 'Hm.' }),
    partStart(1, text('Let me ')),
    { event_kind: 'final_result', tool_name: null, tool_call_id: null },
    more(1, 'add.'),
    { event_kind: 'part_end', index: 1, part: text('Let me add.'), next_part_kind: 'tool-call' },
    partStart(2, { ...call, args: '' }),
    partDelta(2, { part_delta_kind: 'tool_call', args_delta: '{"a":' }),
    partDelta(2, { part_delta_kind: 'tool_call', args_delta: '2}' }),
  ];
  const tools = [
    { event_kind: 'function_tool_call', part: call },
    { event_kind: 'function_tool_result', result: toolReturn, content: null },
  ];
  const last = [partStart(0, text('It is ')), more(0, '5.')];

  test.each<[string, readonly unknown[]]>([
    ['in events', [...first, ...tools, ...last, result]],
    ['in events whose tools are left out', [...first, ...last, result]],
    ['in events of which the last is left out', [...first, ...tools, result]],
  ])('is heard once: %s', (_, values) => {
    expect(readStream(...values)).toMatchObject({ ...answer, reasoning: 'Hm.', usage: [74, 32] });
  });

  test('answers with an object where it was asked for one', () => {
    const told = [
      partStart(0, text('Sure.')),
      partStart(1, { ...call, tool_name: 'final_result', args: '' }),
      { event_kind: 'final_result', tool_name: 'final_result', tool_call_id: 'c1' },
      partDelta(1, { part_delta_kind: 'tool_call', args_delta: { sum: 5 } }),
      { event_kind: 'output_tool_result', part: toolReturn },
      { event_kind: 'agent_run_result', result: { output: { sum: 5 } } },
    ];
    expect(readStream(...told)).toMatchObject({ text: 'Sure.\n\n{"sum":5}', calls: [], finish: 'stop' });
  });

  test('leaves calls that it did not run to the caller', () => {
    expect(readStream(...first)).toMatchObject(pending);
    const deferred = { event_kind: 'agent_run_result', result: { output: { calls: [call], approvals: [] } } };
    expect(readStream(...first, deferred)).toMatchObject(pending);
    expect(readStream(deferred)).toMatchObject({ ...pending, text: '' });
  });

  test('is read from its messages', () => {
    const messages = [
      { kind: 'request', parts: [{ part_kind: 'user-prompt', content: 'PROMPT' }] },
      {
        kind: 'response',
        parts: [{ part_kind: 'thinking', content: 'Hm.' }, text('Let me add.'), call],
        usage: { input_tokens: 30, output_tokens: 20 },
      },
      { kind: 'request', parts: [toolReturn] },
      {
        kind: 'response',
        parts: [text('It is 5.')],
        usage: { request_tokens: 44, response_tokens: 12 },
        finish_reason: 'stop',
      },
    ];
    expect(readStream(...messages)).toMatchObject({ ...answer, reasoning: 'Hm.', usage: [74, 32] });
  });

  test('fails with its runtime', () => {
    expect(readStream(...last, failure)).toMatchObject({ text: 'It is 5.', error: 'Boom' });
  });
});

describe('a Lambda function', () => {
  const lambda = (statusCode: number, body: unknown) => ({ statusCode, headers: { 'x-a': 'b' }, body });
  const chat = { choices: [{ message: { content: 'Hi' }, finish_reason: 'length' }], object: 'chat.completion' };

  test.each<[string, unknown]>([
    ['a text', 'Hi'],
    ['a JSON string', '"Hi"'],
    ['an object', { response: 'Hi' }],
    ['JSON', '{"response": "Hi"}'],
    ['JSON of another', JSON.stringify(lambda(200, '{"result": {"content": [{"text": "Hi"}]}}'))],
  ])('answers with its body: %s', (_, body) => {
    expect(readWhole(lambda(200, body))).toMatchObject({ text: 'Hi', finish: 'stop', error: undefined });
    expect(readStream(lambda(200, body))).toMatchObject({ text: 'Hi', error: undefined });
  });

  test('may answer in the format of a family, with a number, or with nothing', () => {
    expect(readWhole(lambda(200, JSON.stringify(chat)))).toMatchObject({ text: 'Hi', finish: 'length' });
    expect(readWhole(lambda(200, '42.50'))).toMatchObject({ text: '42.50', error: undefined });
    expect(readWhole(lambda(200, ''))).toMatchObject({ text: '', error: undefined });
  });

  test('shows what nobody knows', () => {
    expect(readWhole(lambda(200, '{"foo": 1}'))).toMatchObject({ text: '{"foo": 1}', error: undefined });
    const unknown = lambda(200, { foo: 1 });
    expect(readWhole(unknown)).toMatchObject({ text: JSON.stringify(unknown), error: undefined });
  });

  test.each<[string, unknown]>([
    ['a text', 'boom'],
    ['an object', { error: 'boom' }],
    ['JSON', '{"message": "boom"}'],
    ['JSON of a string', '"boom"'],
  ])('fails with a status that says so: %s', (_, body) => {
    for (const status of [400, 500]) {
      expect(readWhole(lambda(status, body))).toMatchObject({ text: '', error: 'boom' });
    }
  });

  test('may fail without a word', () => {
    expect(readWhole(lambda(503, null)).error).toBe('The agent reported an error and did not say which.');
  });

  test('is told by its body: another status is part of an answer', () => {
    expect(readWhole({ statusCode: 404, result: 'Not there' })).toMatchObject({ text: 'Not there', error: undefined });
  });
});
