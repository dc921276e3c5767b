import { describe, expect, test } from 'vitest';
import type { AgentEvent } from '../../../src/agent.ts';
import { createReader } from '../../../src/bedrock/agentcore/events.ts';
import { BadGatewayError } from '../../../src/errors.ts';
import { bytewise, cutAt, play, type Played, range } from '../../support/recordings.ts';

// The decision table for bodies whose format nobody announces: which framing a body has, and what its pieces are.

const json = 'application/json';
const stream = 'text/event-stream';
const plain = 'text/plain; charset=utf-8';
const lines = 'application/x-ndjson';
const bytes = 'application/octet-stream';
const anyType = [json, stream, plain, lines, bytes, undefined];

/** Reads a body whole and cut at every position, which must come to the same. */
function read(body: string | Buffer, type: string | undefined): Played {
  const whole = Buffer.from(body);
  const played = play(createReader(type), [whole]);
  for (const at of range(1, whole.length)) {
    expect(play(createReader(type), cutAt(whole, [at])), `cut at ${at}`).toEqual(played);
  }
  expect(play(createReader(type), bytewise(whole)), 'one byte at a time').toEqual(played);
  return played;
}

function expectText(body: string | Buffer, type: string | undefined, text: string, format?: string): void {
  const { events, error } = read(body, type);
  expect(error).toBeUndefined();
  expect(textIn(events)).toBe(text);
  expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop', ...(format !== undefined && { format }) });
}

function expectError(body: string | Buffer, type: string | undefined, { text = '', message = /./ } = {}): void {
  const { events, error } = read(body, type);
  expect(error).toBeInstanceOf(BadGatewayError);
  expect(String(error)).toMatch(message);
  expect(textIn(events)).toBe(text);
  expect(events.filter((event) => event.type === 'finish')).toEqual([]);
}

function textIn(events: readonly AgentEvent[]): string {
  return events.flatMap((event) => (event.type === 'text' ? [event.text] : [])).join('');
}

/** What each read brings at once, before anything follows it. */
function reads(type: string | undefined, pieces: readonly (string | Buffer)[]): string[] {
  const reader = createReader(type);
  return pieces.map((piece) => {
    const events: AgentEvent[] = [];
    reader.read(Buffer.from(piece), events);
    return textIn(events);
  });
}

describe('a content type is believed only as far as the body agrees', () => {
  const events = 'data: "Hel"\n\ndata: "lo"\n\n';
  test.each(anyType)('server-sent events that are called %s', (type) => expectText(events, type, 'Hello'));

  test.each(anyType)('an object that is called %s', (type) => expectText('{"result": "Hello"}', type, 'Hello'));

  test.each(anyType)('an object over several lines that is called %s', (type) =>
    expectText('{\n  "result": {\n    "content": [{"text": "Hello"}]\n  }\n}\n', type, 'Hello'),
  );

  test.each(anyType)('a JSON string that is called %s', (type) =>
    expectText('"Hello\\n\\"you\\""', type, 'Hello\n"you"'),
  );

  test.each(anyType)('a block list that is called %s', (type) =>
    expectText('[{"type": "text", "text": "Hello", "index": 0}]', type, 'Hello'),
  );

  test.each(anyType)('lines of JSON that are called %s', (type) =>
    expectText('{"data": "Hel"}\n{"data": "lo"}\n', type, 'Hello'),
  );

  test.each([json, plain, lines, bytes, undefined])('bare text that is called %s', (type) =>
    expectText('Hello, you.\nGood day.', type, 'Hello, you.\nGood day.'),
  );
});

