import type { ServerResponse } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { isCallId, parseCallId, type ReturnedAction, toCallId } from '../../../src/bedrock/agents/call-id.ts';
import {
  BadRequestError,
  bedrock,
  type ChatCompletionMessage,
  type ChatCompletionToolCall,
  type ChatMessage,
  type CompletionParameters,
  createCompletion,
} from '../../../src/index.ts';
import { type LocalAgent, startLocalBedrock } from '../../../src/local.ts';
import { chunk, event } from '../../support/frames.ts';
import { serve } from '../../support/loopback.ts';
import { agentModel as model, reach } from '../../support/models.ts';
import { createClient } from '../../support/openai.ts';
import { bytesOf, filesIn, jsonOf, recorded } from '../../support/recordings.ts';

let answer: Buffer = Buffer.alloc(0);
const aws = await serve((response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' }).end(answer);
});
beforeEach(() => void aws.received.splice(0));

const hello: ChatMessage = { role: 'user', content: 'Hello' };
const sessionId = 'session-1';
type Parameters = Omit<CompletionParameters, 'model' | 'messages' | 'stream'>;

/** A `completion()` that has seen nothing before, as in a fresh process. */
function ask(messages: readonly ChatMessage[], parameters: Parameters = {}) {
  return createCompletion(bedrock())({ ...reach(aws.url), model, messages, ...parameters, stream: false });
}

/** What the caller gets when the agent leaves these actions to it. */
async function getReturned(
  inputs: readonly object[],
  parameters: Parameters = { sessionId },
  invocationId = 'invocation-1',
): Promise<ChatCompletionMessage & { readonly tool_calls: ChatCompletionToolCall[] }> {
  answer = event('returnControl', { invocationId, invocationInputs: inputs });
  const { choices } = await ask([hello], parameters);
  const { message, finish_reason: finish } = choices[0] ?? expect.unreachable('there is no choice');
  expect(finish).toBe('tool_calls');
  expect(message.content).toBeNull();
  expect(message.tool_calls).toHaveLength(inputs.length);
  return { ...message, tool_calls: message.tool_calls ?? [] };
}

const call = (more: object = {}) => ({
  functionInvocationInput: { actionGroup: 'Group', function: 'run', actionInvocationType: 'RESULT', ...more },
});
const apiCall = (more: object = {}) => ({
  apiInvocationInput: { actionGroup: 'Api', apiPath: '/claims/{id}', httpMethod: 'GET', parameters: [], ...more },
});
const tool = (name: string) => ({ type: 'function' as const, function: { name } });
const result = ({ id }: { readonly id: string }, content: string): ChatMessage => {
  return { role: 'tool', tool_call_id: id, content };
};

