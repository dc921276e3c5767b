import type { ServerResponse } from 'node:http';
import OpenAI from 'openai';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';
import { Stream } from 'openai/streaming';
import { describe, expect, it } from 'vitest';
import { type ChatCompletion, type ChatCompletionChunk, completion, type CompletionStream } from '../../src/index.ts';
import { chunk, event } from '../support/frames.ts';
import { serve } from '../support/loopback.ts';
import { agentModel, reach, runtimeModel } from '../support/models.ts';

const sessionId = 'session-0123456789-0123456789-0123456789';
const foundationModel = 'anthropic.claude-3-5-sonnet-20240620-v1:0';

let body: Body;
const aws = await serve((response: ServerResponse) => {
  response.writeHead(200, { 'content-type': body.type, 'x-amzn-requestid': 'request-1' });
  // Pieces that arrive one after the other, so that a stream is one.
  const pieces = [...body.pieces];
  const next = () => {
    const piece = pieces.shift();
    if (piece === undefined) response.end();
    else response.write(piece, () => setTimeout(next, 1));
  };
  next();
});

interface Body {
  readonly type: string;
  readonly pieces: readonly (string | Buffer)[];
}

const frames = (...pieces: Buffer[]): Body => ({ type: 'application/vnd.amazon.eventstream', pieces });
const json = (value: unknown): Body => ({ type: 'application/json', pieces: [JSON.stringify(value)] });
const events = (...values: unknown[]): Body => ({
  type: 'text/event-stream',
  pieces: values.map((value) => `data: ${JSON.stringify(value)}\n\n`),
});
const model = (inputTokens: number, outputTokens: number, name: string, traceId = 't-1') => [
  event('trace', { trace: { orchestrationTrace: { modelInvocationInput: { traceId, foundationModel: name } } } }),
  event('trace', {
    trace: {
      orchestrationTrace: {
        modelInvocationOutput: {
          traceId,
          metadata: { clientRequestId: traceId, usage: { inputTokens, outputTokens } },
        },
      },
    },
  }),
];
const cited = (text: string, url: string) =>
  event('chunk', {
    bytes: Buffer.from(text).toString('base64'),
    attribution: {
      citations: [
        {
          generatedResponsePart: { textResponsePart: { text: text.trim(), span: { start: 0, end: 3 } } },
          retrievedReferences: [{ location: { type: 'WEB', webLocation: { url } } }],
        },
      ],
    },
  });
const rationale = event('trace', { trace: { orchestrationTrace: { rationale: { text: 'I think.' } } } });
const delta = (text: string) => ({ event: { contentBlockDelta: { delta: { text }, contentBlockIndex: 0 } } });
const begin = { event: { messageStart: { role: 'assistant' } } };
const stop = (stopReason: string) => ({ event: { messageStop: { stopReason } } });
const metadata = { event: { metadata: { usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 } } } };
const toolUse = (index: number, name: string, ...inputs: string[]) => [
  {
    event: { contentBlockStart: { contentBlockIndex: index, start: { toolUse: { toolUseId: `use-${index}`, name } } } },
  },
  ...inputs.map((input) => ({
    event: { contentBlockDelta: { contentBlockIndex: index, delta: { toolUse: { input } } } },
  })),
  { event: { contentBlockStop: { contentBlockIndex: index } } },
];