describe('server-sent events', () => {
  test.each([
    ['\\n', '\n'],
    ['\\r\\n', '\r\n'],
    ['\\r', '\r'],
  ])('may end their lines with %s', (_, end) => {
    const body = ['data: "Hel"', '', 'data: "lo "', '', 'data: "€"', '', ''].join(end);
    expectText(body, stream, 'Hello €');
    expectText(body, bytes, 'Hello €');
  });

  test.each([
    ['one string in several lines', 'data: Hel\ndata: lo\n\n', 'Hel\nlo'],
    ['empty lines in an event', 'data: \ndata: \ndata: new\n\n', '\n\nnew'],
    ['blanks within JSON', 'data: "  Hel "\n\ndata: " lo  "\n\n', '  Hel  lo  '],
    ['blanks of bare text after the first', 'data:  Hello \n\n', ' Hello '],
    ['words that happen to be JSON', 'data: It is \n\ndata: 42\n\ndata: true\n\n', 'It is 42true'],
    ['a list in brackets', 'data: as \n\ndata: [1]\n\ndata: ["a"]\n\n', 'as [1]["a"]'],
    [
      'events that were framed before',
      'data: data: {"text": "Hel"}\ndata: \ndata: \n\ndata: data: "lo"\ndata: \ndata: \n\n',
      'Hello',
    ],
    ['lines of a data stream', 'data: 0:"Hel"\ndata: \n\ndata: 0:"lo"\ndata: \n\n', 'Hello'],
    ["Python's repr", "data: {'data': 'Hel', 'agent': <strands.A>}\n\ndata: lo\n\n", 'Hello'],
    ['a number in JSON', 'data: 42.50\n\n', '42.50'],
    ['an escaped line break', 'data: "a\\nb"\n\n', 'a\nb'],
    ['nothing for null', 'data: "a"\n\ndata: null\n\ndata: "b"\n\n', 'ab'],
    ['nothing for an object that nobody knows', 'data: "a"\n\ndata: {"foo": 1}\n\ndata: "b"\n\n', 'ab'],
    ['an object over two lines', 'data: {"data":\ndata: "Hello"}\n\n', 'Hello'],
    ['fields beside data', 'id: 7\nevent: message\nretry: 10\ndata: "Hello"\n\n', 'Hello'],
    ['a field before data', 'event: message\ndata: "Hello"\n\n', 'Hello'],
    ['no blank after the field before data', 'event:message\nid:1\ndata:"Hello"\n\n', 'Hello'],
    ['fields of their own before data', 'retry: 3000\n\nid: 1\n\n: hi\nevent\ndata: "Hello"\n\n', 'Hello'],
    ['a comment before all', ': hi\n\ndata: "Hello"\n\n', 'Hello'],
    ['a comment without text before all', ':\n\ndata: "Hello"\n\n', 'Hello'],
    ['heartbeats between events', 'data: "Hel"\n\n: heartbeat\n\n:heartbeat\n\ndata: "lo"\n\n', 'Hello'],
    ['a heartbeat within an event', 'data: {"data":\n: heartbeat\ndata: "Hello"}\n\n', 'Hello'],
    ['empty lines between events', '\n\ndata: "Hel"\n\n\n\ndata: "lo"\n\n\n', 'Hello'],
    ['a byte order mark', '\ufeffdata: "Hello"\n\n', 'Hello'],
    ['[DONE], and nothing after it', 'data: "Hello"\n\ndata: [DONE]\n\ndata: "more"\n\n', 'Hello'],
    ['[DONE] without a line end', 'data: "Hello"\n\ndata: [DONE]', 'Hello'],
    ['a last event with one line end', 'data: "Hel"\n\ndata: "lo"\n', 'Hello'],
    ['a last event without a line end', 'data: "Hel"\n\ndata: "lo"', 'Hello'],
    ['a last object without a line end', 'data: {"data": "Hello"}', 'Hello'],
    ['a colon in the text', 'data: one: two\n\n', 'one: two'],
    ['the name of a field in the text', 'data: say\ndata: data: twice\n\n', 'say\ndata: twice'],
  ])('may hold %s', (_, body, text) => expectText(body, stream, text));

  test.each([
    'event: message\ndata: "Hello"\n\n',
    'retry: 3000\r\n\r\nid: 1\r\n: hi\r\nevent\r\ndata\r\n\r\ndata: "Hello"\r\n\r\n',
  ])('that begin with another field are none but for their data: %j', (body) => {
    for (const type of anyType) expectText(body, type, 'Hello');
  });

  test('without a blank after `data:` keep the blanks of their text', () => {
    expectText('data:Hello\n\ndata: world,\n\ndata: this\ndata:line\n\n', stream, 'Hello world, this\nline');
    expectText('data:The\n\ndata: 42\n\ndata: 7.50\n\n', stream, 'The 42 7.50');
  });

  test('that are set apart by single line ends are handed on one by one, as they arrive', () => {
    const events = ['data: {"event": "one "}\n', 'data: {"event": "two "}\n', 'data: {"event": "three"}\n'];
    expectText(events.join(''), stream, 'one two three');
    expect(reads(stream, events)).toEqual(['one ', 'two ', 'three']);
    expect(reads(stream, [events.join('')])).toEqual(['one two three']);
  });

  test('are handed on with the line end that completes them', () => {
    expect(reads(stream, ['data: "Hel"', '\n', '\n', 'data: "lo"\n\nda', 'ta: "!"\n\n'])).toEqual([
      '',
      '',
      'Hel',
      'lo',
      '!',
    ]);
    expect(reads(stream, ['data: "Hel"\r', '\n\r', '\ndata: "lo"\r\n\r\n']).join('')).toBe('Hello');
  });

  test('named `error` are an error, whatever they hold', () => {
    const before = 'data: "Half "\n\n';
    const named = { text: 'Half ', message: /boom/ };
    expectError(`${before}event: error\ndata: {"error":"boom"}\n\n`, stream, named);
    expectError(`${before}event:error\ndata:{"error":{"message":"boom"}}\n\n`, stream, named);
    expectError(`${before}event: error\ndata: boom\n\n`, stream, named);
    expectError(`${before}event: error\ndata: "boom"\n\n`, stream, named);
    expectError(`${before}data: {"error":"boom"}\nevent: error\n\n`, stream, named);
    expectError('event: error\ndata: {"error":"boom"}\n\n', stream, { message: /boom/ });
  });

  test('have a name for one event only', () => {
    expectText('event: message\ndata: "Hel"\n\ndata: "lo"\n\n', stream, 'Hello');
    expectText(': heartbeat\nevent: message\n\ndata: "Hello"\n\n', stream, 'Hello');
    // The standard drops an event without data, but this one says that something failed.
    expectError('data: "Hel"\n\nevent: error\n\n', stream, { text: 'Hel' });
  });

  test.each([
    ['not a byte', ''],
    ['line ends', '\n\n'],
    ['heartbeats', ': heartbeat\n\n: heartbeat\n\n'],
    ['[DONE]', 'data: [DONE]\n\n'],
    ['null', 'data: null\n\n'],
    ['events of no answer', 'data: {"init_event_loop": true}\n\ndata: {"start": true}\n\n'],
  ])('that say nothing are an error: %s', (_, body) => expectError(body, stream));

  test.each([
    ['a string', 'data: "Hel"\n\ndata: "lo, yo'],
    ['an object', 'data: "Hel"\n\ndata: {"data": "lo, yo'],
    ['an array', 'data: "Hel"\n\ndata: ["lo, yo'],
  ])('that end inside %s were cut short', (_, body) => expectError(body, stream, { text: 'Hel' }));
});