/** The request that these messages become, as it came over the wire. */
async function send(messages: readonly ChatMessage[], parameters: Parameters = {}) {
  aws.received.splice(0);
  answer = chunk('Done.');
  const { choices } = await ask(messages, parameters);
  expect(choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Done.' } });
  expect(aws.received).toHaveLength(1);
  const [{ url, body } = { url: '', body: '' }] = aws.received;
  const json = JSON.parse(body) as Readonly<Record<string, unknown>>;
  return { session: decodeURIComponent(/\/sessions\/([^/]+)\/text$/.exec(url)?.[1] ?? ''), json };
}

async function refuse(messages: readonly ChatMessage[], parameters: Parameters = {}): Promise<BadRequestError> {
  aws.received.splice(0);
  const error: unknown = await ask(messages, parameters).then(
    () => expect.unreachable('the request was accepted'),
    (thrown: unknown) => thrown,
  );
  expect(aws.received).toEqual([]);
  expect(error).toBeInstanceOf(BadRequestError);
  expect(error).toMatchObject({ status: 400 });
  return error as BadRequestError;
}

/** Asks for one action and gives `content` back; what AWS is told. */
async function answerOne(input: object, content: string): Promise<unknown> {
  const message = await getReturned([input]);
  const { json } = await send([hello, message, ...message.tool_calls.map((each) => result(each, content))]);
  const { returnControlInvocationResults: results } = json['sessionState'] as Readonly<Record<string, unknown[]>>;
  expect(results).toHaveLength(1);
  return results?.[0];
}

describe('the id of a call', () => {
  const text = fc.string({ unit: 'binary' });
  const action: fc.Arbitrary<ReturnedAction> = fc
    .record({
      sessionId: text,
      invocationId: text,
      index: fc.nat(4),
      count: fc.integer({ min: 1, max: 5 }),
      actionGroup: text,
      agentId: fc.string({ unit: 'binary', minLength: 1 }),
      collaboratorId: fc.option(fc.string({ unit: 'binary', minLength: 1 }), { nil: undefined }),
      confirmation: fc.constantFrom(undefined, 'USER_CONFIRMATION' as const, 'USER_CONFIRMATION_AND_RESULT' as const),
      target: fc.oneof(
        fc.record({ type: fc.constant('function' as const), name: text }),
        fc.record({ type: fc.constant('api' as const), path: text, verb: text }),
      ),
    })
    .map(({ collaboratorId, confirmation, ...rest }) => ({
      ...rest,
      ...(collaboratorId !== undefined && { collaboratorId }),
      ...(confirmation && { confirmation }),
    }));

  it('is read back as it was written, whatever the names hold', () => {
    fc.assert(
      fc.property(action, (given) => {
        const id = toCallId(given);
        expect(id).toMatch(/^rc1_[\w-]+$/);
        expect(isCallId(id)).toBe(true);
        expect(parseCallId(id)).toEqual(given);
      }),
      { numRuns: 500 },
    );
  });

  it('is refused when any of its characters is another', () => {
    const character = fc.constantFrom(...'abcxyzABCXYZ0189_-=+/ é€'.split(''));
    fc.assert(
      fc.property(action, fc.nat(), character, (given, at, other) => {
        const id = toCallId(given);
        const place = at % id.length;
        fc.pre(id[place] !== other);
        const damaged = id.slice(0, place) + other + id.slice(place + 1);
        expect(() => parseCallId(damaged)).toThrow(BadRequestError);
      }),
      { numRuns: 1000 },
    );
  });

  it('is refused when it was cut, doubled, or set in another case', () => {
    const id = toCallId({
      sessionId,
      invocationId: 'i',
      index: 0,
      count: 1,
      actionGroup: 'g',
      agentId: 'A',
      target: { type: 'function', name: 'f' },
    });
    const cuts = Array.from({ length: id.length }, (_, end) => id.slice(0, end));
    for (const damaged of [...cuts, id + id, `${id}=`, ` ${id}`, id.toUpperCase(), id.toLowerCase()]) {
      expect(() => parseCallId(damaged), damaged).toThrow(BadRequestError);
    }
  });

  it.each(['', 'call_abc123', 'chatcmpl-tool-1', 'toolu_01', 'rc2_abc', 'rc'])('that is foreign says so (%s)', (id) => {
    expect(() => parseCallId(id)).toThrow(/not one that a Bedrock agent gave/);
  });

  // A checksum is no secret: the right one does not make values of what somebody else wrote.
  it.each(['rc1_00000000', ...['{"a":1}', 'null', '[1,2,3,4,5,6,7]', '["a","b","0",0,"g","","f"]', '["a"'].map(forge)])(
    'with a checksum of its own is refused all the same (%s)',
    (id) => {
      expect(() => parseCallId(id)).toThrow(BadRequestError);
    },
  );

  it('of a forger differs in nothing but its values', () => {
    const target = { type: 'function', name: 'f' } as const;
    const id = toCallId({
      sessionId: 's',
      invocationId: 'i',
      index: 0,
      count: 1,
      actionGroup: 'g',
      agentId: 'A',
      target,
    });
    expect(forge('["s","i",0,1,0,"g","A","","f"]')).toBe(id);
  });

  it('holds half a character, too', () => {
    const target = { type: 'function', name: '\ud800' } as const;
    const given = { sessionId, invocationId: '\udc00', index: 0, count: 1, actionGroup: 'g', agentId: 'A', target };
    expect(parseCallId(toCallId(given))).toEqual(given);
  });

  it('is at most a few hundred characters long for names as AWS has them', () => {
    const id = toCallId({
      sessionId: 'session-123e4567-e89b-12d3-a456-426614174000',
      invocationId: '0523dc91-ea94-46a5-88a6-33ac9ba6e519-uc-result',
      index: 4,
      count: 5,
      actionGroup: 'VacationsActionGroup',
      agentId: 'HBW5NKAQWJ',
      collaboratorId: 'COLLAB0001',
      confirmation: 'USER_CONFIRMATION_AND_RESULT',
      target: { type: 'function', name: 'reserve_vacation_time' },
    });
    expect(id.length).toBeLessThan(300);
  });
});

/** CRC-32 as its definition has it, bit by bit. */
function forge(text: string): string {
  const body = Buffer.from(text).toString('base64url');
  let sum = 0xffffffff;
  for (const byte of Buffer.from(body)) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return `rc1_${body}${((sum ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0')}`;
}

describe('a returned action', () => {
  it('of a function schema is a tool call that says where it belongs', async () => {
    const message = await getReturned([
      call({ agentId: 'L1RT58GYRW', parameters: [{ name: 'days', type: 'integer', value: '2' }] }),
    ]);
    const [only] = message.tool_calls;
    expect(only).toEqual({
      id: expect.stringMatching(/^rc1_/) as unknown,
      type: 'function',
      function: { name: 'run', arguments: '{"days":2}' },
      provider_specific_fields: { action_group: 'Group', action_invocation_type: 'RESULT' },
    });
    expect(parseCallId(only?.id ?? '')).toEqual({
      sessionId,
      invocationId: 'invocation-1',
      index: 0,
      count: 1,
      agentId: 'L1RT58GYRW',
      actionGroup: 'Group',
      target: { type: 'function', name: 'run' },
    });
  });

  it('of an API schema has its parameters and the properties of its body side by side', async () => {
    const message = await getReturned([
      apiCall({
        httpMethod: 'POST',
        parameters: [{ name: 'id', type: 'string', value: '007' }],
        requestBody: {
          content: {
            'application/json': {
              properties: [
                { name: 'amount', type: 'number', value: '1.5' },
                { name: 'id', type: 'integer', value: '7' },
              ],
            },
          },
        },
      }),
    ]);
    const [only] = message.tool_calls;
    expect(only?.function.name).toBe('post_claims_id');
    expect(JSON.parse(only?.function.arguments ?? '')).toEqual({ id: '007', amount: 1.5, body_id: 7 });
    expect(parseCallId(only?.id ?? '').target).toEqual({ type: 'api', path: '/claims/{id}', verb: 'POST' });
  });

  it.each([
    [undefined, undefined],
    ['RESULT', undefined],
    ['USER_CONFIRMATION', 'USER_CONFIRMATION'],
    ['USER_CONFIRMATION_AND_RESULT', 'USER_CONFIRMATION_AND_RESULT'],
  ])('of type %s is told from the others', async (kind, confirmation) => {
    const message = await getReturned([call({ actionInvocationType: kind })]);
    const [only] = message.tool_calls;
    expect(parseCallId(only?.id ?? '').confirmation).toBe(confirmation);
    expect(only?.provider_specific_fields?.['action_invocation_type']).toBe(kind);
  });

  it('of a collaborator names the agent it belongs to', async () => {
    const message = await getReturned([call({ agentId: 'COLLAB0001', collaboratorName: 'Clerk' })]);
    const [only] = message.tool_calls;
    expect(only?.provider_specific_fields).toMatchObject({ agent_id: 'COLLAB0001', collaborator_name: 'Clerk' });
    expect(parseCallId(only?.id ?? '').collaboratorId).toBe('COLLAB0001');
  });

  it('is one of several of its event, each with its own id, even when they are the same', async () => {
    const message = await getReturned([call(), apiCall(), call()]);
    expect(message.tool_calls.map((each) => each.function.name)).toEqual(['run', 'get_claims_id', 'run']);
    expect(message.tool_calls.map(({ id }) => parseCallId(id).index)).toEqual([0, 1, 2]);
    expect(new Set(message.tool_calls.map(({ id }) => id)).size).toBe(3);
  });

  it('comes after the text and the reasoning before it, in both modes', async () => {
    const thought = { trace: { orchestrationTrace: { rationale: { text: 'I need it.', traceId: 't' } } } };
    answer = Buffer.concat([
      event('trace', thought),
      chunk('Let me look.'),
      event('returnControl', { invocationId: 'i', invocationInputs: [call(), apiCall()] }),
    ]);
    const { choices } = await ask([hello], { sessionId });
    const { message } = choices[0] ?? expect.unreachable('there is no choice');
    expect(message).toMatchObject({ content: 'Let me look.', reasoning_content: 'I need it.' });

    const request = { ...reach(aws.url), model, messages: [hello], sessionId, stream: true } as const;
    const order: string[] = [];
    const calls: unknown[] = [];
    for await (const { choices: parts } of await createCompletion(bedrock())(request)) {
      const { delta, finish_reason: finish } = parts[0] ?? { delta: {}, finish_reason: null };
      if (delta.reasoning_content !== undefined) order.push('reasoning');
      if (delta.content !== undefined) order.push('text');
      for (const { index, ...each } of delta.tool_calls ?? []) {
        order.push(`call ${index}`);
        calls.push(each);
      }
      if (finish) order.push(finish);
    }
    expect(order).toEqual(['reasoning', 'text', 'call 0', 'call 1', 'tool_calls']);
    expect(calls).toEqual(message.tool_calls);
  });

  it('reaches the client of a stream as it reaches that of a completion', async () => {
    answer = event('returnControl', { invocationId: 'i', invocationInputs: [call(), apiCall()] });
    const whole = await ask([hello], { sessionId });
    const request = { ...reach(aws.url), model, messages: [hello], sessionId, stream: true } as const;
    const streamed = await (await createCompletion(bedrock())(request)).finalChatCompletion();
    expect(streamed.choices).toEqual(whole.choices);
  });

  it('does not tell the agent which tools the caller has', async () => {
    await getReturned([call()], { sessionId, tools: [tool('run')], tool_choice: 'auto' });
    expect(aws.received[0]?.body).toBe('{"enableTrace":true,"inputText":"Hello"}');
  });
});

describe('the name of a call', () => {
  async function nameOf(input: object, tools: readonly string[] = []): Promise<string> {
    const message = await getReturned([input], { sessionId, tools: tools.map(tool) });
    const name = message.tool_calls[0]?.function.name ?? '';
    expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    return name;
  }

  it.each([
    ['get_weather', ['other', 'get_weather'], 'get_weather'],
    ['get_weather', ['getWeather'], 'getWeather'],
    ['GetWeather', ['other', 'get-weather'], 'get-weather'],
    ['get_weather', ['Group__get_weather'], 'Group__get_weather'],
    ['get_weather', ['group_getweather'], 'group_getweather'],
    // The spelling decides between tools that differ in nothing else.
    ['get_weather', ['getWeather', 'get_weather'], 'get_weather'],
    // Another group may have an action of the same name.
    ['run', ['run', 'Group_run'], 'Group_run'],
    // Names without a letter of ASCII are not all the same.
    ['größe', ['gre', 'gr_e'], 'gr_e_5bd3a989'],
    ['get_weather', ['get_weather_now'], 'get_weather'],
  ])('of %s where the caller has %j', async (name, tools, expected) => {
    const found = await nameOf(call({ function: name }), tools);
    expect(found).toBe(expected);
  });

  it('is not that of a tool without a letter, where the function has other letters than ASCII', async () => {
    expect(['_', '-']).not.toContain(await nameOf(call({ function: '日本' }), ['_', '-']));
  });

  it.each([
    ['GET', '/claims', ['claims'], 'claims'],
    ['get', '/claims', ['get_claims', 'post_claims'], 'get_claims'],
    ['POST', '/claims', ['get_claims', 'post_claims'], 'post_claims'],
    ['POST', '/claims', ['claims', 'post_claims'], 'post_claims'],
    ['GET', '/claims/{id}/notes', ['getClaimsIdNotes'], 'getClaimsIdNotes'],
    ['GET', '/claims', ['Api__get_claims'], 'Api__get_claims'],
    ['GET', '/claims', [], 'get_claims'],
    ['DELETE', '/claims/{id}', [], 'delete_claims_id'],
  ])('of %s %s where the caller has %j', async (httpMethod, apiPath, tools, expected) => {
    expect(await nameOf(apiCall({ httpMethod, apiPath }), tools)).toBe(expected);
  });

  it.each(['größe', '日本', '', '{}', 'a b', 'x'.repeat(200), '_private', '-', 'é'.repeat(80), '😀'])(
    'is one that OpenAI takes for the function %j',
    async (name) => {
      await nameOf(call({ function: name }));
      await nameOf(call({ function: name, actionGroup: '行動' }));
      await nameOf(apiCall({ apiPath: `/${name}` }));
    },
  );

  it('is another for another action, also where OpenAI has no letter for it', async () => {
    const long = 'x'.repeat(70);
    const names = ['天気', '時間', 'größe', 'größte', `${long}a`, `${long}b`];
    const legal: string[] = [];
    for (const name of names) legal.push(await nameOf(call({ function: name })));
    expect(new Set(legal).size).toBe(names.length);
    expect(await nameOf(call({ function: '天気' }))).toBe(legal[0]);
  });

  it('is kept where OpenAI takes it as it is', async () => {
    for (const name of ['_private', 'a__b', 'x-', 'A1']) expect(await nameOf(call({ function: name }))).toBe(name);
  });

  it('is one that OpenAI takes for any function and path', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 100 });
    await fc.assert(
      fc.asyncProperty(text, text, async (name, group) => {
        const message = await getReturned([call({ function: name, actionGroup: group }), apiCall({ apiPath: name })]);
        for (const each of message.tool_calls) expect(each.function.name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
        expect(parseCallId(message.tool_calls[0]?.id ?? '')).toMatchObject({
          actionGroup: group,
          target: { type: 'function', name },
        });
      }),
      { numRuns: 50 },
    );
  });
});

