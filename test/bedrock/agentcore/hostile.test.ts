import { describe, expect, test } from 'vitest';
import type { AgentEvent } from '../../../src/agent.ts';
import { createReader } from '../../../src/bedrock/agentcore/events.ts';
import { APIError, BadGatewayError } from '../../../src/errors.ts';
import { completion } from '../../../src/index.ts';
import { serve } from '../../support/loopback.ts';
import { reach, runtimeModel } from '../../support/models.ts';

// Bodies that are made to cost time or memory. Each is as long as AgentCore lets it be, and comes in reads of 64 KB.

const json = 'application/json';
const stream = 'text/event-stream';
const bytes = 'application/octet-stream';
const mostBytes = 100_000_000;
const read = 65_536;

interface Outcome {
  readonly error: unknown;
  /** How many bytes were read before it. */
  readonly bytes: number;
  readonly milliseconds: number;
}

/** Reads a beginning, then one filling over and over, then an end. */
function feed(type: string, [begin, filling, end]: readonly [string, string, string]): Outcome {
  const piece = Buffer.from(filling.repeat(Math.ceil(read / filling.length)));
  const reader = createReader(type);
  const start = performance.now();
  let fed = 0;
  let error: unknown;
  const events: AgentEvent[] = [];
  const write = (part: Buffer): void => {
    fed += part.length;
    reader.read(part, events);
    // Somebody reads them.
    events.length = 0;
  };
  try {
    write(Buffer.from(begin));
    while (fed < mostBytes) write(piece);
    write(Buffer.from(end));
    reader.end(events);
  } catch (thrown) {
    error = thrown;
  }
  return { error, bytes: fed, milliseconds: performance.now() - start };
}

describe('a body of 100 MB', () => {
  // `JSON.parse` would block for 15 seconds to find out, or take all the memory.
  test.each<[string, string, readonly [string, string, string], RegExp, number]>([
    ['of brackets', json, ['[', '[', ''], /256 levels/, 200_000],
    ['of brackets that is called nothing', bytes, ['[', '[', ''], /256 levels/, 200_000],
    ['of objects in objects', json, ['{"a":', '{"a":', ''], /256 levels/, 200_000],
    ['of objects in objects that is called nothing', bytes, ['{"a":', '{"a":', ''], /256 levels/, 200_000],
    ['of lines that begin an object', json, ['{\n', '{\n', ''], /256 levels|cut short/, mostBytes],
    ['of blanks before brackets', json, ['\n'.repeat(1_000_000), '[', ''], /256 levels/, 1_200_000],
    ['of empty arrays', json, ['[[]', ',[]', ']'], /1000000 values/, 4_000_000],
    ['of numbers', bytes, ['[1', ',1', ']'], /1000000 values/, 4_000_000],
    ['of brackets in an event', stream, ['data: ', '[', ''], /10000000 characters/, 10_200_000],
    ['of a line without an end', stream, ['data: ', 'x', ''], /10000000 characters/, 10_200_000],
    ['of a field without an end', stream, ['data: x\n\n', 'x', ''], /10000000 characters/, 10_200_000],
    ['of an event without an end', stream, ['data: x\n', 'data: x\n', ''], /10000000 characters/, 60_000_000],
    ['of an event of nothing', stream, ['data:\n', 'data:\n', ''], /10000000 characters/, 60_200_000],
    ['of a second JSON line without an end', bytes, ['{"data":1}\n{"a":"', 'x', ''], /10000000/, 10_200_000],
    ['of a data stream without an end', bytes, ['0:"x"\n0:"', 'x', ''], /10000000/, 10_200_000],
  ])('%s ends in an error as its bytes arrive', (_, type, body, message, most) => {
    const { error, bytes: fed, milliseconds } = feed(type, body);
    expect(error).toBeInstanceOf(BadGatewayError);
    expect(String(error)).toMatch(message);
    expect(fed).toBeLessThanOrEqual(most + 2 * read);
    expect(milliseconds).toBeLessThan(5000);
  });

  test.each<[string, string, readonly [string, string, string]]>([
    ['one JSON string', json, ['"', 'x', '"']],
    ['one JSON string in an object that is called nothing', bytes, ['{"result":"', 'x', '"}']],
    ['a string of escapes', json, ['"', '\\\\', '"']],
    ['bare text', 'text/plain', ['x', 'x', '']],
    ['blanks', bytes, [' ', ' \n', '']],
    ['blanks behind a word', json, ['null', ' \n', '']],
    ['blanks behind an object', json, ['{"result":"x"}', ' \n', '']],
    ['heartbeats', stream, [': x\n\n', `: ${'x'.repeat(30)}\n\n`, 'data: x\n\n']],
  ])('is read in time that grows with its length only: %s', (_, type, body) => {
    const { error, milliseconds } = feed(type, body);
    expect(error).toBeUndefined();
    expect(milliseconds).toBeLessThan(5000);
  });
});

test('many small reads take time that grows with their number only', () => {
  const time = (count: number): number => {
    const reader = createReader(bytes);
    const events: AgentEvent[] = [];
    const piece = Buffer.from('xxxx');
    const start = performance.now();
    reader.read(Buffer.from('{"result": "'), events);
    for (let index = 0; index < count; index++) reader.read(piece, events);
    reader.read(Buffer.from('"}'), events);
    reader.end(events);
    return performance.now() - start;
  };
  time(50_000);
  // Were it the square, it would be sixteen times as long; four, with much to spare for a busy machine.
  expect(time(400_000)).toBeLessThan(12 * time(100_000) + 200);
});