/** Answers of every kind that the format has a place for. */
const answers: readonly {
  readonly what: string;
  readonly model: string;
  readonly body: Body;
  readonly more?: object;
}[] = [
  { what: 'an agent in one chunk', model: agentModel, body: frames(chunk('Hello €')) },
  { what: 'an agent in many chunks', model: agentModel, body: frames(chunk('Hel'), chunk('lo '), chunk('€')) },
  {
    what: 'an agent with traces',
    model: agentModel,
    body: frames(rationale, ...model(10, 5, foundationModel), chunk('Hel'), chunk('lo')),
  },
  {
    what: 'an agent whose traces are shown',
    model: agentModel,
    body: frames(rationale, chunk('Hello'), ...model(10, 5, foundationModel)),
    more: { enableTrace: true },
  },
  {
    what: 'an agent that cites',
    model: agentModel,
    body: frames(
      cited('The sky is blue.', 'https://example.com/sky'),
      cited(' And wide.', 's3://bucket/a%20file.pdf'),
      chunk(' The end'),
    ),
  },
  {
    what: 'an agent that makes files',
    model: agentModel,
    body: frames(
      event('files', {
        files: [
          { name: 'plot.png', type: 'image/png', bytes: 'aGVsbG8=' },
          { name: 'data.csv', type: 'text/csv', bytes: 'YSxi' },
        ],
      }),
      chunk('See the plot.'),
    ),
  },
  {
    what: 'an agent whose guardrail intervened and whose step failed',
    model: agentModel,
    body: frames(
      event('trace', {
        trace: {
          guardrailTrace: { action: 'INTERVENED', inputAssessments: [{ wordPolicy: [{ action: 'BLOCKED' }] }] },
        },
      }),
      event('trace', { trace: { failureTrace: { failureReason: 'Max iterations exceeded' } } }),
      chunk('Sorry.'),
    ),
  },
  { what: 'JSON of AgentCore', model: runtimeModel, body: json({ result: 'Hello' }) },
  { what: 'an empty JSON answer of AgentCore', model: runtimeModel, body: json({ result: { content: [] } }) },
  {
    what: 'events of AgentCore',
    model: runtimeModel,
    body: events(begin, delta('Hel'), delta('lo'), stop('end_turn'), metadata),
  },
  {
    what: 'two messages of AgentCore',
    model: runtimeModel,
    body: events(begin, delta('One'), stop('tool_use'), metadata, begin, delta('Two'), stop('end_turn'), metadata),
  },
  {
    what: 'tool calls of AgentCore',
    model: runtimeModel,
    body: events(
      begin,
      delta('Let me see.'),
      ...toolUse(1, 'add', '{"a":', '1}'),
      ...toolUse(2, 'now'),
      stop('tool_use'),
      metadata,
    ),
  },
  {
    what: 'nothing but a tool call of AgentCore',
    model: runtimeModel,
    body: events(begin, ...toolUse(0, 'add', '{"a":1}'), stop('tool_use')),
  },
  {
    what: 'an answer that reached its limit',
    model: runtimeModel,
    body: events(begin, delta('Hel'), stop('max_tokens')),
  },
  {
    what: 'an answer that was filtered',
    model: runtimeModel,
    body: events(begin, delta('Sorry.'), stop('guardrail_intervened')),
  },
];

type Answer = (typeof answers)[number];

const messages = [{ role: 'user' as const, content: 'Hello' }];

function toParameters(answer: Answer) {
  body = answer.body;
  const session = answer.model === agentModel ? { sessionId } : { runtimeSessionId: sessionId };
  return { ...reach(aws.url), model: answer.model, messages, ...session, ...answer.more };
}
const whole = (answer: Answer): Promise<ChatCompletion> => completion(toParameters(answer));
const stream = (answer: Answer, includeUsage = true): Promise<CompletionStream> =>
  completion({ ...toParameters(answer), stream: true, stream_options: { include_usage: includeUsage } });

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** As it goes over the wire. */
function wire<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** Less what differs between two answers. */
function timeless(value: ChatCompletion): Omit<ChatCompletion, '_hidden_params'> {
  return { ...wire(value), id: 'id', created: 0 };
}

/** OpenAI's client in front of these bytes. */
function client(text: string, type: string): OpenAI['chat']['completions'] {
  const fetch = () => Promise.resolve(new Response(text, { headers: { 'content-type': type } }));
  return new OpenAI({ apiKey: 'x', fetch }).chat.completions;
}

const toServerSentEvents = (chunks: readonly ChatCompletionChunk[]) =>
  `${chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')}data: [DONE]\n\n`;

const ask = { model: 'any', messages };

