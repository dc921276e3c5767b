import type { SendStreamingMessageSuccessResponse, TaskState } from '@a2a-js/sdk';
import { describe, expect, test } from 'vitest';
import { read, sse } from '../../support/reading.ts';

const stream = 'text/event-stream';
const json = 'application/json';
type Result = SendStreamingMessageSuccessResponse['result'];

const of03 = (result: Result) => ({ jsonrpc: '2.0', id: '1', result });
const ids = { contextId: 'x', taskId: 't' };
const text = (said: string) => ({ kind: 'text' as const, text: said });
const message = (said: string) => ({
  kind: 'message' as const,
  role: 'agent' as const,
  messageId: said,
  parts: [text(said)],
});
const status = (state: TaskState, said?: string, final = false): Result => ({
  kind: 'status-update',
  ...ids,
  final,
  status: { state, ...(said !== undefined && { message: message(said) }) },
});
const artifact = (artifactId: string, said: string, append = false): Result => ({
  kind: 'artifact-update',
  ...ids,
  append,
  artifact: { artifactId, parts: [text(said)] },
});
const task = (state: TaskState, said?: string, artifacts: readonly string[] = []): Result => ({
  kind: 'task',
  id: 't',
  contextId: 'x',
  status: { state, ...(said !== undefined && { message: message(said) }) },
  artifacts: artifacts.map((each, index) => ({ artifactId: `a${index}`, parts: [text(each)] })),
});

/** What 1.0 makes of the same: wrappers instead of kinds, other names of states and roles. */
function of10(result: Result): object {
  const { kind, ...fields } = JSON.parse(
    JSON.stringify(result, (name, value: unknown) => {
      if (name === 'state') return `TASK_STATE_${String(value).toUpperCase().replaceAll('-', '_')}`;
      if (name === 'role') return `ROLE_${String(value).toUpperCase()}`;
      return value;
    }),
  ) as Record<string, unknown>;
  const names: Record<string, string> = { 'status-update': 'statusUpdate', 'artifact-update': 'artifactUpdate' };
  const wrapper = names[String(kind)] ?? String(kind);
  const parts = JSON.parse(
    JSON.stringify(fields, (name, value: unknown) => (name === 'kind' ? undefined : value)),
  ) as object;
  return { jsonrpc: '2.0', id: '1', result: { [wrapper]: parts } };
}

describe.each([
  ['0.3', of03],
  ['1.0', of10],
])('A2A %s', (_, as) => {
  test.each<[string, readonly Result[], Partial<ReturnType<typeof read>>]>([
    ['a message', [message('Hi')], { text: 'Hi', finish: 'stop' }],
    [
      'an artifact in pieces',
      [task('submitted'), status('working'), artifact('a', 'Hel'), artifact('a', 'lo', true), status('completed')],
      { text: 'Hello', finish: 'stop', raw: undefined },
    ],
    [
      'two artifacts',
      [task('working'), artifact('a', 'One.'), artifact('b', 'Two.'), status('completed')],
      { text: 'One.\n\nTwo.' },
    ],
    [
      'a text as its status, and once more as its artifact',
      [
        task('submitted'),
        status('working', 'Hel'),
        status('working', 'lo'),
        artifact('a', 'Hello\n'),
        status('completed'),
      ],
      { text: 'Hello' },
    ],
    [
      'several messages as its status, of which the artifact is the last',
      [
        status('working', 'One.'),
        status('working', 'Tw'),
        status('working', 'o.'),
        artifact('a', 'Two.'),
        status('completed'),
      ],
      { text: 'One.Two.' },
    ],
    [
      'its progress as its status, and then an artifact',
      [status('working', 'Looking for data'), artifact('a', 'a'), artifact('a', 'nd so', true), status('completed')],
      { text: 'Looking for data\n\nand so' },
    ],
    ['its answer with its end', [status('working'), status('completed', 'Hi', true)], { text: 'Hi' }],
    ['its answer, and again with its end', [status('working', 'Hi'), status('completed', 'Hi', true)], { text: 'Hi' }],
    [
      'an artifact in pieces, and the same with its end',
      [artifact('a', 'Hel'), artifact('a', 'lo', true), status('completed', 'Hello\n', true)],
      { text: 'Hello' },
    ],
    [
      'its answer as its status, as an artifact and with its end',
      [status('working', 'Hel'), status('working', 'lo '), artifact('a', 'Hello'), status('completed', 'Hello', true)],
      { text: 'Hello ' },
    ],
    [
      'an artifact, and more with its end',
      [artifact('a', 'One.'), status('completed', 'e.', true)],
      { text: 'One.\n\ne.' },
    ],
    [
      'the whole task at the end',
      [artifact('a0', 'Hel'), artifact('a0', 'lo', true), task('completed', undefined, ['Hello'])],
      { text: 'Hello' },
    ],
    [
      'a question',
      [status('working'), status('input-required', 'Which?', true)],
      { text: 'Which?', raw: 'input-required' },
    ],
    ['a way to sign in', [status('auth-required', 'Go there.', true)], { text: 'Go there.', raw: 'auth-required' }],
    [
      'that it was stopped',
      [artifact('a', 'Half'), status('canceled')],
      { text: 'Half', finish: 'stop', raw: 'canceled' },
    ],
    ['a failure', [artifact('a', 'Half'), status('failed', 'boom')], { text: 'Half', error: 'boom' }],
    ['a failure without words', [status('failed')], { error: "The agent's task ended as failed." }],
    ['a refusal', [status('rejected', 'Not me.')], { error: 'Not me.' }],
  ])('streams %s', (_, results, expected) => {
    expect(read(sse(...results.map(as)), stream)).toMatchObject({ error: undefined, ...expected });
  });

  test.each<[string, Result, Partial<ReturnType<typeof read>>]>([
    ['a message', message('Hi'), { text: 'Hi' }],
    ['a task', task('completed', undefined, ['Hi']), { text: 'Hi' }],
    ['a task with a status', task('completed', 'Hi'), { text: 'Hi' }],
    ['a task whose status says another thing', task('completed', 'Bye', ['Hi']), { text: 'Hi\n\nBye' }],
    ['a task whose status says it again', task('completed', 'Hi', ['Hi']), { text: 'Hi' }],
    ['a question', task('input-required', 'Which?'), { text: 'Which?', raw: 'input-required' }],
    ['a task without a word', task('completed'), { text: '', finish: 'stop' }],
    [
      'a task with a history only',
      { ...task('completed'), history: [{ ...message('ASKED'), role: 'user' }, message('Hi')] } as Result,
      { text: 'Hi' },
    ],
    ['a failed task', task('failed', 'boom'), { error: 'boom' }],
    ['a task that still works', task('working'), { error: expect.stringContaining('cut short') as string }],
  ])('answers with %s', (_, result, expected) => {
    expect(read(JSON.stringify(as(result)), json)).toMatchObject({ error: undefined, ...expected });
  });

  test('was cut short where the task has not come to a rest', () => {
    const cut = [task('submitted'), artifact('a', 'Half')];
    expect(read(sse(...cut.map(as)), stream)).toMatchObject({ error: expect.stringContaining('cut short') as string });
  });
});

