import { describe, expect, test } from 'vitest';
import { read, sse } from '../../support/reading.ts';

const stream = 'text/event-stream';
const wrap = (event: object) => ({ type: 'modelStreamUpdateEvent', event });
const asIs = (event: object) => event;
const start = { type: 'modelMessageStartEvent', role: 'assistant' };
const delta = (text: string) => ({ type: 'modelContentBlockDeltaEvent', delta: { type: 'textDelta', text } });
const thought = (text: string) => ({
  type: 'modelContentBlockDeltaEvent',
  delta: { type: 'reasoningContentDelta', text },
});
const use = (id: string) => ({
  type: 'modelContentBlockStartEvent',
  start: { type: 'toolUseStart', name: 'add', toolUseId: id },
});
const input = (json: string) => ({
  type: 'modelContentBlockDeltaEvent',
  delta: { type: 'toolUseInputDelta', input: json },
});
const stop = (stopReason: string) => ({ type: 'modelMessageStopEvent', stopReason });
const usage = { type: 'modelMetadataEvent', usage: { inputTokens: 3, outputTokens: 2 } };
const message = (role: string, content: readonly object[]) => ({
  role,
  content,
  metadata: { usage: { inputTokens: 3, outputTokens: 2 } },
});
const added = (role: string, ...content: readonly object[]) => ({
  type: 'messageAddedEvent',
  message: message(role, content),
});
const toolUse = { toolUse: { name: 'add', toolUseId: 't1', input: { a: 2 } } };

describe.each([
  ['1.x', wrap],
  ['0.1.x, and servers that unwrap', asIs],
])('Strands in TypeScript, %s', (_, as) => {
  const events = (...list: readonly object[]): string => sse(...list.map(as));

  test('says each message once, set off from the one before', () => {
    const told = events(
      start,
      thought('Hm.'),
      delta('One.'),
      use('t1'),
      input('{"a":'),
      input('2}'),
      stop('toolUse'),
      usage,
    );
    const whole = [{ reasoning: { text: 'Hm.' } }, { text: 'One.' }, toolUse];
    const body =
      told +
      sse(
        { type: 'modelMessageEvent', message: message('assistant', whole), stopReason: 'toolUse' },
        { type: 'afterModelCallEvent', stopData: { message: message('assistant', whole), stopReason: 'toolUse' } },
        { type: 'beforeToolsEvent', message: message('assistant', whole) },
        { type: 'toolStreamUpdateEvent', event: { type: 'toolStreamEvent', data: 'INNER' } },
        { type: 'afterToolCallEvent', toolUse: toolUse.toolUse, error: { message: 'tried again' } },
        added('assistant', ...whole),
        added('user', { toolResult: { toolUseId: 't1', content: [{ text: 'TOOL' }] } }),
      ) +
      events(start, delta('Two.'), stop('endTurn'), usage) +
      sse(added('assistant', { text: 'Two.' }), {
        type: 'agentResultEvent',
        result: { type: 'agentResult', stopReason: 'endTurn', lastMessage: message('assistant', [{ text: 'Two.' }]) },
      });
    expect(read(body, stream)).toMatchObject({
      text: 'One.\n\nTwo.',
      reasoning: 'Hm.',
      calls: [],
      usage: [6, 4],
      finish: 'stop',
      raw: 'endTurn',
    });
  });

  test('leaves parallel calls to the caller that it did not run', () => {
    const body = events(start, use('t1'), input('{"a":2}'), use('t2'), input('{"a":3}'), stop('toolUse'));
    expect(read(body, stream)).toMatchObject({ calls: ['add({"a":2})', 'add({"a":3})'], finish: 'tool-calls' });
  });

  test.each([
    ['maxTokens', 'length'],
    ['modelContextWindowExceeded', 'length'],
    ['contentFiltered', 'content-filter'],
    ['guardrailIntervened', 'content-filter'],
    ['cancelled', 'stop'],
  ])('stops with %s', (reason, finish) => {
    expect(read(events(start, delta('x'), stop(reason)), stream)).toMatchObject({ finish, raw: reason });
  });

  test('is cut short where a message has no end, and at its limit where its error says so', () => {
    expect(read(events(start, delta('x')), stream).error).toContain('cut short');
    const limit = 'Model reached maximum token limit. This is an unrecoverable state that requires intervention.';
    const body = `${events(start, delta('x'), stop('maxTokens'))}event: error\ndata: {"error":"${limit}"}\n\n`;
    expect(read(body, stream)).toMatchObject({ text: 'x', finish: 'length', error: undefined });
  });
});

