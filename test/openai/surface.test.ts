import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import {
  APIError,
  type ChatCompletionChunk,
  completion,
  completionCost,
  type CompletionParameters,
  getSupportedOpenAIParams,
  streamChunkBuilder,
} from '../../src/index.ts';
import { chunk, event } from '../support/frames.ts';
import { serve } from '../support/loopback.ts';
import { agentModel, reach, runtimeModel } from '../support/models.ts';

const usage = { inputTokens: 1000, outputTokens: 100 };
const trace = (model: string) => {
  const orchestrationTrace = { modelInvocationOutput: { metadata: { usage } } };
  const input = { orchestrationTrace: { modelInvocationInput: { foundationModel: model } } };
  return [event('trace', { trace: input }), event('trace', { trace: { orchestrationTrace } })];
};
const sonnet = 'anthropic.claude-3-5-sonnet-20240620-v1:0';

let foundationModel = sonnet;
const aws = await serve((response: ServerResponse, { url }) => {
  if (!url.startsWith('/agents/')) return response.end('{"result":"Hi"}');
  response.writeHead(200, {
    'content-type': 'application/vnd.amazon.eventstream',
    'x-amzn-requestid': 'request-1',
    'x-amz-bedrock-agent-session-id': 'session-of-aws',
  });
  return response.end(Buffer.concat([chunk('Hel'), ...trace(foundationModel), chunk('lo')]));
});

const ask = (parameters: Partial<CompletionParameters> = {}) => {
  const messages = [{ role: 'user', content: 'Hi' }] as const;
  return completion({ ...reach(aws.url), model: agentModel, messages, ...parameters, stream: false });
};

describe('streamChunkBuilder', () => {
  it('sums a stream up to what the same call gives whole', async () => {
    const parameters = { ...reach(aws.url), model: agentModel, stream_options: { include_usage: true } };
    const chunks: ChatCompletionChunk[] = [];
    const messages = [{ role: 'user', content: 'Hi' }] as const;
    for await (const one of await completion({ ...parameters, messages, stream: true })) chunks.push(one);
    const built = streamChunkBuilder(chunks);
    const whole = await ask();
    const { choices, model, object } = whole;
    expect(built).toMatchObject({ choices, model, object, usage: { prompt_tokens: 1000, completion_tokens: 100 } });
    expect(completionCost(built)).toBe(completionCost(whole));
    expect(streamChunkBuilder(chunks)).toEqual(built);
  });

  it('counts tokens also where the stream did not show them', async () => {
    const chunks: ChatCompletionChunk[] = [];
    const messages = [{ role: 'user', content: 'Hi' }] as const;
    const stream = await completion({ ...reach(aws.url), model: agentModel, messages, stream: true });
    for await (const one of stream) chunks.push(one);
    expect(chunks.some((one) => one.usage)).toBe(false);
    expect(streamChunkBuilder(chunks).usage).toMatchObject({ prompt_tokens: 1000, completion_tokens: 100 });
  });

  it('puts a call together that came in pieces', () => {
    const piece = (index: number, json: string) => ({
      index,
      id: `c${index}`,
      type: 'function',
      function: { name: 'f', arguments: json },
    });
    const deltas = [piece(0, '{"a"'), piece(1, '{}'), piece(0, ':1}')];
    const chunks = deltas.map((call) => ({
      choices: [{ index: 0, delta: { tool_calls: [call] }, finish_reason: null }],
    }));
    const { message } = streamChunkBuilder(chunks as never).choices[0] ?? {};
    expect(message?.tool_calls?.map((call) => call.function.arguments)).toEqual(['{"a":1}', '{}']);
    expect(deltas[0]?.function.arguments).toBe('{"a"');
  });

  it('sums up chunks that passed through the state of a user interface, too', async () => {
    const messages = [{ role: 'user', content: 'Hi' }] as const;
    const chunks: ChatCompletionChunk[] = [];
    const stream = await completion({ ...reach(aws.url), model: agentModel, messages, stream: true });
    for await (const one of stream) chunks.push(one);
    const { choices } = streamChunkBuilder(chunks);
    expect(streamChunkBuilder(chunks.map((one) => new Proxy(one, {}))).choices).toEqual(choices);
    expect(streamChunkBuilder(chunks.map((one) => ({ ...one }))).choices).toEqual(choices);
  });

  it('refuses no chunks', () => {
    expect(() => streamChunkBuilder([])).toThrow(TypeError);
  });
});