describe('the arguments of a call', () => {
  const cases: readonly (readonly [type: string, value: string | undefined, expected: unknown])[] = [
    ['integer', '1', 1],
    ['integer', '-12', -12],
    ['integer', '0', 0],
    ['integer', '9007199254740991', 9007199254740991],
    ['integer', '9007199254740993', '9007199254740993'],
    ['integer', '123456789012345678901234567890', '123456789012345678901234567890'],
    ['integer', '007', '007'],
    ['integer', '', ''],
    ['integer', ' 1', ' 1'],
    ['integer', 'one', 'one'],
    ['integer', '0x10', '0x10'],
    ['integer', 'Infinity', 'Infinity'],
    ['number', '10', 10],
    ['number', '1.5', 1.5],
    ['number', '-0.25', -0.25],
    ['number', '9007199254740991.4', '9007199254740991.4'],
    ['number', '0.1234567890123456789', '0.1234567890123456789'],
    ['number', 'NaN', 'NaN'],
    ['number', '1,5', '1,5'],
    ['number', '.5', '.5'],
    ['number', '1.', '1.'],
    ['number', '1e-7', 1e-7],
    ['number', '1E5', 100000],
    ['number', '-2.5e+3', -2500],
    ['number', '1e400', '1e400'],
    ['number', '1e-400', '1e-400'],
    ['number', '0.1234567890123456789', '0.1234567890123456789'],
    ['number', '-0', '-0'],
    ['number', '0.0', 0],
    ['array', '[1e-400]', '[1e-400]'],
    ['array', '[-0]', '[-0]'],
    ['boolean', 'true', true],
    ['boolean', 'false', false],
    ['boolean', 'yes', 'yes'],
    ['boolean', '', ''],
    ['boolean', '1', '1'],
    ['array', '[]', []],
    ['array', '["a", 1, null]', ['a', 1, null]],
    ['array', '[{"a":{"b":[true]}}]', [{ a: { b: [true] } }]],
    ['array', '[a, b]', '[a, b]'],
    ['array', '[{id=1, name=x}]', '[{id=1, name=x}]'],
    ['array', '{"a":1}', '{"a":1}'],
    ['array', 'null', 'null'],
    ['array', '[9007199254740993]', '[9007199254740993]'],
    ['array', '[1e400]', '[1e400]'],
    ['array', '["9007199254740993", "\\"1e999"]', ['9007199254740993', '"1e999']],
    ['object', '{"a":1.5,"b":-2}', { a: 1.5, b: -2 }],
    ['object', '{a=1}', '{a=1}'],
    ['object', '[1]', '[1]'],
    ['object', 'null', 'null'],
    ['object', '{"a":12345678901234567890}', '{"a":12345678901234567890}'],
    ['string', '1', '1'],
    ['string', '007', '007'],
    ['string', 'true', 'true'],
    ['string', '{"a":1}', '{"a":1}'],
    ['string', 'größe "😀" \n', 'größe "😀" \n'],
    ['date', '2024-01-01', '2024-01-01'],
  ];

  it.each(cases)('hold the %s %j as %j', async (type, value, expected) => {
    const message = await getReturned([call({ parameters: [{ name: 'x', type, value }] })]);
    expect(JSON.parse(message.tool_calls[0]?.function.arguments ?? '')).toEqual({ x: expected });
  });

  it.each([
    ['no parameters', call()],
    ['an empty list of them', call({ parameters: [] })],
    ['none of an API', apiCall({ parameters: undefined })],
    ['an empty body', apiCall({ requestBody: { content: {} } })],
    ['a body without properties', apiCall({ requestBody: { content: { 'application/json': {} } } })],
  ])('are an empty object for %s', async (_, input) => {
    const message = await getReturned([input]);
    expect(message.tool_calls[0]?.function.arguments).toBe('{}');
  });

  it('lose nothing where a path and a body share names', async () => {
    const named = (name: string, value: string) => ({ name, type: 'string', value });
    const content = { 'application/json': { properties: [named('a', '3'), named('b', '4')] } };
    const message = await getReturned([
      apiCall({ parameters: [named('a', '1'), named('body_a', '2')], requestBody: { content } }),
    ]);
    const json: unknown = JSON.parse(message.tool_calls[0]?.function.arguments ?? '');
    expect(json).toEqual({ a: '1', body_a: '2', body_a_2: '3', b: '4' });
  });

  it('lose nothing where two parameters share a name', async () => {
    const named = (name: string, value: string) => ({ name, type: 'string', value });
    const parameters = [named('id', '1'), named('id', '2'), named('id', '3')];
    const message = await getReturned([apiCall({ parameters })]);
    expect(JSON.parse(message.tool_calls[0]?.function.arguments ?? '')).toEqual({ id: '1', id_2: '2', id_3: '3' });
  });

  it('take what AWS should have sent as text as it came', async () => {
    const message = await getReturned([call({ parameters: [{ name: 'a', type: 'integer', value: 5 }] })]);
    expect(message.tool_calls[0]?.function.arguments).toBe('{"a":5}');
    const nothing = await getReturned([call({ parameters: null })]);
    expect(nothing.tool_calls[0]?.function.arguments).toBe('{}');
  });

  it('hold a parameter without a type or a value as text', async () => {
    const message = await getReturned([call({ parameters: [{ name: 'a', value: '1' }, { name: 'b' }] })]);
    expect(message.tool_calls[0]?.function.arguments).toBe('{"a":"1","b":""}');
  });

  it('are one flat object of any names and values', async () => {
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.double().map(String));
    const type = fc.constantFrom('string', 'integer', 'number', 'boolean', 'array', 'object');
    const parameter = fc.record({ name: fc.oneof(fc.string(), fc.constant('__proto__')), type, value });
    const parameters = fc.uniqueArray(parameter, { selector: ({ name }) => name, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(parameters, async (given) => {
        const message = await getReturned([call({ parameters: given })]);
        const json = JSON.parse(message.tool_calls[0]?.function.arguments ?? '') as object;
        expect(new Map(Object.entries(json)).size).toBe(given.length);
        for (const { name, type, value } of given) {
          const cast: unknown = Object.getOwnPropertyDescriptor(json, name)?.value;
          // What is no text any more says the same as the text it was.
          if (type === 'string') expect(cast).toBe(value);
          else if (typeof cast !== 'string') expect(cast).toEqual(JSON.parse(value));
          else expect(cast).toBe(value);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('answers', () => {
  it('of a function are text, in the session and under the invocation of the call', async () => {
    const message = await getReturned([call()]);
    const [only] = message.tool_calls;
    const { session, json } = await send([hello, message, ...(only ? [result(only, 'It is 12.')] : [])]);
    expect(session).toBe(sessionId);
    expect(json).toEqual({
      enableTrace: true,
      sessionState: {
        invocationId: 'invocation-1',
        returnControlInvocationResults: [
          { functionResult: { actionGroup: 'Group', function: 'run', responseBody: { TEXT: { body: 'It is 12.' } } } },
        ],
      },
    });
  });

  it('of an API are its JSON body, with its path and verb as they came', async () => {
    for (const httpMethod of ['GET', 'post']) {
      expect(await answerOne(apiCall({ httpMethod }), '{"ok":true}')).toEqual({
        apiResult: {
          actionGroup: 'Api',
          apiPath: '/claims/{id}',
          httpMethod,
          httpStatusCode: 200,
          responseBody: { 'application/json': { body: '{"ok":true}' } },
        },
      });
    }
  });

  it('of a collaborator name its agent, those of the agent itself do not', async () => {
    expect(await answerOne(call({ agentId: 'COLLAB0001' }), 'x')).toMatchObject({
      functionResult: { agentId: 'COLLAB0001' },
    });
    expect(await answerOne(apiCall({ agentId: 'COLLAB0001' }), 'x')).toMatchObject({
      apiResult: { agentId: 'COLLAB0001' },
    });
    const own = (await answerOne(call({ agentId: 'L1RT58GYRW' }), 'x')) as { readonly functionResult: object };
    expect(own.functionResult).not.toHaveProperty('agentId');
  });

  it('are given in the session that AWS gave, when the caller named none', async () => {
    answer = event('returnControl', { invocationId: 'i', invocationInputs: [call()] });
    const first = await ask([hello]);
    const message = first.choices[0]?.message ?? expect.unreachable('there is no choice');
    const session = message.provider_specific_fields?.session_id;
    const results = (message.tool_calls ?? []).map((each) => result(each, 'x'));
    expect(await send([hello, message, ...results])).toMatchObject({ session });
  });

  it('are put into the order of AWS, in whatever order they come', async () => {
    const message = await getReturned([call({ function: 'a' }), apiCall(), call({ function: 'c' }), call(), call()]);
    const indexed = message.tool_calls.map((each, index) => ({ each, index }));
    const shuffled = (list: typeof indexed) => fc.shuffledSubarray(list, { minLength: 5 });
    await fc.assert(
      fc.asyncProperty(shuffled(indexed), shuffled(indexed), async (calls, answers) => {
        const { json } = await send([
          hello,
          { ...message, tool_calls: calls.map(({ each }) => each) },
          ...answers.map(({ each, index }) => result(each, `answer ${index}`)),
        ]);
        const { returnControlInvocationResults: results } = json['sessionState'] as Readonly<Record<string, unknown[]>>;
        expect(results).toMatchObject([
          { functionResult: { function: 'a', responseBody: { TEXT: { body: 'answer 0' } } } },
          { apiResult: { responseBody: { 'application/json': { body: 'answer 1' } } } },
          { functionResult: { function: 'c', responseBody: { TEXT: { body: 'answer 2' } } } },
          { functionResult: { function: 'run', responseBody: { TEXT: { body: 'answer 3' } } } },
          { functionResult: { function: 'run', responseBody: { TEXT: { body: 'answer 4' } } } },
        ]);
      }),
      { numRuns: 30 },
    );
  });

  it('hold any text as it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (content) => {
        fc.pre(!content.includes('error'));
        expect(await answerOne(call(), content)).toEqual({
          functionResult: { actionGroup: 'Group', function: 'run', responseBody: { TEXT: { body: content } } },
        });
      }),
      { numRuns: 50 },
    );
  });

  it('may be text parts, may be empty', async () => {
    const message = await getReturned([call()]);
    const [only] = message.tool_calls;
    const tool_call_id = only?.id ?? '';
    for (const content of ['', [{ type: 'text', text: 'a' } as const, { type: 'text', text: 'b' } as const]] as const) {
      const { json } = await send([hello, message, { role: 'tool', tool_call_id, content }]);
      expect(json).toMatchObject({
        sessionState: {
          returnControlInvocationResults: [
            { functionResult: { responseBody: { TEXT: { body: content === '' ? '' : 'ab' } } } },
          ],
        },
      });
    }
  });

  it('go with the custom parameters and the session state of the caller', async () => {
    const message = await getReturned([call()]);
    const results = message.tool_calls.map((each) => result(each, 'x'));
    const { json } = await send([hello, message, ...results], {
      department: 'claims',
      sessionState: { sessionAttributes: { a: 'b' }, promptSessionAttributes: { c: 'd' } },
    });
    expect(json).toEqual({
      enableTrace: true,
      sessionState: {
        invocationId: 'invocation-1',
        sessionAttributes: { a: 'b' },
        promptSessionAttributes: { c: 'd', department: 'claims' },
        returnControlInvocationResults: [expect.objectContaining({ functionResult: expect.anything() as unknown })],
      },
    });
  });

  it('are told without the instructions and the history, which the session remembers', async () => {
    const message = await getReturned([call()]);
    const results = message.tool_calls.map((each) => result(each, 'x'));
    const before: ChatMessage[] = [
      { role: 'system', content: 'Be brief.' },
      hello,
      { role: 'assistant', content: 'Hello!' },
      { role: 'user', content: 'Run it.' },
    ];
    const { json } = await send([...before, message, ...results]);
    expect(json).not.toHaveProperty('inputText');
    expect(JSON.stringify(json)).not.toMatch(/Be brief|Hello|Run it/);
  });

  describe('that do not fit are refused, and nothing is sent:', () => {
    it('one is missing', async () => {
      const message = await getReturned([call({ function: 'first' }), call({ function: 'second' })]);
      const [first] = message.tool_calls;
      const error = await refuse([hello, message, ...(first ? [result(first, 'x')] : [])]);
      expect(error.message).toMatch(/second is not answered/);
    });

    it('a call is missing in the assistant message', async () => {
      const message = await getReturned([call({ function: 'first' }), call({ function: 'second' })]);
      for (const kept of message.tool_calls) {
        const error = await refuse([hello, { ...message, tool_calls: [kept] }, result(kept, 'x')]);
        expect(error.message).toMatch(/made 2 calls at once.*has 1 of them/);
      }
    });

    it('a call stands twice in the assistant message', async () => {
      const message = await getReturned([call(), call()]);
      const [first] = message.tool_calls;
      if (!first) return expect.unreachable('there are two calls');
      const error = await refuse([hello, { ...message, tool_calls: [first, first] }, result(first, 'x')]);
      expect(error.message).toMatch(/stands twice/);
    });

    it('two are for one call', async () => {
      const message = await getReturned([call(), call()]);
      const [first, second] = message.tool_calls.map((each) => result(each, 'x'));
      if (!first || !second) return expect.unreachable('there are two calls');
      for (const results of [
        [first, first],
        [first, second, first],
      ]) {
        expect((await refuse([hello, message, ...results])).message).toMatch(/two tool messages/);
      }
    });

    it('one is for a call of nobody, or of an earlier message', async () => {
      const message = await getReturned([call()]);
      const [only] = message.tool_calls;
      if (!only) return expect.unreachable('there is a call');
      const later = await getReturned([call()], { sessionId }, 'invocation-2');
      const foreign = await refuse([hello, message, result(only, 'x'), result({ id: 'call_other' }, 'x')]);
      expect(foreign.message).toMatch(/no call with this `tool_call_id`/);
      await refuse([hello, message, result(only, 'x'), later, result(only, 'x')]);
    });

    it.each([
      ['call_abc123', /not one that a Bedrock agent gave/],
      ['rc2_abc123', /not one that a Bedrock agent gave/],
      ['rc1_abc123', /changed on its way/],
      ['rc1_00000000', /changed on its way/],
    ])('the id is %s', async (id, why) => {
      const message: ChatMessage = {
        role: 'assistant',
        content: null,
        tool_calls: [{ id, type: 'function', function: { name: 'run', arguments: '{}' } }],
      };
      const error = await refuse([hello, message, result({ id }, 'x')]);
      expect(error.message).toMatch(why);
      expect(error.param).toBe('tool_call_id');
    });

    it('a foreign id stands among those of the agent', async () => {
      const message = await getReturned([call()]);
      const [only] = message.tool_calls;
      if (!only) return expect.unreachable('there is a call');
      for (const calls of [
        [only, { ...only, id: 'call_1' }],
        [{ ...only, id: 'call_1' }, only],
      ]) {
        const results = calls.map((each) => result(each, 'x'));
        const error = await refuse([hello, { ...message, tool_calls: calls }, ...results]);
        expect(error.message).toMatch(/not one that a Bedrock agent gave/);
      }
    });

    it('the calls are of two turns', async () => {
      const one = await getReturned([call()]);
      for (const [other, id] of [
        [await getReturned([call()], { sessionId }, 'invocation-2'), 'another invocation'],
        [await getReturned([call()], { sessionId: 'session-2' }), 'another session'],
      ] as const) {
        const calls = [...one.tool_calls, ...other.tool_calls];
        const results = calls.map((each) => result(each, 'x'));
        const error = await refuse([hello, { ...one, tool_calls: calls }, ...results]);
        expect(error.message, id).toMatch(/different turns/);
      }
    });

    it('there are more than five', async () => {
      const message = await getReturned(Array.from({ length: 6 }, () => call()));
      const error = await refuse([hello, message, ...message.tool_calls.map((each) => result(each, 'x'))]);
      expect(error.message).toMatch(/at most 5/);
    });

    it('a new message comes with them', async () => {
      const message = await getReturned([call()]);
      const results = message.tool_calls.map((each) => result(each, 'x'));
      const error = await refuse([hello, message, ...results, { role: 'user', content: 'And another thing' }]);
      expect(error.message).toMatch(/answers to calls or something new/);
    });

    it('another invocation is named with them', async () => {
      const message = await getReturned([call()]);
      const results = message.tool_calls.map((each) => result(each, 'x'));
      for (const stale of [{ invocationId: 'stale' }, { sessionState: { invocationId: 'stale' } }]) {
        expect(await refuse([hello, message, ...results], stale)).toMatchObject({ param: 'invocationId' });
      }
      expect(await send([hello, message, ...results], { invocationId: 'invocation-1' })).toBeTruthy();
    });

    it('they are sent to another agent', async () => {
      const message = await getReturned([call()]);
      const results = message.tool_calls.map((each) => result(each, 'x'));
      const error = await refuse([hello, message, ...results], { model: 'bedrock/agent/OTHER12345/MFPSBCXYTW' });
      expect(error.message).toMatch(/made by the agent L1RT58GYRW, and this is OTHER12345/);
    });

    it('another session is named with them', async () => {
      const message = await getReturned([call()]);
      const results = message.tool_calls.map((each) => result(each, 'x'));
      for (const name of ['sessionId', 'sessionID', 'litellm_session_id']) {
        const error = await refuse([hello, message, ...results], { [name]: 'session-other' });
        expect(error).toMatchObject({ param: name });
        expect(error.message).toMatch(/another session/);
      }
    });
  });

  it('may name the same session', async () => {
    const message = await getReturned([call()]);
    const results = message.tool_calls.map((each) => result(each, 'x'));
    for (const name of ['sessionId', 'sessionID', 'litellm_session_id']) {
      expect(await send([hello, message, ...results], { [name]: sessionId })).toMatchObject({ session: sessionId });
    }
  });

  it('may name the same session by any string of LiteLLM', async () => {
    const given = { litellm_session_id: 'Größe / 1' };
    const message = await getReturned([call()], given);
    const results = message.tool_calls.map((each) => result(each, 'x'));
    const session = message.provider_specific_fields?.session_id;
    expect(await send([hello, message, ...results], given)).toMatchObject({ session });
  });
});

describe('a call that is not answered', () => {
  const next: ChatMessage = { role: 'user', content: 'Forget it.' };

  it('leaves the session open for what the user says next', async () => {
    const message = await getReturned([call()]);
    const { session, json } = await send([{ role: 'system', content: 'Be brief.' }, hello, message, next]);
    expect(session).toBe(sessionId);
    expect(json).toEqual({ enableTrace: true, inputText: 'Forget it.' });
  });

  it('is refused where another session is named', async () => {
    const message = await getReturned([call()]);
    await refuse([hello, message, next], { sessionId: 'session-other' });
  });

  it('is not enough to say: something new must follow', async () => {
    const message = await getReturned([call()]);
    await refuse([hello, message]);
  });

  it('is history like any other where it is not of an agent', async () => {
    const foreign: ChatMessage = {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'run', arguments: '{}' } }],
    };
    const { json } = await send([hello, foreign, next]);
    expect(json).toMatchObject({ inputText: 'Forget it.' });
    expect(JSON.stringify(json)).toContain('[called run({})]');
  });
});

describe('calls that were answered long ago', () => {
  it('are text in a history, whatever their ids', async () => {
    const message = await getReturned([call({ parameters: [{ name: 'a', type: 'integer', value: '1' }] })]);
    const results = message.tool_calls.map((each) => result(each, 'It is 12.'));
    const { session, json } = await send([
      hello,
      message,
      ...results,
      { role: 'assistant', content: 'Twelve.' },
      { role: 'user', content: 'Thanks' },
    ]);
    expect(session).not.toBe(sessionId);
    expect(json).toEqual({
      enableTrace: true,
      inputText: 'Thanks',
      sessionState: {
        conversationHistory: {
          messages: [
            { role: 'user', content: [{ text: 'Hello' }] },
            { role: 'assistant', content: [{ text: '[called run({"a":1})]' }] },
            { role: 'user', content: [{ text: '[run answered: It is 12.]' }] },
            { role: 'assistant', content: [{ text: 'Twelve.' }] },
          ],
        },
      },
    });
  });

  it('are remembered by a session that is named', async () => {
    const message = await getReturned([call()]);
    const results = message.tool_calls.map((each) => result(each, 'x'));
    const messages: ChatMessage[] = [hello, message, ...results, { role: 'assistant', content: 'Done.' }];
    const { session, json } = await send([...messages, { role: 'user', content: 'Thanks' }], {
      sessionId: 'session-9',
    });
    expect(session).toBe('session-9');
    expect(json).toEqual({ enableTrace: true, inputText: 'Thanks' });
  });
});

describe('a tool that failed', () => {
  const failed = (responseState: string, body: string) => ({
    functionResult: { actionGroup: 'Group', function: 'run', responseState, responseBody: { TEXT: { body } } },
  });

  it.each([
    ['{"error":"No such id"}', 'REPROMPT'],
    ['{"error":{"code":404}}', 'REPROMPT'],
    ['{"error":"No such id","fatal":false}', 'REPROMPT'],
    ['{"error":"No such id","fatal":"yes"}', 'REPROMPT'],
    ['{"error":"Down","fatal":true}', 'FAILURE'],
  ])('says so with %s', async (content, state) => {
    expect(await answerOne(call(), content)).toEqual(failed(state, content));
    const { apiResult } = (await answerOne(apiCall(), content)) as { readonly apiResult: object };
    expect(apiResult).toMatchObject({ responseState: state });
    // Nobody knows the status of what failed.
    expect(apiResult).not.toHaveProperty('httpStatusCode');
  });

  it.each([
    '{"error":null,"rows":[]}',
    '{"error":0,"rows":[1]}',
    '{"error":0.05,"value":3}',
    '{"error":[]}',
    '{"error":{}}',
    '{"error":false}',
    '{"error":"","rows":[1]}',
    '{"errors":["x"]}',
    '[{"error":"x"}]',
    '"error"',
    'error: x',
    '{"error":',
    'null',
  ])('is not one that says %s', async (content) => {
    const told = (await answerOne(call(), content)) as { readonly functionResult: object };
    expect(told.functionResult).not.toHaveProperty('responseState');
    expect(told).toMatchObject({ functionResult: { responseBody: { TEXT: { body: content } } } });
  });
});

describe('a call that asks the user', () => {
  const asking = call({ actionInvocationType: 'USER_CONFIRMATION' });
  const asking2 = call({ actionInvocationType: 'USER_CONFIRMATION_AND_RESULT' });
  const told = (more: object) => ({ functionResult: { actionGroup: 'Group', function: 'run', ...more } });

  const yes = ['CONFIRM', 'confirm', 'Confirmed', 'yes', 'Yes.', '"CONFIRM"', ' yes\n', '{"confirmation":"CONFIRM"}'];
  const no = ['DENY', 'deny', 'Denied', 'no', 'No.', 'NO!', '"DENY"', '{"confirmation":"DENY"}'];

  it.each([...yes, '{"confirmation":"confirm"}', '{"confirmation":true}'])('is confirmed with %j', async (content) => {
    expect(await answerOne(asking, content)).toEqual(told({ confirmationState: 'CONFIRM' }));
    expect(await answerOne(asking2, content)).toEqual(told({ confirmationState: 'CONFIRM' }));
  });

  it.each([...no, '{"confirmation":" deny "}', '{"confirmation":false}'])('is denied with %j', async (content) => {
    expect(await answerOne(asking, content)).toEqual(told({ confirmationState: 'DENY' }));
    expect(await answerOne(asking2, content)).toEqual(told({ confirmationState: 'DENY' }));
  });

  it('takes true and false for a word, but for the result of an action that the caller ran', async () => {
    expect(await answerOne(asking, 'true')).toEqual(told({ confirmationState: 'CONFIRM' }));
    expect(await answerOne(asking, 'false')).toEqual(told({ confirmationState: 'DENY' }));
    const body = { confirmationState: 'CONFIRM', responseBody: { TEXT: { body: 'false' } } };
    expect(await answerOne(asking2, 'false')).toEqual(told(body));
  });

  it('of an API is answered without a body and a status', async () => {
    expect(await answerOne(apiCall({ actionInvocationType: 'USER_CONFIRMATION' }), 'no')).toEqual({
      apiResult: { actionGroup: 'Api', apiPath: '/claims/{id}', httpMethod: 'GET', confirmationState: 'DENY' },
    });
  });

  it.each([
    '',
    'maybe',
    'It is 12.',
    'No, do not do it.',
    '{"result":1}',
    '{"confirmation":"maybe"}',
    '{"confirmation":null}',
    '{"confirmation":"DENY","result":"x"}',
  ])('is not answered with %j', async (content) => {
    const message = await getReturned([asking]);
    const error = await refuse([hello, message, ...message.tool_calls.map((each) => result(each, content))]);
    expect(error.message).toMatch(/"CONFIRM" or "DENY"/);
  });

  it('and waits for a result takes the result for a yes', async () => {
    const body = (text: string) => ({ confirmationState: 'CONFIRM', responseBody: { TEXT: { body: text } } });
    expect(await answerOne(asking2, 'Booked.')).toEqual(told(body('Booked.')));
    expect(await answerOne(asking2, '{"booked":true}')).toEqual(told(body('{"booked":true}')));
    expect(await answerOne(asking2, '{"confirmation":"CONFIRM","result":"Booked."}')).toEqual(told(body('Booked.')));
    expect(await answerOne(asking2, '{"confirmation":"yes","result":{"id":1}}')).toEqual(told(body('{"id":1}')));
    const full = { ...body('{"error":"Full"}'), responseState: 'REPROMPT' };
    expect(await answerOne(asking2, '{"error":"Full"}')).toEqual(told(full));
    expect(await answerOne(asking2, '{"confirmation":"CONFIRM","result":{"error":"Full"}}')).toEqual(told(full));
    expect(await answerOne(asking2, 'No rooms are left.')).toEqual(told(body('No rooms are left.')));
    expect(await answerOne(asking2, '')).toEqual(told(body('')));
    // As in the recording q-roc-confirm-and-result.
    const denied = { ...body('Access Denied'), confirmationState: 'DENY' };
    expect(await answerOne(asking2, '{"confirmation":"DENY","result":"Access Denied"}')).toEqual(told(denied));
  });

  it.each([
    '{"confirmation":"maybe"}',
    '{"confirmation":null}',
    '{"confirmation":{"a":1}}',
    '{"confirmation":"CONFIRM","booking":7}',
    '{"confirmation":"CONFIRM","error":"x"}',
    'No, do not do it.',
    'Denied by user',
    'yes - booked',
  ])('and waits for a result does not take %s for a yes', async (content) => {
    const message = await getReturned([asking2]);
    await refuse([hello, message, ...message.tool_calls.map((each) => result(each, content))]);
  });
});

describe.skipIf(!recorded)('a recorded conversation', () => {
  interface Turn {
    readonly inputText: string;
    readonly sessionState: object;
  }

  const stem = 'agents/notebook/nb-lc-roc-conversation-turn';
  const requests: readonly Turn[] = [1, 2, 3].map((turn) => {
    const notes = recorded ? bytesOf(`${stem}${turn}.md`).toString('utf8') : '';
    return JSON.parse(/^- request \/ next-turn state: (.*)$/m.exec(notes)?.[1] ?? '{}') as Turn;
  });
  const answers = [1, 2, 3].map((turn) => {
    const events = recorded ? (jsonOf(`${stem}${turn}.json`) as readonly Readonly<Record<string, unknown>>[]) : [];
    return Buffer.concat(events.flatMap((one) => Object.entries(one).map((entry) => event(...entry))));
  });
  const replies = [
    'The total asset value for AVC-1234 is 100K',
    'The mortgage rate for AVC-1234 with asset value of 100K is 8.87%',
  ];
  const question: ChatMessage = { role: 'user', content: requests[0]?.inputText ?? '' };

  it.each([
    ['two', 2],
    ['three', 3],
  ])('of %s turns makes the requests that were recorded', async (_, length) => {
    expect(filesIn('agents/notebook', '.json').filter((file) => file.startsWith(stem))).toHaveLength(6);
    let messages: ChatMessage[] = [question];
    const sessions: string[] = [];
    for (let turn = 0; turn < length; turn++) {
      aws.received.splice(0);
      answer = answers[turn] ?? answer;
      const { choices } = await ask(messages);
      const { message, finish_reason: finish } = choices[0] ?? expect.unreachable('there is no choice');
      const [{ url, body } = { url: '', body: '' }] = aws.received;
      sessions.push(url);
      const { inputText, sessionState = {} } = JSON.parse(body) as Partial<Turn>;
      expect(sessionState).toEqual(requests[turn]?.sessionState);
      // The recorded requests repeat the question, which AWS ignores next to results.
      expect(inputText).toBe(turn === 0 ? requests[0]?.inputText : undefined);
      expect(finish).toBe(turn < 2 ? 'tool_calls' : 'stop');
      if (turn === 2) expect(message.content).toMatch(/^The mortgage rate for .* is 8\.87%\.$/);
      // All that is remembered went through JSON.
      messages = JSON.parse(
        JSON.stringify([
          ...messages,
          message,
          ...(message.tool_calls ?? []).map((each) => result(each, replies[turn] ?? '')),
        ]),
      ) as ChatMessage[];
    }
    expect(new Set(sessions).size).toBe(1);
  });
});

describe("the tool runner of OpenAI's client", async () => {
  const heard: unknown[] = [];
  /** Asks for two tools at once, then for one more, then answers with what it was told. */
  const clerk: LocalAgent = async function* ({ sessionState, turns, inputText }) {
    await Promise.resolve();
    const results = sessionState['returnControlInvocationResults'];
    heard.push(results ?? inputText);
    if (results === undefined) {
      yield 'Let me see. ';
      yield {
        returnControl: {
          invocationId: `both-${turns.length}`,
          invocationInputs: [
            call({ function: 'getBalance', parameters: [{ name: 'account', type: 'integer', value: '7' }] }),
            apiCall({ parameters: [{ name: 'id', type: 'string', value: '007' }] }),
          ],
        },
      };
    } else if (String(sessionState['invocationId']).startsWith('both')) {
      yield { returnControl: { invocationId: `one-${turns.length}`, invocationInputs: [call({ function: 'add' })] } };
    } else {
      yield `Told: ${JSON.stringify(results)}`;
    }
  };
  const local = await startLocalBedrock({ agents: { 'L1RT58GYRW/MFPSBCXYTW': clerk } });
  afterAll(local.close);

  const client = createClient(local.url);

  const given: unknown[] = [];
  const runnable = (name: string, say: (given: unknown) => unknown) => ({
    type: 'function' as const,
    function: {
      name,
      description: name,
      parameters: { type: 'object', properties: {} },
      parse: (text: string) => JSON.parse(text) as object,
      function: (values: object) => {
        given.push([name, values]);
        return say(values) as string;
      },
    },
  });
  const tools = [
    runnable('get_balance', () => ({ balance: 12 })),
    runnable('get_claims_id', () => 'Open since May.'),
    runnable('add', () => 'Added.'),
  ];
  const request = { model, messages: [{ role: 'user' as const, content: 'How much?' }], tools };

  beforeEach(() => {
    heard.splice(0);
    given.splice(0);
  });

  const both = [
    {
      functionResult: {
        actionGroup: 'Group',
        function: 'getBalance',
        responseBody: { TEXT: { body: '{"balance":12}' } },
      },
    },
    {
      apiResult: {
        actionGroup: 'Api',
        apiPath: '/claims/{id}',
        httpMethod: 'GET',
        httpStatusCode: 200,
        responseBody: { 'application/json': { body: 'Open since May.' } },
      },
    },
  ];
  const one = [
    { functionResult: { actionGroup: 'Group', function: 'add', responseBody: { TEXT: { body: 'Added.' } } } },
  ];

  it.each([
    ['whole', () => client.chat.completions.runTools(request)],
    ['streamed', () => client.chat.completions.runTools({ ...request, stream: true })],
  ])('runs the whole loop, %s', async (_, start) => {
    const runner = start();
    expect(await runner.finalContent()).toBe(`Told: ${JSON.stringify(one)}`);
    expect(heard).toEqual(['How much?', both, one]);
    expect(given).toEqual([
      ['get_balance', { account: 7 }],
      ['get_claims_id', { id: '007' }],
      ['add', {}],
    ]);
    const roles = runner.messages.map(({ role }) => role);
    expect(roles).toEqual(['user', 'assistant', 'tool', 'tool', 'assistant', 'tool', 'assistant']);
  });
});