describe.each(answers)('$what', (answer) => {
  it("is a completion that OpenAI's client takes as it is", async () => {
    const ours = await whole(answer);
    const theirs = await client(JSON.stringify(ours), 'application/json').create(ask);
    expect(theirs).toEqual(wire(ours));
    expect(theirs.object).toBe('chat.completion');
    expect(theirs.model).toBe(answer.model);
    expect(theirs.id).toMatch(/^chatcmpl-/);
    expect(Math.abs(theirs.created - Date.now() / 1000)).toBeLessThan(60);
    expect(Number.isInteger(theirs.created)).toBe(true);
  });

  it("is a stream that OpenAI's client takes as it is", async () => {
    const ours = await all(await stream(answer));
    const theirs = await client(toServerSentEvents(ours), 'text/event-stream').create({ ...ask, stream: true });
    expect(await all(theirs)).toEqual(wire(ours));
  });

  it("is summed up by OpenAI's client as by us", async () => {
    const ours = await all(await stream(answer));
    const theirs = await client(toServerSentEvents(ours), 'text/event-stream').stream(ask).finalChatCompletion();
    const expected = await whole(answer);
    const [choice] = theirs.choices;
    const [expectedChoice] = expected.choices;
    expect(choice?.message.content ?? '').toBe(expectedChoice?.message.content ?? '');
    expect(choice?.message.role).toBe('assistant');
    expect(choice?.finish_reason).toBe(expectedChoice?.finish_reason);
    // Its own additions: an index, and the arguments parsed.
    const calls = choice?.message.tool_calls?.map(({ id, type, function: { name, arguments: json } }) => ({
      id,
      type,
      function: { name, arguments: json },
    }));
    expect(calls).toEqual(expectedChoice?.message.tool_calls);
    expect(theirs.usage).toEqual(expected.usage);
    expect(theirs.model).toBe(answer.model);
    expect([theirs.id, theirs.created]).toEqual([ours[0]?.id, ours[0]?.created]);
    const fields = { ...expectedChoice?.message.provider_specific_fields };
    // A later delta's fields take the place of an earlier one's.
    Reflect.deleteProperty(fields, 'trace');
    expect(choice?.message).toMatchObject({ provider_specific_fields: fields });
    const { annotations, images } = expectedChoice?.message ?? {};
    expect(choice?.message).toMatchObject({ ...(annotations && { annotations }), ...(images && { images }) });
  });

  it('says the same streamed and whole', async () => {
    const summed = await (await stream(answer)).finalChatCompletion();
    expect(timeless(summed)).toEqual(timeless(await whole(answer)));
  });

  it("is read back from its readable stream by OpenAI's Stream", async () => {
    const ours = await all(await stream(answer));
    const readable = (await stream(answer)).toReadableStream();
    const theirs = await all(Stream.fromReadableStream<ChatCompletionChunk>(readable, new AbortController()));
    const strip = (chunks: readonly ChatCompletionChunk[]) =>
      chunks.map((one) => ({ ...wire(one), id: 'id', created: 0 }));
    expect(strip(theirs)).toEqual(strip(ours));
  });

  it("is read back from its readable stream by OpenAI's ChatCompletionStream", async () => {
    const readable = (await stream(answer)).toReadableStream();
    const theirs = await ChatCompletionStream.fromReadableStream(readable).finalChatCompletion();
    const expected = await whole(answer);
    expect(theirs.choices[0]?.message.content ?? '').toBe(expected.choices[0]?.message.content ?? '');
    expect(theirs.usage).toEqual(expected.usage);
  });

  it('has one id, one time and one model', async () => {
    const chunks = await all(await stream(answer));
    expect(new Set(chunks.map(({ id, created, model: name }) => `${id} ${created} ${name}`)).size).toBe(1);
    expect(chunks[0]?.model).toBe(answer.model);
    expect(new Set(chunks.map(({ object }) => object))).toEqual(new Set(['chat.completion.chunk']));
    const [first, second] = [await whole(answer), await whole(answer)];
    expect(first.id).not.toBe(second.id);
  });

  it('has the role once, on the first delta', async () => {
    const chunks = await all(await stream(answer));
    expect(chunks.map(({ choices }) => choices[0]?.delta.role)).toEqual([
      'assistant',
      ...chunks.slice(1).map(() => undefined),
    ]);
  });

  it('has one finish_reason, on the last chunk that has a choice', async () => {
    const reasons = (await all(await stream(answer, false))).map(({ choices }) => choices[0]?.finish_reason);
    expect(reasons.slice(0, -1).every((reason) => reason === null)).toBe(true);
    expect(reasons.at(-1)).toMatch(/^(stop|length|tool_calls|content_filter)$/);
    expect(reasons.at(-1)).toBe((await whole(answer)).choices[0]?.finish_reason);
  });

  it('has a usage chunk, last and without a choice, only where it is asked for', async () => {
    const shown = await all(await stream(answer, true));
    const { usage } = await whole(answer);
    expect(shown.at(-1)).toMatchObject({ choices: [], usage });
    expect(shown.slice(0, -1).every((one) => one.usage === undefined && one.choices.length === 1)).toBe(true);

    for (const hidden of [await stream(answer, false), await completion({ ...toParameters(answer), stream: true })]) {
      const chunks = await all(hidden);
      expect(chunks).toHaveLength(shown.length - 1);
      expect(chunks.every((one) => !('usage' in one) && one.choices.length === 1)).toBe(true);
    }
  });

  it('sums up its usage even where no chunk shows it', async () => {
    const summed = await (await stream(answer, false)).finalChatCompletion();
    expect(summed.usage).toEqual((await whole(answer)).usage);
  });

  it('keeps _hidden_params where nobody lists them', async () => {
    const opened = await stream(answer);
    const chunks = await all(opened);
    for (const value of [await whole(answer), opened, ...chunks]) {
      expect(Object.keys(value)).not.toContain('_hidden_params');
      expect(JSON.stringify(value)).not.toContain('_hidden_params');
      expect(Object.assign({}, value)).not.toHaveProperty('_hidden_params');
      expect(value._hidden_params).toMatchObject({
        custom_llm_provider: 'bedrock',
        session_id: sessionId,
        request_id: 'request-1',
        region_name: 'us-west-2',
        api_base: aws.url,
      });
    }
    expect(opened._hidden_params).toBe(chunks.at(-1)?._hidden_params);
  });

  it('hands the session back on the first delta, the message, the stream and _hidden_params', async () => {
    const opened = await stream(answer);
    expect(opened.session_id).toBe(sessionId);
    const chunks = await all(opened);
    expect(chunks[0]?.choices[0]?.delta.provider_specific_fields?.session_id).toBe(sessionId);
    const { choices, _hidden_params } = await whole(answer);
    expect(choices[0]?.message.provider_specific_fields?.session_id).toBe(sessionId);
    expect(_hidden_params.session_id).toBe(sessionId);
  });
});