describe('the usage of a completion', () => {
  it('is data like the rest: it is written, copied and replaced', async () => {
    const whole = await ask();
    const counted = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };
    expect(JSON.parse(JSON.stringify(whole))).toMatchObject({ usage: counted });
    expect(structuredClone({ ...(await ask()) }).usage).toMatchObject(counted);
    const mine = { ...counted, prompt_tokens: 1 };
    const other = await ask();
    whole.usage = mine;
    other.usage = mine;
    expect([whole.usage, other.usage]).toEqual([mine, mine]);
  });
});

describe('completionCost', () => {
  it('is the dollars of the foundation models', async () => {
    const cost = completionCost(await ask());
    expect(cost).toBeCloseTo((1000 * 3 + 100 * 15) / 1e6, 9);
  });

  it('is null where a price is unknown, and never 0', async () => {
    foundationModel = 'nobody.has-made-this';
    expect(completionCost(await ask())).toBeNull();
    foundationModel = sonnet;
  });

  it('is by the caller’s own price where one is given', async () => {
    expect(completionCost(await ask({ input_cost_per_token: 0.5, output_cost_per_token: 2 }))).toBe(700);
  });

  it('refuses a copy, which has lost it', async () => {
    const copy = JSON.parse(JSON.stringify(await ask())) as object;
    expect(() => completionCost(copy)).toThrow(APIError);
  });
});

describe('_hidden_params', () => {
  it('tell where an answer came from, and how', async () => {
    const began = performance.now();
    const { _hidden_params } = await ask({ litellm_call_id: 'call-7', aws_region_name: 'eu-west-1' });
    expect({ ..._hidden_params }).toEqual({
      custom_llm_provider: 'bedrock',
      session_id: 'session-of-aws',
      request_id: 'request-1',
      region_name: 'eu-west-1',
      api_base: aws.url,
      foundation_model: sonnet,
      response_cost: expect.closeTo(0.0045, 9) as number,
      litellm_call_id: 'call-7',
      attempted_retries: 0,
      attempted_fallbacks: 0,
      _response_ms: expect.any(Number) as number,
    });
    expect(_hidden_params._response_ms).toBeLessThanOrEqual(Math.ceil(performance.now() - began));
  });

  it('name every call', async () => {
    const [a, b] = [await ask(), await ask()].map(({ _hidden_params }) => _hidden_params.litellm_call_id);
    expect(a).toMatch(/^[0-9a-f-]{36}$/);
    expect(a).not.toBe(b);
  });
});

describe('additional_drop_params', () => {
  it('leave out what they name, and nothing else', async () => {
    const { choices } = await ask({ temperature: 0.5, additional_drop_params: ['temperature'] });
    expect(choices[0]?.message.content).toBe('Hello');
    const both = { temperature: 0.5, max_tokens: 5, additional_drop_params: ['temperature'] };
    await expect(ask(both)).rejects.toMatchObject({ name: 'UnsupportedParamsError', param: 'max_tokens' });
  });

  it('leave out tools and custom parameters, too', async () => {
    aws.received.splice(0);
    const tools = [{ type: 'function' as const, function: { name: 'add' } }];
    await ask({ model: runtimeModel, tools, tenant: 'a', additional_drop_params: ['tools', 'tenant'] });
    expect(JSON.parse(aws.received[0]?.body ?? '')).toEqual({ prompt: 'Hi' });
  });
});

describe('getSupportedOpenAIParams', () => {
  const asking: Readonly<Record<string, unknown>> = {
    stream_options: { include_usage: true },
    tools: [{ type: 'function', function: { name: 'add' } }],
    temperature: 0.5,
    top_p: 0.5,
    max_tokens: 5,
    stop: ['a'],
    seed: 7,
    response_format: { type: 'json_object' },
  };

  it.each([agentModel, runtimeModel])('says what %s does not refuse', async (model) => {
    const supported = getSupportedOpenAIParams(model);
    expect(supported).toContain('stream');
    for (const [name, value] of Object.entries(asking)) {
      const isRefused = await ask({ model, [name]: value }).then(
        () => false,
        (error: unknown) => (error as APIError).name === 'UnsupportedParamsError',
      );
      expect([name, isRefused]).toEqual([name, !supported.includes(name)]);
    }
  });

  it('refuses a model that is none', () => {
    expect(() => getSupportedOpenAIParams('gpt-4o')).toThrow(APIError);
  });
});