test('A2A may tell its thoughts in parts and its answer as data', () => {
  const thought = { ...text('Hm.'), metadata: { adk_thought: true } };
  const whole = { ...message('x'), parts: [thought, text('Hi')] };
  expect(read(JSON.stringify(of03(whole)), json)).toMatchObject({ text: 'Hi', reasoning: 'Hm.' });
  const data = { ...task('completed'), artifacts: [{ artifactId: 'a', parts: [{ kind: 'data', data: { sum: 5 } }] }] };
  expect(read(JSON.stringify({ jsonrpc: '2.0', id: 1, result: data }), json)).toMatchObject({ text: '{"sum":5}' });
  const parts = [{ kind: 'data', data: { sum: 5 } }];
  expect(read(JSON.stringify(of03({ ...message('x'), parts } as Result)), json)).toMatchObject({ text: '{"sum":5}' });
  const ended = { state: 'completed', message: { ...message('x'), parts } };
  expect(read(sse(of03({ ...task('completed'), status: ended } as Result)), stream).text).toBe('{"sum":5}');
});

describe('JSON-RPC', () => {
  test.each([
    [{ code: -32600, message: 'Invalid Request' }, 'Invalid Request'],
    [{ code: -32055, message: 'Runtime client error' }, 'Runtime client error'],
    [{ code: -32603 }, 'did not say'],
  ])('may answer with an error: %j', (error, words) => {
    expect(read(JSON.stringify({ jsonrpc: '2.0', id: 1, error }), json).error).toContain(words);
    expect(read(sse({ jsonrpc: '2.0', id: 1, error }), stream).error).toContain(words);
  });

  const result = (fields: object) => ({ jsonrpc: '2.0', id: 1, result: fields });
  const blocks = [
    { type: 'text', text: 'Hi' },
    { type: 'image', data: '', mimeType: 'image/png' },
  ];
  test.each<[string, object, Partial<ReturnType<typeof read>>]>([
    ['a text', result({ content: blocks }), { text: 'Hi' }],
    ['a resource', result({ content: [{ type: 'resource', resource: { uri: 'x', text: 'Hi' } }] }), { text: 'Hi' }],
    ['nothing', result({ content: [] }), { text: '' }],
    ['data only', result({ content: [], structuredContent: { sum: 5 } }), { text: '{"sum":5}' }],
    ['a text and the same as data', result({ content: blocks, structuredContent: { x: 'Hi' } }), { text: 'Hi' }],
    ['an error', result({ content: [{ type: 'text', text: 'boom' }], isError: true }), { error: 'boom' }],
    ['its tools', result({ tools: [{ name: 'add' }] }), { text: JSON.stringify(result({ tools: [{ name: 'add' }] })) }],
  ])('of MCP may answer with %s', (_, value, expected) => {
    expect(read(JSON.stringify(value), json)).toMatchObject({ error: undefined, ...expected });
  });

  test('of MCP may tell of its progress first', () => {
    const progress = { jsonrpc: '2.0', method: 'notifications/message', params: { data: 'NO' } };
    expect(read(sse(progress, result({ content: blocks })), stream).text).toBe('Hi');
  });
});