describe('lines of JSON', () => {
  test('are handed on one by one, as they arrive', () => {
    const body = ['{"data": "Hel"}\n', '{"data": "lo ', 'you"}\n', '{"data": "!"}\n'];
    for (const type of [plain, lines, bytes]) expect(reads(type, body)).toEqual(['Hel', '', 'lo you', '!']);
  });

  test('may end without a line end and hold empty lines', () => {
    expectText('{"data": "Hel"}\r\n\r\n{"data": "lo"}', lines, 'Hello');
  });

  test('are an error from the line that says so', () => {
    expectError('{"data": "Half "}\n{"error": "boom"}\n', plain, { text: 'Half ', message: /boom/ });
  });

  test('that end inside a line were cut short', () => {
    expectError('{"data": "Half "}\n{"data": "an ans', lines, { text: 'Half ' });
  });
});

describe('lines of JSON that are no objects', () => {
  const tuples = [
    '[{"type": "AIMessageChunk", "content": "Hel"}, {"langgraph_node": "model"}]\n',
    '["messages", [{"type": "AIMessageChunk", "content": "lo"}, {"langgraph_node": "model"}]]\n',
    '["updates", {"model": {"messages": [{"type": "ai", "content": "Hello"}]}}]\n',
  ];
  const strings = ['"Hel"\n', '"lo "\n', '"{\\"data\\": \\"you\\"}"\n'];

  test.each(anyType.filter((type) => type !== stream))('are read as events are, if they are called %s', (type) => {
    expectText(tuples.join(''), type, 'Hello');
    expectText(strings.join(''), type, 'Hello you');
    expectText('"Hel"\r\n"lo"\r\n', type, 'Hello');
    expectText('"Hel"\n{"data": "lo"}\nnull\n"!"', type, 'Hello!');
    expectText('"Hel"\n"lo"\n[DONE]\n"more"\n', type, 'Hello');
  });

  test('are handed on as they arrive, from the second where nothing calls them lines', () => {
    expect(reads(lines, tuples)).toEqual(['Hel', 'lo', '']);
    expect(reads(lines, strings)).toEqual(['Hel', 'lo ', 'you']);
    expect(reads(plain, tuples)).toEqual(['', 'Hello', '']);
    expect(reads(plain, strings)).toEqual(['', 'Hello ', 'you']);
    expect(reads(json, [...strings, '"!"\n'])).toEqual(['', 'Hello ', 'you', '!']);
  });

  test.each([
    '"Hello" he said.\n"Hi" she said.',
    '"Yes"\nsaid she.',
    '"Yes"\n"No" said she.',
    '"Yes"\n"No" said she.\n',
    '"To be"\n\n"or not to be"\n',
    '"To be"\n"or not',
    '"Yes"\n[link](https://example.com)',
    '[link](https://example.com)\n[other](https://example.com)\n',
    '[1]\n[2]\n',
    '["a", "b"]\nis a list.',
    '[{"text": "x"}]\nis a list of objects.\n',
    '[{"text": "x"}]\n[link](https://example.com)\n',
  ])('are none where a text has quotes or brackets: %j', (text) => {
    for (const type of [json, plain, bytes, undefined]) expectText(text, type, text);
  });

  test('may begin with the separator of records', () => {
    const sequence = ['\x1e{"data": "Hel"}\n', '\x1e"lo"\n\x1e', '\n\x1e["messages", []]\n\x1e{"data": " you"}'];
    for (const type of [...anyType, 'application/json-seq']) expectText(sequence.join(''), type, 'Hello you');
    expect(reads(plain, [...sequence, '\n'])).toEqual(['Hel', 'lo', '', ' you']);
    expectError('\x1e{"data": "Hel"}\n\x1e{"data": "lo', 'application/json-seq', { text: 'Hel' });
  });
});