describe('the answers', () => {
  const of = (what: string): Answer => answers.find((answer) => answer.what === what) ?? expect.unreachable(what);

  it.each([
    ['an agent in many chunks', 'Hello €', 'stop'],
    ['an agent with traces', 'Hello', 'stop'],
    ['JSON of AgentCore', 'Hello', 'stop'],
    ['an empty JSON answer of AgentCore', '', 'stop'],
    ['events of AgentCore', 'Hello', 'stop'],
    ['two messages of AgentCore', 'One\n\nTwo', 'stop'],
    ['tool calls of AgentCore', 'Let me see.', 'tool_calls'],
    ['nothing but a tool call of AgentCore', null, 'tool_calls'],
    ['an answer that reached its limit', 'Hel', 'length'],
    ['an answer that was filtered', 'Sorry.', 'content_filter'],
  ])('%s is %j, %s', async (what, content, finish_reason) => {
    const { choices } = await whole(of(what));
    expect(choices).toMatchObject([
      { index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason },
    ]);
    expect(choices[0]?.logprobs).toBeNull();
  });

  it('have tool calls with their own index, id and arguments', async () => {
    const chunks = await all(await stream(of('tool calls of AgentCore')));
    expect(chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])).toEqual([
      { index: 0, id: 'use-1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } },
      { index: 1, id: 'use-2', type: 'function', function: { name: 'now', arguments: '{}' } },
    ]);
  });

  it('have what the agent thought as reasoning_content', async () => {
    const { choices } = await whole(of('an agent with traces'));
    expect(choices[0]?.message.reasoning_content).toBe('I think.');
  });

  it('have raw traces only where enableTrace: true asked for them', async () => {
    const fields = async (what: string) => (await whole(of(what))).choices[0]?.message.provider_specific_fields;
    expect((await fields('an agent whose traces are shown'))?.trace).toHaveLength(3);
    expect(await fields('an agent with traces')).not.toHaveProperty('trace');
  });

  it('have raw traces also where extra_body asked for them', async () => {
    const answer = { ...of('an agent with traces'), more: { extra_body: { enableTrace: true } } };
    expect((await whole(answer)).choices[0]?.message.provider_specific_fields?.trace).toHaveLength(3);
  });

  it('name the foundation model beside the model that was asked for', async () => {
    const { model: name, _hidden_params } = await whole(of('an agent with traces'));
    expect([name, _hidden_params.foundation_model]).toEqual([agentModel, foundationModel]);
  });
});

describe('a stream', () => {
  const [answer] = answers.filter(({ what }) => what === 'an agent in many chunks') as [Answer];

  it('is read once: iterating and summing up exclude each other', async () => {
    const once = await stream(answer);
    await all(once);
    await expect(once.finalChatCompletion()).rejects.toBeInstanceOf(TypeError);
    expect(() => once[Symbol.asyncIterator]()).toThrow(TypeError);
    const summed = await stream(answer);
    await summed.finalChatCompletion();
    expect(() => summed.toReadableStream()).toThrow(TypeError);
  });

  it('has complete _hidden_params once it has ended', async () => {
    const traced = answers.find(({ what }) => what === 'an agent with traces') ?? expect.unreachable();
    const opened = await stream(traced);
    await all(opened);
    expect(opened._hidden_params).toMatchObject({ foundation_model: foundationModel });
    expect(opened._hidden_params.response_cost).toBeGreaterThan(0);
  });
});