describe('a Strands agent in TypeScript that does not stream its model', () => {
  const whole = [
    { type: 'reasoningBlock', text: 'Hm.' },
    { type: 'textBlock', text: 'One.' },
  ];
  test.each<[string, readonly object[]]>([
    ['messages', [added('user', { text: 'hi' }), added('assistant', ...whole)]],
    [
      'messages on two channels',
      [{ type: 'modelMessageEvent', message: message('assistant', whole) }, added('assistant', ...whole)],
    ],
    ['a result', [{ type: 'agentResult', stopReason: 'endTurn', lastMessage: message('assistant', whole) }]],
  ])('is heard by its %s', (_, events) => {
    expect(read(sse(...events), stream)).toMatchObject({
      text: 'One.',
      reasoning: 'Hm.',
      usage: [3, 2],
      error: undefined,
    });
  });

  test('says two messages of one channel', () => {
    const body = sse(
      added('assistant', { text: 'One.' }, toolUse),
      added('user'),
      added('assistant', { text: 'Two.' }),
    );
    expect(read(body, stream)).toMatchObject({ text: 'One.\n\nTwo.', calls: [] });
  });
});

describe('a graph of Strands agents in TypeScript', () => {
  const node = (nodeId: string, event: object) => ({
    type: 'nodeStreamUpdateEvent',
    nodeId,
    nodeType: 'agentNode',
    event,
  });
  const inner = (nodeId: string, event: object) => ({
    ...node(nodeId, {}),
    event: undefined,
    inner: { source: 'agent', event },
  });

  test.each([
    ['as it was', node],
    ['with a source', inner],
  ])('is heard node by node, also at once: %s', (_, at) => {
    const body = sse(
      { type: 'beforeNodeCallEvent', nodeId: 'a' },
      { type: 'beforeNodeCallEvent', nodeId: 'b' },
      at('a', wrap(start)),
      at('b', wrap(start)),
      at('a', wrap(delta('A'))),
      at('b', wrap(delta('B'))),
      at('a', wrap(stop('endTurn'))),
      at('b', wrap(stop('endTurn'))),
      { type: 'nodeResultEvent', nodeId: 'a', result: { content: [{ text: 'A' }] } },
      { type: 'multiAgentHandoffEvent', source: 'a', targets: ['b'] },
      { type: 'multiAgentResultEvent', result: { type: 'multiAgentResult', content: [{ text: 'B' }] } },
    );
    expect(read(body, stream)).toMatchObject({ text: 'A\n\nB', finish: 'stop', error: undefined });
  });

  test('is heard by its results where it streams nothing, and fails as a whole', () => {
    const result = { type: 'multiAgentResult', status: 'COMPLETED', content: [{ text: 'B' }] };
    expect(read(JSON.stringify(result), 'application/json').text).toBe('B');
    const failed = { ...result, status: 'FAILED', content: [], error: { message: 'boom' } };
    expect(read(sse({ type: 'multiAgentResultEvent', result: failed }), stream).error).toBe('boom');
    expect(read(sse({ type: 'nodeResultEvent', nodeId: 'a', result: { content: [{ text: 'A' }] } }), stream).text).toBe(
      'A',
    );
  });
});

test('a Python graph that streams nothing is heard by what came of its nodes', () => {
  const of = (text: string) =>
    `NodeResult(result=AgentResult(stop_reason='end_turn', message={'role': 'assistant', 'content': [{'text': '${text}'}]}, state={'messages': [{'role': 'assistant', 'content': [{'text': 'OLD'}]}]}))`;
  const body = sse(
    { type: 'multiagent_node_stop', node_id: 'a', node_result: of('A') },
    { type: 'multiagent_node_stop', node_id: 'b', node_result: of('B') },
    { type: 'multiagent_result', result: `GraphResult(results={'a': ${of('A')}, 'b': ${of('B')}})` },
  );
  expect(read(body, stream)).toMatchObject({ text: 'A\n\nB', error: undefined });
});