describe('a first line that is an object', () => {
  const texts = [
    '{"city": "Paris"}\nis where I live.',
    '{"a": 1}\r\n\r\n  and\n{"b": 2}\n\n',
    '{"a": 1}\n[link](https://example.com)',
    '{"a": 1}\n[link](https://example.com)\n',
    '{"a": 1}\n"Yes" she said.\n{"b": 2}\n',
  ];
  test.each(texts)('begins a text, where nobody knows it and text stands behind it: %j', (text) => {
    for (const type of anyType.filter((each) => each !== stream)) expectText(text, type, text);
  });

  test('shows with the first words behind it that it was text', () => {
    expect(reads(plain, ['{"a": 1}\n', '\n', 'a', 'nd', '\n{"b": 2}\n'])).toEqual([
      '',
      '',
      '{"a": 1}\n\na',
      'nd',
      '\n{"b": 2}\n',
    ]);
  });

  test('is left out of lines of JSON, where nobody knows it', () => {
    for (const next of ['{"data": "Hi"}', '"Hi"', '{"bar": 2}\n{"data": "Hi"}', '\n{"data": "Hi"}\n']) {
      expectText(`{"foo": 1}\n${next}`, plain, 'Hi');
    }
    expectError('{"foo": 1}\n{"data": "Hi', plain, { message: /cut short/ });
  });

  test('is one value, where nothing follows it', () => {
    expectText('{"foo": 1}\n\n', plain, '{"foo": 1}', 'unknown');
    expectText('[[1], {"foo": 2}]\n', plain, '[[1], {"foo": 2}]', 'unknown');
    expectText('"Hello"\n', plain, 'Hello');
  });
});

describe('a body that is one value', () => {
  test.each([
    ['a number', '42', '42'],
    ['a number as it was written', '42.50', '42.50'],
    ['a negative number', '-1', '-1'],
    ['true', 'true', 'true'],
    ['false', 'false', 'false'],
    ['null', 'null', ''],
    ['an empty string', '""', ''],
    ['blanks around it', ' \n"Hello"\n ', 'Hello'],
  ])('may be %s', (_, body, text) => expectText(body, json, text));

  test('may be JSON that nobody knows, which is its text and said to be unknown', () => {
    const bodies = [
      '{"foo": [1, 2]}',
      '[[1], {"foo": 2}]',
      // Parts of these are known, but no answer is found in them.
      '{"reply":"Hi","usage":{"input_tokens":3,"output_tokens":2}}',
      '{"result":{"choices":[{"message":{"content":"Hi"}}],"usage":{"prompt_tokens":3,"completion_tokens":2}}}',
      '{"type":"info","reply":"Hi"}',
      '{"start":true,"reply":"Hi"}',
      '{"type":"final","payload":{"words":"Hi"}}',
    ];
    for (const body of bodies) expectText(body, json, body, 'unknown');
  });

  test.each([
    ['an object', '{"result": "Hello, y'],
    ['an object after its comma', '{"result": "Hello",'],
    ['an object after its brace', '{'],
    ['an object before its last brace', '{"result": {"text": "Hello"}'],
    ['an object in a word', '{"done": tr'],
    ['an object in a number', '{"n": 1.'],
    ['an array', '[{"text": "Hello"}'],
    ['a string', '"Hello, y'],
    ['a string in an escape', '"Hello\\'],
    ['a string in a code point', '"Hello \\u00e'],
  ])('was cut short inside %s', (_, body) => expectError(body, json, { message: /cut short/ }));

  test('is an error where it says so', () => expectError('{"error": "boom"}', json, { message: /boom/ }));
});

