import { describe, expect, test } from 'vitest';
import { readStream, readWhole } from '../../support/reading.ts';

type Fields = Readonly<Record<string, unknown>>;

const chunk = (content: unknown, fields: Fields = {}) => ({
  type: 'AIMessageChunk',
  content,
  response_metadata: {},
  usage_metadata: null,
  tool_call_chunks: [],
  id: 'run-1',
  ...fields,
});
const ai = (content: unknown, fields: Fields = {}) => ({ type: 'ai', content, tool_calls: [], id: 'run-1', ...fields });
const human = (content: string, id = 'h') => ({ type: 'human', content, id });
const tool = { type: 'tool', content: 'TOOL', tool_call_id: 'c1', name: 'add', id: 't1', status: 'success' };
const call = { tool_calls: [{ name: 'add', args: { a: 2 }, id: 'c1', type: 'tool_call' }] };
const pieces = [
  chunk('', { tool_call_chunks: [{ name: 'add', args: '', id: 'c1', index: 0 }] }),
  chunk('', { tool_call_chunks: [{ name: null, args: '{"a":', id: null, index: 0 }] }),
  chunk('', { tool_call_chunks: [{ name: null, args: '2}', id: null, index: 0 }] }),
];
const second = { id: 'run-2' };
const meta = (node = 'model', ns = `${node}:1`) => ({ langgraph_node: node, langgraph_checkpoint_ns: ns });
const usage = (input_tokens: number, output_tokens: number) => ({ usage_metadata: { input_tokens, output_tokens } });
const stop = (finish_reason: string) => ({ response_metadata: { finish_reason } });

const answer = { text: 'Let me add.\n\nIt is 5.', calls: [], finish: 'stop', error: undefined };
/** JavaScript's own form. */
const lc = (name: string, kwargs: Fields) => ({
  lc: 1,
  type: 'constructor',
  id: ['langchain_core', 'messages', name],
  kwargs,
});

