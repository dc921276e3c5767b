import { describe, expect, test } from 'vitest';
import { read, sse } from '../../support/reading.ts';

const stream = 'text/event-stream';
const json = 'application/json';

describe('events by a type of the agent’s own', () => {
  test.each<[string, object]>([
    ['text', { type: 'text', text: 'Hi' }],
    ['content', { type: 'content', content: 'Hi' }],
    ['chunk', { type: 'chunk', data: 'Hi', formatted: 'Hi' }],
    ['token', { type: 'token', token: 'Hi' }],
    ['delta', { type: 'delta', delta: 'Hi' }],
    ['text_delta', { type: 'text_delta', text: 'Hi' }],
    ['content_delta', { type: 'content_delta', delta: { text: 'Hi' } }],
    ['message', { type: 'message', role: 'assistant', content: [{ text: 'Hi' }] }],
    ['answer', { type: 'answer', answer: 'Hi' }],
    ['agent_response', { type: 'agent_response', content: 'Hi' }],
    ['data within', { type: 'chunk', data: { content: 'Hi' } }],
    ['an event beside data', { event: 'token', data: 'Hi' }],
    ['an event beside an object', { event: 'message', data: { text: 'Hi' } }],
    ['an event beside a text', { event: 'message', text: 'Hi' }],
    ['a type that nobody knows', { type: 'weather_report', content: 'Hi' }],
    ['an end', { type: 'final', content: 'Hi' }],
  ])('say their text: %s', (_, value) => {
    expect(read(sse(value), stream)).toMatchObject({ text: 'Hi', reasoning: '', error: undefined, finish: 'stop' });
    expect(read(JSON.stringify(value), json)).toMatchObject({ text: 'Hi', error: undefined });
  });

  test.each(['thinking', 'thought', 'reasoning', 'reasoning_delta', 'agent_thinking'])('think: %s', (type) => {
    const body = sse({ type, content: 'Hm.' }, { type: 'content', content: 'Hi' });
    expect(read(body, stream)).toMatchObject({ text: 'Hi', reasoning: 'Hm.' });
  });

  test.each([
    { type: 'stage', stage: 'tools', label: 'Connecting', text: 'NO' },
    { type: 'status', message: 'NO' },
    { type: 'progress', content: 'NO' },
    { type: 'tool_use', name: 'x', input: {} },
    { type: 'tool_result', content: 'NO' },
    { type: 'tool_start', message: 'NO' },
    { type: 'function_call', content: 'NO' },
    { type: 'message', role: 'user', content: 'NO' },
    { type: 'metadata', data: { text: 'NO' } },
    { type: 'ping' },
    { type: 'session_start', message: 'NO' },
  ])('tell of their work in a stream, which is no answer: %j', (note) => {
    const body = sse(note, { type: 'chunk', data: 'Hi' }, note);
    expect(read(body, stream)).toMatchObject({ text: 'Hi', reasoning: '', calls: [], error: undefined });
  });

  test.each([
    { type: 'complete', final_response: 'Hello you' },
    { type: 'final', content: 'Hello you' },
    { type: 'done', response: 'Hello you' },
    { type: 'end' },
    { type: 'stream_end', data: null },
    { type: 'message_complete', message: 'Hello you' },
  ])('end, and may say all of it again: %j', (end) => {
    const body = sse({ type: 'chunk', data: 'Hello ' }, { type: 'chunk', data: 'you' }, end);
    expect(read(body, stream)).toMatchObject({ text: 'Hello you', error: undefined });
  });

  test.each<[string, readonly object[], string]>([
    [
      'beside contents',
      [{ event: 'token', content: 'Hel' }, { event: 'token', content: 'lo' }, { event: 'end' }],
      'Hello',
    ],
    ['before any', [{ event: 'start' }, { event: 'token', data: 'Hi' }, { event: 'end' }], 'Hi'],
    ['that are texts', [{ event: 'start' }, { event: ' to ' }, { event: 'end' }], 'start to end'],
    ['that are all there is', [{ event: 'done' }], 'done'],
  ])('go by their words, alone or not: %s', (_, events, text) => {
    expect(read(sse(...events), stream)).toMatchObject({ text, error: undefined });
  });

  test('go by the names of server-sent events, too', () => {
    const body = [
      'event: status\ndata: NO\n\n',
      'event: thinking\ndata: Hm.\n\n',
      'event: thinking\ndata: {"content": " So."}\n\n',
      'event: tool_call\ndata: {"content": "NO"}\n\n',
      'event: tool_call\ndata: "NO"\n\n',
      'event: token\ndata: Hel\n\n',
      'event: token\ndata: {"text": "lo"}\n\n',
    ].join('');
    expect(read(body, stream)).toMatchObject({ text: 'Hello', reasoning: 'Hm. So.', error: undefined });
    expect(read(`${body}event: status\ndata: {"error": "boom"}\n\n`, stream).error).toBe('boom');
    const usage = 'event: metadata\ndata: {"metadata": {"usage": {"inputTokens": 3, "outputTokens": 2}}}\n\n';
    expect(read(body + usage, stream)).toMatchObject({ text: 'Hello', usage: [3, 2] });
  });

  test('tell what they used and why they stopped', () => {
    const end = { type: 'done', usage: { input_tokens: 3, output_tokens: 2 }, stop_reason: 'max_tokens' };
    expect(read(sse({ type: 'chunk', data: 'Hi' }, end), stream)).toMatchObject({ usage: [3, 2], finish: 'length' });
    const usage = { type: 'usage', inputTokens: 3, outputTokens: 2 };
    expect(read(sse({ type: 'chunk', data: 'Hi' }, usage), stream)).toMatchObject({ usage: [3, 2] });
  });

  test('fail', () => {
    for (const error of [
      { type: 'error', error: 'boom' },
      { type: 'error', message: 'boom' },
      { type: 'error', content: '', detail: 'boom' },
    ]) {
      expect(read(sse({ type: 'chunk', data: 'Half' }, error), stream)).toMatchObject({ text: 'Half', error: 'boom' });
    }
  });

  test('may be framed twice, in strings, and as lines', () => {
    const chunk = (text: string) => ({ type: 'content', content: text });
    const twice = sse(`data: ${JSON.stringify(chunk('Hel'))}\n\n`, `data: ${JSON.stringify(chunk('lo'))}\n\n`);
    expect(read(twice, stream).text).toBe('Hello');
    expect(read(sse(`${JSON.stringify(chunk('Hel'))}\n`, JSON.stringify(chunk('lo'))), stream).text).toBe('Hello');
    const lines = `${JSON.stringify(chunk('Hel'))}\n${JSON.stringify(chunk('lo'))}\n`;
    for (const type of [json, 'application/x-ndjson', 'text/plain']) expect(read(lines, type).text, type).toBe('Hello');
  });
});

test('events are told apart by their fields, whatever these are called', () => {
  const body = sse({ 'type\0delta': 1 }, { type: 'reasoning-delta', delta: 'Hm.' }, { data: 'Hi' });
  expect(read(body, stream)).toMatchObject({ text: 'Hi', reasoning: 'Hm.' });
});

describe('what nobody knows', () => {
  const unknown = { type: 'invoice', total: 3 };
  test('is skipped in a stream, and its text where it is all there is', () => {
    expect(read(sse('Hi', unknown, [[1], { a: 2 }]), stream)).toMatchObject({ text: 'Hi' });
    expect(read(JSON.stringify(unknown), json)).toMatchObject({ text: JSON.stringify(unknown), finish: 'stop' });
    expect(read(sse(unknown), stream).error).toContain('a format that this version does not know');
  });
});
