import { EventType } from '@ag-ui/core';
import { EventSchemas } from '@ag-ui/core/schemas';
import { describe, expect, test } from 'vitest';
import { agUi } from '../../../src/bedrock/agentcore/formats/ag-ui.ts';
import { createAnswer } from '../../../src/bedrock/agentcore/answer.ts';
import { read, sse } from '../../support/reading.ts';

const stream = 'text/event-stream';
const started = { type: 'RUN_STARTED', threadId: 't', runId: 'r' };
const finished = { type: 'RUN_FINISHED', threadId: 't', runId: 'r' };
const begin = (messageId: string, role = 'assistant') => ({ type: 'TEXT_MESSAGE_START', messageId, role });
const content = (messageId: string, delta: string) => ({ type: 'TEXT_MESSAGE_CONTENT', messageId, delta });
const end = (messageId: string) => ({ type: 'TEXT_MESSAGE_END', messageId });
const said = (messageId: string, text: string) => [begin(messageId), content(messageId, text), end(messageId)];
const call = (toolCallId: string, delta = '{"a":2}') => [
  { type: 'TOOL_CALL_START', toolCallId, toolCallName: 'add' },
  { type: 'TOOL_CALL_ARGS', toolCallId, delta },
  { type: 'TOOL_CALL_END', toolCallId },
];
const result = (toolCallId: string) => ({ type: 'TOOL_CALL_RESULT', messageId: 'x', toolCallId, content: 'TOOL' });
const run = (...events: readonly object[]): string => sse(started, ...events, finished);

test('every event type of the protocol is known, and none of an agent of another kind', () => {
  const types = Object.values(EventType).map(String);
  for (const type of types.filter((name) => name !== 'RUN_ERROR')) {
    expect(
      agUi.read(
        { type },
        createAnswer(() => undefined),
        () => false,
      ),
      type,
    ).toBe(true);
  }
  for (const type of ['TEXT', 'ERROR', 'FINAL_ANSWER', 'text-delta', 'AIMessageChunk']) {
    expect(
      agUi.read(
        { type },
        createAnswer(() => undefined),
        () => false,
      ),
      type,
    ).toBe(false);
  }
});