describe('a graph', () => {
  test.each<[string, readonly unknown[]]>([
    ['in messages', [chunk('Let me '), chunk('add.'), ...pieces, tool, chunk('It is 5.', second)]],
    ['in messages whose tools are left out', [chunk('Let me add.'), ...pieces, chunk('It is 5.', second)]],
    ['in messages that are whole', [ai('Let me add.', call), tool, ai('It is 5.', second)]],
    [
      'in messages that begin with an id of their own',
      [
        chunk('', { id: 'resp_1' }),
        chunk('Let me '),
        chunk('add.'),
        tool,
        chunk('It is 5.', second),
        chunk('', { id: 'x' }),
      ],
    ],
    [
      'in tuples',
      [
        [chunk('Let me add.'), meta()],
        [tool, meta('tools')],
        [chunk('It is 5.', second), meta()],
      ],
    ],
    [
      'in several modes',
      [
        ['values', { messages: [human('Hi')] }],
        ['messages', [chunk('Let me add.'), meta()]],
        ['messages', [pieces[0], meta()]],
        ['updates', { model: { messages: [ai('Let me add.', call)] } }],
        ['values', { messages: [human('Hi'), ai('Let me add.', call)] }],
        ['custom', 'Adding…'],
        ['updates', { tools: { messages: [tool] } }],
        ['messages', [chunk('It is 5.', second), meta()]],
        ['updates', { model: { messages: [ai('It is 5.', second)] }, other: null }],
      ],
    ],
    [
      'in parts of several modes',
      [
        { type: 'messages', ns: [], data: [chunk('Let me add.'), meta()] },
        { type: 'updates', ns: [], data: { model: { messages: [ai('Let me add.', call)] } } },
        { type: 'updates', ns: [], data: { tools: { messages: [tool] } } },
        { type: 'messages', ns: [], data: [chunk('It is 5.', second), meta()] },
      ],
    ],
    [
      'in several modes with its subgraphs',
      [
        [[], 'messages', [chunk('Let me add.'), meta()]],
        [['sub:1'], 'updates', { model: { messages: [ai('Let me add.')] } }],
        [['tools:1'], 'messages', [chunk('INNER', { id: 'run-9' }), meta('model', 'tools:1|model:2')]],
        [['sub:1'], 'messages', [chunk('It is 5.', second), meta()]],
      ],
    ],
    [
      'in updates with its subgraphs, which tell first what the graph repeats',
      [
        [['sub:1'], { model: { messages: [ai('Let me add.', call)] } }],
        [['sub:1'], { tools: { messages: [tool] } }],
        [['sub:1'], { model: { messages: [ai('It is 5.', second)] } }],
        [[], { sub: { messages: [human('Hi'), ai('Let me add.', call), tool, ai('It is 5.', second)] } }],
      ],
    ],
    [
      'in updates of one message each',
      [
        { model: { messages: ai('Let me add.', call) } },
        { plan: { step: 1 } },
        { model: { messages: [ai('It is 5.', second)] } },
      ],
    ],
    [
      "in updates of OpenAI's messages",
      [
        {
          a: {
            messages: [
              { role: 'user', content: 'Hi' },
              { role: 'assistant', content: 'Let me add.' },
            ],
          },
        },
        { b: { messages: [{ role: 'assistant', content: 'It is 5.' }] } },
      ],
    ],
    [
      'in values, after an earlier turn',
      [
        { messages: [human('Before'), ai('EARLIER', { id: 'run-0' }), human('Hi', 'h2')] },
        {
          messages: [human('Before'), ai('EARLIER', { id: 'run-0' }), human('Hi', 'h2'), ai('Let me add.', call), tool],
        },
        {
          messages: [human('Hi', 'h2'), ai('Let me add.', call), tool, ai('It is 5.', second)],
          structured_response: null,
        },
      ],
    ],
    [
      'in values whose messages have no ids',
      [
        { messages: [human('Hi'), ai('Let me add.', { ...call, id: null })] },
        { messages: [human('Hi'), ai('Let me add.', { ...call, id: null }), tool, ai('It is 5.', { id: null })] },
      ],
    ],
    [
      'in updates whose messages have no ids',
      [{ a: { messages: [ai('Let me add.', { id: null })] } }, { b: { messages: [ai('It is 5.', { id: null })] } }],
    ],
    [
      'in events',
      [
        { event: 'on_chain_start', name: 'LangGraph', data: { input: { messages: [human('Hi')] } }, metadata: {} },
        { event: 'on_chat_model_start', run_id: 'r1', data: { input: { messages: [[human('Hi')]] } } },
        { event: 'on_chat_model_stream', run_id: 'r1', data: { chunk: chunk('Let me add.') } },
        { event: 'on_chat_model_end', run_id: 'r1', data: { output: ai('Let me add.', call), input: {} } },
        { event: 'on_tool_start', data: { input: { a: 2 } } },
        { event: 'on_tool_end', data: { output: tool } },
        { event: 'on_chat_model_stream', run_id: 'r2', data: { chunk: chunk('It is 5.', second) } },
        { event: 'on_chain_stream', data: { chunk: { model: { messages: [ai('It is 5.', second)] } } } },
        { event: 'on_chain_end', name: 'LangGraph', data: { output: { messages: [ai('It is 5.', second)] } } },
      ],
    ],
    [
      "in events without their names, as JavaScript's runtime sends them",
      [
        { chunk: lc('AIMessageChunk', { content: 'Let me add.', id: 'run-1' }) },
        { output: lc('AIMessageChunk', { content: 'Let me add.', id: 'run-1', ...call }), input: {} },
        { output: lc('ToolMessage', { content: 'TOOL', tool_call_id: 'c1' }), input: '{"a":2}' },
        { chunk: lc('AIMessageChunk', { content: [{ type: 'text', text: 'It is 5.' }], id: 'run-2' }) },
      ],
    ],
    [
      "in JavaScript's messages",
      [
        [lc('AIMessageChunk', { content: 'Let me add.', id: 'run-1' }), meta()],
        [lc('ToolMessage', { content: 'TOOL', tool_call_id: 'c1' }), meta('tools')],
        [lc('AIMessageChunk', { content: 'It is 5.', id: 'run-2' }), meta()],
      ],
    ],
    [
      'in dictionaries of messages',
      [
        { type: 'ai', data: ai('Let me add.') },
        { type: 'ai', data: ai('It is 5.', second) },
      ],
    ],
  ])('is heard once: %s', (_, values) => {
    expect(readStream(...values)).toMatchObject(answer);
  });

  test('thinks in blocks of any provider, and in additional fields', () => {
    for (const content of [
      [{ type: 'reasoning_content', reasoning_content: { text: 'Hm.', signature: 'x' } }],
      [{ type: 'thinking', thinking: 'Hm.' }],
      [{ type: 'reasoning', reasoning: 'Hm.' }],
      [{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] }],
    ]) {
      expect(readStream(chunk(content), chunk('Hi'))).toMatchObject({ reasoning: 'Hm.', text: 'Hi' });
      expect(readWhole(ai([...content, { type: 'text', text: 'Hi' }]))).toMatchObject({ reasoning: 'Hm.', text: 'Hi' });
    }
    const thought = chunk('', { additional_kwargs: { reasoning_content: 'Hm.' } });
    expect(readStream(thought, chunk('Hi'))).toMatchObject({ reasoning: 'Hm.', text: 'Hi' });
  });

  test('counts each model call once, in whichever modes', () => {
    const told = [
      ['messages', [chunk('Let me add.', usage(30, 15)), meta()]],
      ['messages', [chunk('', { id: 'x', ...usage(0, 5) }), meta()]],
      ['updates', { model: { messages: [ai('Let me add.', { ...call, ...usage(30, 20) })] } }],
      ['messages', [chunk('It is 5.', { ...second, ...usage(44, 12) }), meta()]],
      ['updates', { model: { messages: [ai('It is 5.', { ...second, ...usage(44, 12) })] } }],
    ];
    expect(readStream(...told).usage).toEqual([74, 32]);
    const whole = {
      messages: [
        human('Hi'),
        ai('Let me add.', { ...call, ...usage(30, 20) }),
        tool,
        ai('5', { ...second, ...usage(44, 12) }),
      ],
    };
    expect(readWhole(whole).usage).toEqual([74, 32]);
    expect(readWhole({ result: whole })).toMatchObject({ usage: [74, 32], text: 'Let me add.\n\n5' });
    expect(readStream(whole, whole).usage).toEqual([74, 32]);
  });

  test('leaves calls that it did not run to the caller', () => {
    const expected = { calls: ['add({"a":2})'], finish: 'tool-calls' };
    const done = chunk('', stop('tool_calls'));
    const last = chunk('', { id: 'other', chunk_position: 'last' });
    expect(readStream(chunk('Let me.'), ...pieces, done, last)).toMatchObject(expected);
    expect(readStream({ model: { messages: [ai('Let me.', call)] } })).toMatchObject(expected);
    expect(readWhole({ messages: [human('Hi'), ai('', call)] })).toMatchObject(expected);
    const both = { tool_calls: [...call.tool_calls, { name: 'open', args: {}, id: 'c2' }] };
    expect(readStream(ai('', both), tool)).toMatchObject({ calls: ['open({})'] });
  });

  test('tells why it stopped, by its last model call', () => {
    expect(readStream(ai('a', stop('length')), ai('b', { ...second, ...stop('stop') })).finish).toBe('stop');
    expect(readStream(chunk('a'), chunk('', { response_metadata: { stopReason: 'max_tokens' } })).finish).toBe(
      'length',
    );
    expect(readStream(chunk('a', { response_metadata: { stop_reason: 'refusal' } })).finish).toBe('content-filter');
  });

  test('may ask the user something, and wait', () => {
    const waits = { __interrupt__: [{ value: 'Which one?', id: 'i' }] };
    expect(readStream({ model: { messages: [ai('Hm.', call)] } }, waits)).toMatchObject({ text: 'Hm.\n\nWhich one?' });
    expect(readStream(['messages', [chunk('Hm.'), meta()]], ['updates', waits])).toMatchObject({
      text: 'Hm.\n\nWhich one?',
    });
  });

  test('whose question is an object shows it, and its call waits with it', () => {
    const question = { action: 'add', args: { a: 2 } };
    const waits = { __interrupt__: [{ value: question, id: 'i' }] };
    expect(readStream({ model: { messages: [ai('Hm.', call)] } }, waits)).toMatchObject({
      text: `Hm.\n\n${JSON.stringify(question)}`,
      calls: [],
      finish: 'stop',
    });
  });

  test('without ids is set apart by what its tools gave, however often that is told', () => {
    const none = { id: null };
    const told = [chunk('Let me ', none), chunk('add.', none), tool, chunk('Fi', none), tool, chunk('ve', none)];
    expect(readStream(...told).text).toBe('Let me add.\n\nFive');
  });

  test('that fails in mid-stream is an error after its text', () => {
    const failure = { error: 'Boom', error_type: 'ValueError', message: 'An error occurred during streaming' };
    expect(readStream(chunk('Hi'), failure)).toMatchObject({ text: 'Hi', error: 'Boom', finish: undefined });
  });

  test('that tells only contents shows no result of a tool where the contents are blocks', () => {
    const piece = (fields: Fields) => [{ type: 'tool_use', index: 1, name: null, id: null, ...fields }];
    const contents = [
      [],
      [{ type: 'text', text: 'Let me ', index: 0 }],
      [{ type: 'text', text: 'add.', index: 0 }],
      [{ index: 0 }],
      piece({ name: 'add', id: 'c1' }),
      piece({ input: '{"a":' }),
      piece({ input: '2}' }),
    ];
    const last = [{ type: 'text', text: 'It is 5.', index: 0 }];
    expect(readStream(...contents, 'TOOL', last, '(Done.)')).toMatchObject({
      ...answer,
      text: `${answer.text}(Done.)`,
    });
    expect(readStream(...contents)).toMatchObject({ calls: ['add({"a":2})'], finish: 'tool-calls' });
    expect(readStream('Let me add.', 'TOOL', 'It is 5.').text).toBe('Let me add.TOOLIt is 5.');
  });

  test('is not what another framework keeps beside its answer', () => {
    const messages = [{ role: 'user', content: [{ text: 'PROMPT' }] }];
    expect(readStream({ data: 'Hi', messages, agent: '<agent>' })).toMatchObject({ text: 'Hi', error: undefined });
    expect(readWhole({ messages: [...messages, { role: 'assistant', content: 'Hi' }] })).toMatchObject({ text: 'Hi' });
  });

  test('is silent where it has nothing to say', () => {
    const silent = [{ plan: { steps: ['SECRET'] } }, ['custom', { progress: 1 }], ['debug', { type: 'task' }], null];
    expect(readStream(...silent, ai('Hi'))).toMatchObject({ text: 'Hi', error: undefined });
  });
});

describe('a whole answer of LangChain', () => {
  test.each<[string, unknown]>([
    ['a message', ai('Hi')],
    ['a message of blocks', ai([{ type: 'text', text: 'Hi', index: 0 }])],
    ['under a key', { result: ai('Hi') }],
    ["in JavaScript's form", lc('AIMessage', { content: 'Hi' })],
    ['a state', { messages: [human('Hello'), ai('Hi')], remaining_steps: 3 }],
    ['a state under a key', { result: { messages: [human('Hello'), ai('Hi')] } }],
    ['a list of messages', [human('Hello'), ai('Hi')]],
    ['its content', [{ type: 'text', text: 'Hi', index: 0 }]],
    ['its content under a key', { result: [{ type: 'text', text: 'Hi', index: 0 }] }],
  ])('is read: %s', (_, value) => {
    expect(readWhole(value)).toMatchObject({ text: 'Hi', finish: 'stop', error: undefined });
  });
});