describe('many events take time that grows with their number only', () => {
  const said = (parts: string) => ({ role: 'agent', parts: [{ kind: 'text', text: parts }] });
  const artifact = (artifactId: string, words: string) => ({
    kind: 'artifact-update',
    artifact: { artifactId, parts: [{ kind: 'text', text: words }] },
  });
  test.each<[string, (index: number) => readonly unknown[]]>([
    ['calls', (at) => [{ type: 'tool-input-available', toolCallId: `c${at}`, toolName: 'add', input: {} }]],
    [
      'calls and their results',
      (at) => [
        { type: 'tool-input-available', toolCallId: `c${at}`, toolName: 'add', input: {} },
        { type: 'tool-output-available', toolCallId: `x${at}`, output: 1 },
      ],
    ],
    [
      'pieces of calls',
      (at) => [
        { type: 'TOOL_CALL_START', toolCallId: `c${at}`, toolCallName: 'add' },
        { type: 'TOOL_CALL_CHUNK', delta: '1' },
      ],
    ],
    ['nodes', (at) => [{ type: 'multiagent_node_stream', node_id: `n${at}`, event: { data: 'x' } }]],
    ['results of a graph that nobody streams', (at) => [{ structured_output: { at } }]],
    [
      'pieces of a status, and artifacts',
      (at) => [
        { kind: 'status-update', status: { state: 'working', message: said('word ') } },
        artifact(`a${at}`, `x${at}`),
      ],
    ],
  ])('%s', (_, toEvents) => {
    const time = (count: number): number => {
      const reader = createReader(stream);
      const told = Array.from({ length: count }, (__, index) =>
        toEvents(index)
          .map((event) => `data: ${JSON.stringify(event)}\n\n`)
          .join(''),
      );
      const start = performance.now();
      for (const each of told) reader.read(Buffer.from(each), []);
      return performance.now() - start;
    };
    time(1000);
    // Were it the square, it would be sixty-four times as long.
    expect(time(32_000)).toBeLessThan(24 * time(4_000) + 300);
  });
});

describe("Python's repr of 9 MB", () => {
  test.each([
    ['of one literal', "{'data': '", 'xxxx', "'}"],
    ['of a literal of escapes', "{'data': '", '\\n', "'}"],
    ['of a literal without an end', "AgentResult('role': 'assistant', 'content': [{'text': '", 'xxxx', ')'],
    ['of messages in messages', 'AgentResult(', "'role': 'assistant', 'content': [", ')'],
    ['of deltas without a text', 'RawResponsesStreamEvent(', 'ResponseTextDeltaEvent(', ')'],
    ['of messages without an end', 'AIMessage(', 'AIMessage(content=', ')'],
  ])('takes no longer than another text: %s', (_, begin, filling, end) => {
    const text = JSON.stringify(begin + filling.repeat(9_000_000 / filling.length) + end);
    const start = performance.now();
    const reader = createReader(stream);
    try {
      reader.read(Buffer.from(`data: ${text.slice(0, 9_999_000)}${text.length > 9_999_000 ? '"' : ''}\n\n`), []);
      reader.end([]);
    } catch (error) {
      expect(error).toBeInstanceOf(BadGatewayError);
    }
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

describe('bytes that are no UTF-8', () => {
  const euro = Buffer.from('€');
  test.each<[string, Buffer, string]>([
    ['alone', Buffer.from([0xff, 0xfe, 0x00]), ''],
    ['a compressed body', Buffer.from([0x1f, 0x8b, 0x08, 0x00, 0x00]), '\u001f'],
    ['behind a text', Buffer.concat([Buffer.from('Hello '), Buffer.from([0xc3, 0x28])]), 'Hello '],
    ['half a character before another', Buffer.concat([Buffer.from('A'), euro.subarray(0, 2), euro]), 'A'],
    ['a surrogate', Buffer.concat([Buffer.from('A'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('b')]), 'A'],
  ])('are an error behind what was said, wherever they are cut: %s', (_, body, said) => {
    for (let cut = 0; cut <= body.length; cut++) {
      const reader = createReader('text/plain');
      const events: AgentEvent[] = [];
      const readAll = (): void => {
        for (const part of [body.subarray(0, cut), body.subarray(cut)]) reader.read(part, events);
        reader.end(events);
      };
      expect(readAll, `cut at ${cut}`).toThrow(BadGatewayError);
      expect(events.map((event) => (event.type === 'text' ? event.text : event.type)).join('')).toBe(said);
    }
  });

  test('are not those of a character that stands for such bytes', () => {
    const events: AgentEvent[] = [];
    const reader = createReader('text/plain');
    reader.read(Buffer.from('a\ufffdb'), events);
    reader.end(events);
    expect(events[0]).toEqual({ type: 'text', text: 'a\ufffdb' });
  });
});

test('an answer beyond `max_response_bytes` is refused as it arrives, and its connection closed', async () => {
  let closed = false;
  const server = await serve(async (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.on('close', () => (closed = true));
    response.write('"');
    while (!closed) {
      response.write('x'.repeat(read));
      await new Promise((done) => setTimeout(done, 1));
    }
  });
  const messages = [{ role: 'user', content: 'Hi' }] as const;
  const asked = completion({ ...reach(server.url), model: runtimeModel, messages, max_response_bytes: 1_000_000 });
  const error: unknown = await asked.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ status: 502, message: expect.stringContaining('max_response_bytes') as string });
  await expect.poll(() => closed).toBe(true);
  await server.close();
});
