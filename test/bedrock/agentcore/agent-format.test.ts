import { afterAll, describe, expect, test } from 'vitest';
import type { AgentEvent } from '../../../src/agent.ts';
import { parseAgentFormat } from '../../../src/bedrock/agentcore/agent-format.ts';
import { formats } from '../../../src/bedrock/agentcore/events.ts';
import { BadGatewayError, BadRequestError, completion, type CompletionParameters } from '../../../src/index.ts';
import { serve } from '../../support/loopback.ts';
import { agentModel, reach, runtimeModel } from '../../support/models.ts';
import { read, sse } from '../../support/reading.ts';

const json = 'application/json';
const stream = 'text/event-stream';
const plain = 'text/plain; charset=utf-8';
const as = (value: unknown) => parseAgentFormat(value);

describe('a family that is named', () => {
  test('reads its own and nothing else', () => {
    const body = sse({ response: 'NO' }, { type: 'TEXT_MESSAGE_CHUNK', messageId: 'm', delta: 'Hi' }, { data: 'NO' });
    expect(read(body, stream, as('ag-ui'))).toMatchObject({ text: 'Hi', error: undefined });
    expect(read(body, stream, as('strands'))).toMatchObject({ text: 'NO', error: undefined });
  });

  test('makes what it does not know unknown', () => {
    const whole = '{"response": "Hi"}';
    expect(read(whole, json).text).toBe('Hi');
    expect(read(whole, json, as('a2a')).text).toBe(whole);
    expect(read(sse({ response: 'Hi' }), stream, as('a2a')).error).toContain('does not know');
  });

  test('still hears the errors of its runtime', () => {
    const failed = { error: 'boom', error_type: 'ValueError', message: 'An error occurred during streaming' };
    for (const name of ['ag-ui', 'strands', 'string', 'string-cumulative']) {
      expect(read(sse('Half', failed), stream, as(name))).toMatchObject({ text: 'Half', error: 'boom' });
    }
  });

  test.each(formats.map(({ name }) => name).filter((name) => name !== 'error'))('may be %s', (name) => {
    expect(as(name)).toMatchObject({ type: 'families', formats: [{ name }, { name: 'error' }] });
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  test('reads whole streams of its own, of Strands too', () => {
    const body = sse(
      { event: { messageStart: { role: 'assistant' } } },
      { event: { contentBlockDelta: { delta: { text: 'Hi' }, contentBlockIndex: 0 } } },
      { data: 'Hi' },
      { event: { messageStop: { stopReason: 'end_turn' } } },
      { message: { role: 'assistant', content: [{ text: 'Hi' }] } },
      { result: 'Hi\n' },
    );
    expect(read(body, stream, as('strands'))).toMatchObject({ text: 'Hi', raw: 'end_turn' });
  });
});

describe('strings', () => {
  test.each<[string, string, string, string]>([
    ['JSON in a string', sse('{"data": "x"}', '[DONE]'), stream, '{"data": "x"}[DONE]'],
    ["Python's repr", sse("{'data': 'x'}"), stream, "{'data': 'x'}"],
    ['events in a string', sse('data: "x"\n\n'), stream, 'data: "x"\n\n'],
    ['words that happen to be JSON', 'data: {"a":1}\n\ndata: 42\n\ndata: [1]\n\n', stream, '{"a":1}42[1]'],
    ['an object', '{"response": "x"}', json, '{"response": "x"}'],
    ['bare text', 'Hi', plain, 'Hi'],
    ['nothing', 'null', json, ''],
  ])('are text, whatever they look like: %s', (_, body, type, text) => {
    expect(read(body, type, as('string'))).toMatchObject({ text, error: undefined, finish: 'stop' });
  });

  test.each<[string, readonly string[], string]>([
    ['the text so far', ['He', 'Hello', 'Hello wor', 'Hello world'], 'Hello world'],
    ['the same again', ['He', 'Hello', 'Hello', 'Hello'], 'Hello'],
    ['nothing at first', ['', 'He', 'Hello'], 'Hello'],
    ['less than before', ['Hello', 'Hell', 'Hello you'], 'Hello you'],
    ['another message', ['He', 'Hello', 'Yo', 'You'], 'Hello\n\nYou'],
  ])('that repeat %s say what is new', (_, strings, text) => {
    expect(read(sse(...strings), stream, as('string-cumulative'))).toMatchObject({ text, error: undefined });
    // As a TypeScript agent sends them, without quotes.
    const bare = strings.map((each) => `data: ${each}\n\n`).join('');
    expect(read(bare, stream, as('string-cumulative'))).toMatchObject({ text, error: undefined });
  });

  test('of bare text repeat nothing', () => {
    expect(read('Hello Hello', plain, as('string-cumulative')).text).toBe('Hello Hello');
  });
});

describe("the caller's own function", () => {
  const say = (text: string): AgentEvent => ({ type: 'text', text });
  const words = (value: unknown): AgentEvent[] =>
    typeof value === 'object' && value !== null && 'wort' in value ? [say(String(value.wort))] : [];

  test('is called with each value, and says what it makes of it', () => {
    const seen: unknown[] = [];
    const read1 = (value: unknown): AgentEvent[] => {
      seen.push(value);
      return words(value);
    };
    const body = `${sse({ wort: 'Hel' }, 'x', null)}data: bare\n\n${sse({ wort: 'lo' })}`;
    expect(read(body, stream, as(read1))).toMatchObject({ text: 'Hello', finish: 'stop', error: undefined });
    expect(seen).toEqual([{ wort: 'Hel' }, 'x', null, 'bare', { wort: 'lo' }]);
    expect(read('{"wort": "Hi"}', json, as(words)).text).toBe('Hi');
    expect(
      read(
        'Hi',
        plain,
        as((value: unknown) => [say(String(value))]),
      ).text,
    ).toBe('Hi');
  });

  test('may tell everything that an agent can', () => {
    const all = (): AgentEvent[] => [
      { type: 'reasoning', text: 'Hm.' },
      say('One.'),
      { type: 'message' },
      say('Two.'),
      { type: 'tool-call', id: 'c', name: 'add', arguments: '{}' },
      { type: 'usage', inputTokens: 3, outputTokens: 2 },
    ];
    const reading = { text: 'One.\n\nTwo.', reasoning: 'Hm.', calls: ['add({})'], usage: [3, 2] };
    expect(read('{}', json, as(all))).toMatchObject({ ...reading, finish: 'tool-calls' });
    const finish: AgentEvent = { type: 'finish', reason: 'length', raw: 'full' };
    expect(
      read(
        '{}',
        json,
        as(() => [finish, ...all()]),
      ),
    ).toMatchObject({ ...reading, finish: 'length', raw: 'full' });
  });

  test('that fails, or returns something else, fails the answer behind what was said', () => {
    const fail = (value: unknown): AgentEvent[] => {
      if (value === 'x') throw new TypeError('no such thing');
      return words(value);
    };
    const failed = read(sse({ wort: 'Half' }, 'x'), stream, as(fail));
    expect(failed).toMatchObject({ text: 'Half', error: expect.stringContaining('no such thing') as string });
    for (const wrong of [undefined, 'x', [1], [{ text: 'x' }]]) {
      expect(
        read(
          '{}',
          json,
          as(() => wrong),
        ).error,
      ).toContain('must return an array of events');
    }
  });

  test('swallows no error of the runtime, and no empty answer', () => {
    expect(read(sse({ wort: 'Half' }, { error: 'boom', error_type: 'E' }), stream, as(words)).error).toBe('boom');
    expect(read('event: error\ndata: {"error":"boom"}\n\n', stream, as(words)).error).toBe('boom');
    expect(read(sse({ other: 1 }), stream, as(words)).error).toContain('without an answer');
  });
});

describe('over the wire', async () => {
  const server = await serve((response) => {
    response.writeHead(200, { 'content-type': stream });
    response.end(sse('He', 'Hello'));
  });
  afterAll(() => server.close());
  const request = (parameters: object): CompletionParameters => ({
    ...reach(server.url),
    model: runtimeModel,
    messages: [{ role: 'user', content: 'Hi' }],
    ...parameters,
  });
  const ask = async (parameters: object) => {
    server.received.splice(0);
    return completion({ ...request(parameters), stream: false });
  };

  test.each<[string, unknown, string]>([
    ['nothing', null, 'HeHello'],
    ['a name', 'string-cumulative', 'Hello'],
    ['a function', (value: unknown): AgentEvent[] => [{ type: 'text', text: `<${String(value)}>` }], '<He><Hello>'],
  ])('it never reaches the agent: %s', async (_, agent_format, content) => {
    const { choices } = await ask({ agent_format });
    expect(choices[0]?.message.content).toBe(content);
    expect(JSON.parse(server.received[0]?.body ?? '')).toEqual({ prompt: 'Hi' });
  });

  test.each([['strand'], ['error'], [''], [7], [{}]])(
    'a wrong one is refused before anything is sent: %j',
    async (agent_format) => {
      const error: unknown = await ask({ agent_format }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error).toMatchObject({ param: 'agent_format', message: expect.stringContaining('`strands`') as string });
      expect(String(error)).toContain('`string-cumulative`');
      expect(server.received).toEqual([]);
    },
  );

  test('it is refused where agents have no formats of their own', async () => {
    const error: unknown = await ask({ model: agentModel, agent_format: 'strands' }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ param: 'agent_format' });
    expect(server.received).toEqual([]);
  });

  test('a function that throws rejects, with what it threw as the cause', async () => {
    const thrown = new Error('mine');
    const agent_format = () => {
      throw thrown;
    };
    const error: unknown = await ask({ agent_format }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BadGatewayError);
    expect(error).toMatchObject({ cause: thrown });
  });
});

test('an unknown answer says so in the fields, whole and streamed', async () => {
  const server = await serve((response) => {
    response.writeHead(200, { 'content-type': json });
    response.end('{"total": 3}');
  });
  const request = { ...reach(server.url), model: runtimeModel, messages: [{ role: 'user', content: 'Hi' }] } as const;
  const { choices } = await completion(request);
  expect(choices[0]?.message).toMatchObject({
    content: '{"total": 3}',
    provider_specific_fields: { format: 'unknown' },
  });
  const chunks = await completion({ ...request, stream: true });
  const fields: unknown[] = [];
  for await (const chunk of chunks) fields.push(chunk.choices[0]?.delta.provider_specific_fields?.format);
  expect(fields).toContain('unknown');
  await server.close();
});