describe('usage', () => {
  it('is what the agent reported, and not marked', async () => {
    const two = [...model(10, 5, foundationModel, 'a'), ...model(20, 7, foundationModel, 'b')];
    const { usage, _hidden_params } = await whole({ what: '', model: agentModel, body: frames(...two, chunk('Hi')) });
    expect(usage).toEqual({ prompt_tokens: 30, completion_tokens: 12, total_tokens: 42 });
    expect(_hidden_params.usage_estimated).toBeUndefined();
  });

  it('tells cached tokens where OpenAI does', async () => {
    const usage = { inputTokens: 10, outputTokens: 5, cacheReadInputTokens: 4 };
    const answer = events(begin, delta('Hi'), stop('end_turn'), { event: { metadata: { usage } } });
    expect((await whole({ what: '', model: runtimeModel, body: answer })).usage).toMatchObject({
      prompt_tokens_details: { cached_tokens: 4 },
    });
  });

  it.each(['an agent in one chunk', 'JSON of AgentCore'])('is estimated and marked where none is: %s', async (what) => {
    const answer = answers.find((one) => one.what === what) ?? expect.unreachable();
    const { usage, _hidden_params } = await whole(answer);
    expect(usage?.prompt_tokens).toBeGreaterThan(0);
    expect(usage?.completion_tokens).toBeGreaterThan(0);
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
    expect(_hidden_params.usage_estimated).toBe(true);
    const opened = await stream(answer);
    await all(opened);
    expect(opened._hidden_params.usage_estimated).toBe(true);
  });
});

describe('response_cost', () => {
  const cost = async (answer: Answer) => {
    const opened = await stream(answer);
    await all(opened);
    const { _hidden_params } = await whole(answer);
    expect(opened._hidden_params.response_cost).toBe(_hidden_params.response_cost);
    return _hidden_params.response_cost;
  };
  const agent = (...pieces: Buffer[]): Answer => ({
    what: '',
    model: agentModel,
    body: frames(...pieces, chunk('Hi')),
  });

  it('is what the price list says', async () => {
    // $3 and $15 per million tokens.
    expect(await cost(agent(...model(1000, 500, foundationModel)))).toBeCloseTo(0.0105, 10);
  });

  it('adds up the calls of several models, each with its own price', async () => {
    const haiku = 'anthropic.claude-3-haiku-20240307-v1:0';
    const calls = [...model(1000, 500, foundationModel, 'a'), ...model(1000, 500, haiku, 'b')];
    // $0.25 and $1.25 per million tokens.
    expect(await cost(agent(...calls))).toBeCloseTo(0.0105 + 0.000875, 10);
  });

  it.each([
    ['the model is unknown', agent(...model(10, 5, 'nobody.knows-v1:0'))],
    ['one of the models is unknown', agent(...model(10, 5, foundationModel, 'a'), ...model(10, 5, 'nobody', 'b'))],
    ['nothing was reported', agent()],
    [
      'usage came without a model',
      { what: '', model: runtimeModel, body: events(begin, delta('Hi'), stop('x'), metadata) },
    ],
  ])('is null, never 0, when %s', async (_, answer) => {
    expect(await cost(answer)).toBeNull();
  });

  it("is the caller's price where one was given", async () => {
    const more = { input_cost_per_token: 0.001, output_cost_per_token: 0.002 };
    const prices = [
      { ...agent(...model(10, 5, foundationModel)), more },
      { ...agent(...model(10, 5, 'nobody.knows-v1:0')), more },
      { what: '', model: runtimeModel, body: events(begin, delta('Hi'), stop('end_turn'), metadata), more },
    ];
    for (const answer of prices) expect(await cost(answer)).toBeCloseTo(0.02, 10);
  });

  it("is the caller's price for estimated tokens too", async () => {
    const answer = { ...agent(), more: { input_cost_per_token: 1, output_cost_per_token: 100 } };
    const { usage } = await whole(answer);
    expect(await cost(answer)).toBe((usage?.prompt_tokens ?? 0) + 100 * (usage?.completion_tokens ?? 0));
  });

  it('is free where the caller says so', async () => {
    const more = { input_cost_per_token: 0, output_cost_per_token: 0 };
    expect(await cost({ ...agent(...model(10, 5, foundationModel)), more })).toBe(0);
  });

  // Fails with 0: nothing was reported yet.
  it('is null while a stream with a price of its own has reported nothing', async () => {
    const opened = await stream({ ...agent(), more: { input_cost_per_token: 1, output_cost_per_token: 1 } });
    try {
      expect(opened._hidden_params.response_cost).toBeNull();
    } finally {
      opened.abort();
    }
  });
});