describe('bare text', () => {
  test.each([
    'Hello',
    '2 + 3 = 5',
    'true story',
    'null and void',
    'no',
    'never',
    't',
    '12.',
    '-',
    '- one\n- two',
    '42 is it',
    '{curly} braces',
    '{',
    '[1] a source',
    '[link](https://example.com)',
    '"Yes," she said.',
    "'single'",
    'data',
    'data science',
    'identity',
    'event horizon',
    'event: tonight',
    'event: tonight\nBring wine.',
    'event: x\n\n',
    'id: 7\nname: x\ndata: y',
    'id: 7\nevent: x\r\nretry: 10\r\n',
    'id: 7\nda',
    'retry: later',
    'retry: 3 times, then\nstop',
    `id: 7${'\nid: 8'.repeat(20)}`,
    ':) smile',
    '0:0 at half-time',
    ' indented',
    'ends with blanks  \n\n',
    '<p>data: x</p>',
    'Zeile 1\r\nZeile 2',
  ])('is what it is: %j', (text) => {
    expectText(text, plain, text);
    expectText(text, bytes, text);
  });

  // AWS's TypeScript runtime sends a returned string bare, as `application/json`.
  test.each([
    'Hello',
    '2 + 3 = 5',
    'true story',
    'null and void',
    'never',
    '12.',
    '-',
    '- one\n- two',
    '{curly} braces',
    '[1] a source',
    '"Yes," she said.',
    "It's 5 o'clock.\nGood.",
  ])('is what it is even as application/json: %j', (text) => expectText(text, json, text));

  test('is handed on as it arrives', () => {
    expect(reads(plain, ['Hel', 'lo ', 'you'])).toEqual(['Hel', 'lo ', 'you']);
    expect(reads(plain, ['da', 'ta', ' science']).join('')).toBe('data science');
    expect(reads(plain, ['event: tonight\n', 'B', 'ring wine'])).toEqual(['', 'event: tonight\nB', 'ring wine']);
    expect(reads(plain, ['retry:', ' l', 'ater'])).toEqual(['', 'retry: l', 'ater']);
    expect(reads(bytes, ['Hello\n', '{"not": "an event"}\n'])).toEqual(['Hello\n', '{"not": "an event"}\n']);
  });
});

test.each([json, plain, bytes, undefined])('an empty body that is called %s is an empty answer', (type) => {
  expect(play(createReader(type), [])).toEqual({ events: [{ type: 'finish', reason: 'stop' }] });
  expectText('', type, '');
  expectText('\n', type, '');
});

describe('characters of several bytes', () => {
  const said = 'wörld € 日本語 😀!';
  test.each([
    ['in bare text', said, plain],
    ['in bare text as application/json', said, json],
    ['in a JSON string', JSON.stringify(said), json],
    ['in an object', JSON.stringify({ result: said }), json],
    ['in server-sent events', `data: ${JSON.stringify(said)}\n\n`, stream],
    ['in bare server-sent events', `data: ${said}\n\n`, stream],
    ['in lines of JSON', `{"data": ${JSON.stringify(said)}}\n`, lines],
  ])('may be cut anywhere %s', (_, body, type) => expectText(body, type, said));

  test('are handed on whole', () => {
    const euro = Buffer.from('€');
    expect(reads(plain, ['5 ', euro.subarray(0, 1), euro.subarray(1, 2), euro.subarray(2)])).toEqual([
      '5 ',
      '',
      '',
      '€',
    ]);
  });

  test('that the end of the body cuts are an error', () => {
    expectError(Buffer.from('Hello €').subarray(0, -1), plain, { text: 'Hello ' });
    expectError(Buffer.from('data: Hello\n\ndata: €').subarray(0, -1), stream, { text: 'Hello' });
  });
});

test('a line that never ends is refused before it fills the memory', () => {
  const reader = createReader(stream);
  const piece = Buffer.alloc(1_000_000, 'x');
  expect(() => {
    reader.read(Buffer.from('data: '), []);
    for (let count = 0; count < 20; count++) reader.read(piece, []);
  }).toThrow(BadGatewayError);
});