describe('an AG-UI run', () => {
  test.each<[string, string, Partial<ReturnType<typeof read>>]>([
    ['of one message', run(...said('m1', 'Hi')), { text: 'Hi', finish: 'stop' }],
    ['of two messages', run(...said('m1', 'One.'), ...said('m2', 'Two.')), { text: 'One.\n\nTwo.' }],
    [
      'of pieces without a beginning',
      run(
        { type: 'TEXT_MESSAGE_CHUNK', messageId: 'm1', delta: 'On' },
        { type: 'TEXT_MESSAGE_CHUNK', delta: 'e.' },
        { type: 'TEXT_MESSAGE_CHUNK', messageId: 'm2', delta: 'Two.' },
      ),
      { text: 'One.\n\nTwo.' },
    ],
    [
      'that thinks, in words old and new',
      run(
        { type: 'THINKING_START' },
        { type: 'THINKING_TEXT_MESSAGE_CONTENT', delta: 'Hm. ' },
        { type: 'REASONING_MESSAGE_CONTENT', messageId: 'r', delta: 'So. ' },
        { type: 'REASONING_MESSAGE_CHUNK', messageId: 'r', delta: 'Yes.' },
        ...said('m1', 'Hi'),
      ),
      { text: 'Hi', reasoning: 'Hm. So. Yes.' },
    ],
    [
      'whose message is its user’s',
      run(begin('u', 'user'), content('u', 'ASKED'), end('u'), ...said('m', 'Hi')),
      { text: 'Hi' },
    ],
    ['whose call has a result', run(...call('c1'), result('c1'), ...said('m', 'Hi')), { text: 'Hi', calls: [] }],
    [
      'whose call is its caller’s',
      run(...said('m', 'Let me.'), ...call('c1')),
      { calls: ['add({"a":2})'], finish: 'tool-calls' },
    ],
    [
      'one of whose calls is its caller’s',
      run(...call('c1'), ...call('c2', '{"a":3}'), result('c1')),
      { calls: ['add({"a":3})'] },
    ],
    [
      'that names the calls of its caller',
      sse(started, ...call('c1'), ...call('c2', '{"a":3}'), {
        ...finished,
        outcome: { type: 'success', pendingToolCallIds: ['c2'] },
      }),
      { calls: ['add({"a":3})'] },
    ],
    [
      'whose call comes in pieces',
      run(
        { type: 'TOOL_CALL_CHUNK', toolCallId: 'c1', toolCallName: 'add', delta: '{"a"' },
        { type: 'TOOL_CALL_CHUNK', toolCallId: 'c1', toolCallName: 'add', delta: ':' },
        { type: 'TOOL_CALL_CHUNK', delta: '2}' },
      ),
      { calls: ['add({"a":2})'] },
    ],
    [
      'that shows the whole conversation only',
      run({
        type: 'MESSAGES_SNAPSHOT',
        messages: [
          { id: '1', role: 'assistant', content: 'OLD' },
          { id: '2', role: 'user', content: 'ASKED' },
          {
            id: '3',
            role: 'assistant',
            toolCalls: [{ id: 'c1', type: 'function', function: { name: 'add', arguments: '{}' } }],
          },
          { id: '4', role: 'tool', toolCallId: 'c1', content: 'TOOL' },
          { id: '5', role: 'assistant', content: 'Hi' },
        ],
      }),
      { text: 'Hi', calls: [] },
    ],
    [
      'whose conversation shows that it ran a call',
      run(...call('c1'), {
        type: 'MESSAGES_SNAPSHOT',
        messages: [{ id: '4', role: 'tool', toolCallId: 'c1', content: 'TOOL' }],
      }),
      { calls: [], finish: 'stop' },
    ],
    [
      'that waits for its user',
      sse(started, ...call('c1'), {
        ...finished,
        outcome: {
          type: 'interrupt',
          interrupts: [{ id: 'i', reason: 'approval', message: 'Shall I?', toolCallId: 'c1' }],
        },
      }),
      { text: 'Shall I?', calls: [], finish: 'stop', raw: 'interrupt' },
    ],
    [
      'that counts',
      sse(started, ...said('m', 'Hi'), {
        ...finished,
        usage: [
          { inputTokens: 10, outputTokens: 5, cachedInputTokens: 4 },
          { inputTokens: 1, outputTokens: 2 },
        ],
      }),
      { usage: [11, 7] },
    ],
    ['with its answer as its result', sse(started, { ...finished, result: 'Hi' }), { text: 'Hi' }],
    [
      'that fails',
      sse(started, ...said('m', 'Half'), { type: 'RUN_ERROR', message: 'boom', code: 'X' }),
      { text: 'Half', error: 'boom' },
    ],
    [
      'that says nothing of interest',
      run(
        { type: 'STATE_DELTA', delta: [] },
        { type: 'CUSTOM', name: 'x', value: { text: 'NO' } },
        { type: 'RAW', event: { text: 'NO' } },
        { type: 'ACTIVITY_SNAPSHOT', messageId: 'a', activityType: 'x', content: { text: 'NO' } },
        ...said('m', 'Hi'),
      ),
      { text: 'Hi' },
    ],
  ])('%s is read', (_, body, expected) => {
    expect(read(body, stream)).toMatchObject({ error: undefined, ...expected });
  });

  test.each([
    ['in a message', sse(started, begin('m'), content('m', 'Half'))],
    ['between two messages', sse(started, ...said('m', 'Half'))],
  ])('without its end was cut short %s', (_, body) => {
    expect(read(body, stream)).toMatchObject({ text: 'Half', error: expect.stringContaining('cut short') as string });
  });

  test('has the events that its own package calls valid', () => {
    for (const event of [started, finished, ...said('m', 'Hi'), ...call('c'), result('c')]) {
      expect(EventSchemas.safeParse(event).success, event.type).toBe(true);
    }
  });
});

test('subagents that speak at once are heard one after the other', () => {
  const of = (subagentRunId: string, events: readonly object[]) => events.map((event) => ({ ...event, subagentRunId }));
  const [a, b] = [of('a', said('m1', 'A')), of('b', said('m2', 'B'))];
  const turns = a.flatMap((event, index) => [event, b[index] ?? {}]);
  expect(read(run(...turns, ...said('m3', 'Done.')), stream)).toMatchObject({ text: 'A\n\nB\n\nDone.' });
});
