import type { ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import { APIError, BadRequestError, completion, UnsupportedParamsError } from '../../src/index.ts';
import { chunk } from '../support/frames.ts';
import { serve, type Received } from '../support/loopback.ts';
import { agentModel, reach, runtimeModel } from '../support/models.ts';

const secret = 'VERY-SECRET-VALUE';
const prompt = 'Hello, PROMPT-TEXT';
const messages = [{ role: 'user', content: prompt }] as const;

const aws = await serve((response: ServerResponse, { url }: Received) => {
  if (url.startsWith('/agents/')) {
    response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
    response.end(chunk('Hi'));
  } else {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"result":"Hi"}');
  }
});
beforeEach(() => void aws.received.splice(0));

/** What the agent was sent, for a request that differs from the plainest one by `parameters`. */
async function send(model: string, parameters: object): Promise<unknown> {
  await completion({ ...reach(aws.url), model, messages, ...parameters });
  expect(aws.received).toHaveLength(1);
  return JSON.parse(aws.received[0]?.body ?? '');
}

/** Why a request was refused; nothing may have been sent. */
async function refuse(parameters: unknown): Promise<APIError> {
  const error: unknown = await completion(parameters as never).then(
    () => expect.unreachable('the request was accepted'),
    (thrown: unknown) => thrown,
  );
  expect(aws.received).toEqual([]);
  expect(error).toBeInstanceOf(APIError);
  return error as APIError;
}

const services = [
  { service: 'Bedrock Agents', model: agentModel, plain: { inputText: prompt, enableTrace: true } },
  { service: 'AgentCore', model: runtimeModel, plain: { prompt } },
];

/** OpenAI's parameters with a value that asks for something. */
const asking: readonly (readonly [name: string, value: unknown])[] = [
  ['temperature', 0.5],
  ['temperature', 0],
  ['top_p', 0.9],
  ['n', 2],
  ['stop', 'END'],
  ['stop', ['END', 'STOP']],
  ['max_tokens', 100],
  ['max_completion_tokens', 100],
  ['presence_penalty', 0.5],
  ['frequency_penalty', -0.5],
  ['seed', 0],
  ['logit_bias', { '50256': -100 }],
  ['logprobs', true],
  ['top_logprobs', 2],
  ['response_format', { type: 'json_object' }],
  ['response_format', { type: 'json_schema', json_schema: { name: 'answer', schema: {} } }],
  ['tool_choice', 'none'],
  ['tool_choice', 'required'],
  ['tool_choice', { type: 'function', function: { name: 'add' } }],
  ['parallel_tool_calls', false],
  ['functions', [{ name: 'add', parameters: {} }]],
  ['function_call', { name: 'add' }],
  ['reasoning_effort', 'low'],
  ['verbosity', 'low'],
  ['thinking', { type: 'enabled', budget_tokens: 1024 }],
  ['modalities', ['text', 'audio']],
  ['audio', { voice: 'alloy', format: 'mp3' }],
  ['prediction', { type: 'content', content: 'Hi' }],
  ['web_search_options', {}],
  ['store', true],
  ['service_tier', 'priority'],
];

const nothings: readonly (readonly [name: string, value: unknown])[] = [
  ['temperature', 1],
  ['top_p', 1],
  ['n', 1],
  ['stop', []],
  ['presence_penalty', 0],
  ['frequency_penalty', 0],
  ['logit_bias', {}],
  ['logprobs', false],
  ['response_format', { type: 'text' }],
  ['tools', []],
  ['tool_choice', 'auto'],
  ['parallel_tool_calls', true],
  ['functions', []],
  ['function_call', 'auto'],
  ['modalities', ['text']],
  ['store', false],
  ['service_tier', 'auto'],
  ['stream', false],
  ['drop_params', false],
  ['allowed_openai_params', []],
  ['num_retries', 0],
  ['max_retries', 3],
  ['timeout', 30],
  ['stream_timeout', 30],
  ['input_cost_per_token', 0],
];

const hints: readonly (readonly [name: string, value: unknown])[] = [
  ['user', secret],
  ['metadata', { user_id: secret, tags: ['a'] }],
  ['safety_identifier', secret],
  ['prompt_cache_key', secret],
  ['prompt_cache_retention', '24h'],
  ['stream_options', { include_usage: true }],
  ['litellm_call_id', secret],
  ['litellm_trace_id', secret],
  ['litellm_metadata', { a: 1 }],
  ['model_info', { id: 'x' }],
  ['no-log', true],
  ['tags', ['a']],
  ['custom_llm_provider', 'bedrock'],
  ['proxy_server_request', {}],
];

describe.each(services)('$service', ({ model, plain }) => {
  it.each(nothings)("OpenAI's own default of %s (%j) asks for nothing and is not sent", async (name, value) => {
    expect(await send(model, { [name]: value })).toEqual(plain);
  });

  const nullable = [...new Set([...asking, ...nothings, ...hints].map(([name]) => name))];
  const others = [
    'api_base_of_nobody',
    'tools',
    'signal',
    'extra_headers',
    'extra_body',
    'litellm_session_id',
    'sessionId',
    'sessionID',
    'runtimeSessionId',
    'api_key',
    'aws_session_token',
    'aws_profile_name',
    'aws_region_name',
    'max_response_bytes',
    'fallbacks',
    'mock_response',
    'enableTrace',
    'qualifier',
    'anything_of_the_caller',
  ];
  it.each([...nullable, ...others])('%s: null asks for nothing and is not sent', async (name) => {
    expect(await send(model, { [name]: null })).toEqual(plain);
  });

  it.each(hints)('the hint %s is accepted and not sent', async (name, value) => {
    expect(await send(model, { [name]: value })).toEqual(plain);
    expect(JSON.stringify(aws.received)).not.toContain(secret);
  });

  it('all defaults, nulls and hints at once are still the plainest request', async () => {
    const everything = { ...Object.fromEntries(others.map((name) => [name, null])), ...Object.fromEntries(nothings) };
    expect(await send(model, { ...everything, ...Object.fromEntries(hints) })).toEqual(plain);
  });

  it.each(asking)('%s: %j is refused by name before anything is sent', async (name, value) => {
    const error = await refuse({ ...reach(aws.url), model, messages, [name]: value });
    expect(error).toBeInstanceOf(UnsupportedParamsError);
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({
      name: 'UnsupportedParamsError',
      status: 400,
      type: 'invalid_request_error',
      code: 'unsupported_parameter',
      param: name,
      llm_provider: 'bedrock',
      model,
    });
    expect(error.message).toContain(`\`${name}\``);
    expect(error.message).toContain('drop_params');
    expect(error.message).toContain('allowed_openai_params');
  });

  it.each(asking)('%s: %j is left out with drop_params', async (name, value) => {
    expect(await send(model, { [name]: value, drop_params: true })).toEqual(plain);
  });

  it.each(asking)('%s: %j is a custom parameter with allowed_openai_params', async (name, value) => {
    const body = await send(model, { [name]: value, allowed_openai_params: [name] });
    const attribute = typeof value === 'string' ? value : JSON.stringify(value);
    expect(body).toEqual(
      model === agentModel
        ? { ...plain, sessionState: { promptSessionAttributes: { [name]: attribute } } }
        : { ...plain, [name]: value },
    );
  });

  it('several unsupported parameters are all named in one error', async () => {
    const error = await refuse({ ...reach(aws.url), model, messages, temperature: 0.5, top_p: 0.9, n: 1, seed: 7 });
    expect(error.message).toContain('`temperature`, `top_p`, `seed`');
    expect(error.message).not.toContain('`n`');
    expect(error.param).toBe('temperature');
  });

  it('allowed_openai_params lets only the names through that it holds', async () => {
    const parameters = { temperature: 0.5, top_p: 0.9, allowed_openai_params: ['temperature'] };
    const error = await refuse({ ...reach(aws.url), model, messages, ...parameters });
    expect(error).toMatchObject({ name: 'UnsupportedParamsError', param: 'top_p' });
  });

  it('drop_params with allowed_openai_params drops the rest', async () => {
    const parameters = { temperature: 0.5, seed: 7, allowed_openai_params: ['seed'], drop_params: true };
    const body = await send(model, parameters);
    expect(JSON.stringify(body)).toContain('"seed"');
    expect(JSON.stringify(body)).not.toContain('temperature');
  });
});

describe('null inside a structure', () => {
  const ask = (part: object) => [
    { role: 'user', content: [{ type: 'text', text: 'See' }, part] },
    { role: 'assistant', content: 'Seen', refusal: null, audio: null, tool_calls: null, function_call: null },
    { role: 'user', content: prompt, name: null },
  ];
  const tool = (more: object) => [{ type: 'function', function: { name: 'add', ...more } }];

  it.each([
    ['detail', { messages: ask({ type: 'image_url', image_url: { url: 'https://example.com/x', detail: null } }) }],
    ['strict', { tools: tool({ strict: null }) }],
  ])('asks for nothing, as clients with typed models write it: %s', async (_, parameters) => {
    expect(await send(agentModel, parameters)).toMatchObject({ inputText: prompt });
  });

  // Fail with "expected …, got null": optional there means absent or right.
  it.each([
    ['include_usage', { stream_options: { include_usage: null } }],
    ['description', { tools: tool({ description: null }) }],
    ['parameters', { tools: tool({ parameters: null }) }],
    ['filename', { messages: ask({ type: 'file', file: { file_id: 'f', filename: null } }) }],
    ['file_id', { messages: ask({ type: 'file', file: { file_id: null, filename: 'f' } }) }],
  ])('asks for nothing there either: %s', async (_, parameters) => {
    expect(await send(agentModel, parameters)).toMatchObject({ inputText: prompt });
  });
});

describe('tools', () => {
  const tools = [{ type: 'function', function: { name: 'add', description: 'Adds.', parameters: { type: 'object' } } }];

  it('say on agents what the caller can run, and are not sent', async () => {
    expect(await send(agentModel, { tools, tool_choice: 'auto' })).toEqual({ inputText: prompt, enableTrace: true });
  });

  it('are refused on AgentCore, whose payload has no place for them', async () => {
    const error = await refuse({ ...reach(aws.url), model: runtimeModel, messages, tools });
    expect(error).toMatchObject({ name: 'UnsupportedParamsError', param: 'tools', code: 'unsupported_parameter' });
    expect(error.message).toContain('`tools`');
  });

  it('are left out on AgentCore with drop_params', async () => {
    expect(await send(runtimeModel, { tools, drop_params: true })).toEqual({ prompt });
  });

  it("of a service's own are refused by the services that have none", async () => {
    const own = { ...reach(aws.url), messages, tools: [...tools, { type: 'remote_mcp', name: 'docs' }] };
    const onAgents = await refuse({ ...own, model: agentModel });
    expect(onAgents).toMatchObject({ name: 'BadRequestError', param: 'tools.1.type' });
    expect(onAgents.message).toContain('expected one of `function`');
    const onAgentCore = await refuse({ ...own, model: runtimeModel, tools: own.tools.slice(1) });
    expect(onAgentCore).toMatchObject({ name: 'UnsupportedParamsError', param: 'tools' });
  });

  // Fails until `tools` is treated as the error message that names it promises.
  it('are a custom parameter on AgentCore with allowed_openai_params', async () => {
    expect(await send(runtimeModel, { tools, allowed_openai_params: ['tools'] })).toEqual({ prompt, tools });
  });
});

describe("names of LiteLLM's that are not built", () => {
  // `all_litellm_params` of litellm/types/utils.py, the signature of completion(), Router and config.yaml.
  const unbuilt = [
    'allowed_fails',
    'allowed_model_region',
    'api_version',
    'base_model',
    'budget_duration',
    'cache',
    'caching',
    'callbacks',
    'client',
    'complete_response',
    'context_window_fallback_dict',
    'cooldown_time',
    'deployment_id',
    'ensure_alternating_roles',
    'force_timeout',
    'forward_multimodal_content',
    'guardrails',
    'input_cost_per_second',
    'litellm_credential_name',
    'max_budget',
    'max_parallel_requests',
    'merge_reasoning_content_in_choices',
    'mock_testing_fallbacks',
    'model_list',
    'order',
    'prompt_id',
    'provider_specific_header',
    'routing_strategy',
    'rpm',
    'shared_session',
    'supports_system_message',
    'tpm',
    'use_litellm_proxy',
    'weight',
    // The ways to authenticate of base_aws_llm.py.
    'aws_bedrock_client',
    'aws_name_that_nobody_has_made',
  ];
  const models = services.map(({ model }) => model);
  const table = unbuilt.flatMap((name) => models.map((model) => [name, model] as const));

  it.each(table)('%s is a clear error and reaches no agent (%s)', async (name, model) => {
    const error = await refuse({ ...reach(aws.url), model, messages, [name]: secret });
    expect(error).toMatchObject({ name: 'BadRequestError', status: 400, param: name, model });
    expect(error.message).toContain(name);
    expect(error.message).toMatch(/\.$/);
    expect(error.message).not.toContain(secret);
  });

  const forgotten = [
    'aimg_generation',
    'atext_completion',
    'azure_ad_token_provider',
    'enable_pre_call_checks',
    'langfuse_public_key',
    'langfuse_secret_key',
    'langsmith_api_key',
    'redis_host',
    'redis_password',
    'turn_off_message_logging',
  ];
  it.each(forgotten)('%s is a clear error and reaches no agent', async (name) => {
    const error = await refuse({ ...reach(aws.url), model: agentModel, messages, [name]: secret });
    expect(error).toMatchObject({ name: 'BadRequestError', param: name });
  });

  it('the same name reaches an AgentCore agent through extra_body', async () => {
    const extra_body = { fallbacks: ['b'], id: 7 };
    expect(await send(runtimeModel, { extra_body })).toEqual({ prompt, ...extra_body });
  });
});

describe('wrong parameters', () => {
  const wrong: readonly (readonly [place: string, parameters: object, says: string])[] = [
    ['stream', { stream: secret }, 'expected boolean, got string'],
    ['stream', { stream: 1 }, 'expected boolean, got number'],
    ['stream_options', { stream_options: secret }, 'expected object, got string'],
    ['stream_options.include_usage', { stream_options: { include_usage: secret } }, 'expected boolean, got string'],
    ['tools', { tools: secret }, 'expected array, got string'],
    ['tools.0', { tools: [secret] }, 'expected object, got string'],
    ['tools.0.type', { tools: [{ type: secret, function: { name: 'add' } }] }, 'expected one of `function`'],
    ['tools.0.function', { tools: [{ type: 'function' }] }, 'expected object, got nothing'],
    ['tools.0.function.name', { tools: [{ type: 'function', function: {} }] }, 'expected string, got nothing'],
    ['tools.0.function.name', { tools: [{ type: 'function', function: { name: '' } }] }, 'expected at least 1'],
    [
      'tools.1.function.parameters',
      {
        tools: [
          { type: 'function', function: { name: 'a' } },
          { type: 'function', function: { name: 'b', parameters: secret } },
        ],
      },
      'expected',
    ],
    ['timeout', { timeout: secret }, 'expected number, got string'],
    ['timeout', { timeout: -1 }, 'expected more than 0'],
    ['timeout', { timeout: NaN }, 'expected number'],
    ['stream_timeout', { stream_timeout: 0 }, 'expected more than 0'],
    ['num_retries', { num_retries: 1.5 }, 'expected'],
    ['num_retries', { num_retries: -1 }, 'expected at least 0'],
    ['max_retries', { max_retries: secret }, 'expected number, got string'],
    ['retry_policy', { retry_policy: { RateLimitErrors: 3 } }, '`RateLimitErrors` is not known here'],
    ['retry_policy.RateLimitErrorRetries', { retry_policy: { RateLimitErrorRetries: -1 } }, 'expected at least 0'],
    ['fallbacks', { fallbacks: agentModel }, 'expected array, got string'],
    ['fallbacks.0', { fallbacks: [7] }, 'got number'],
    ['fallbacks.1.messages', { fallbacks: [agentModel, { messages }] }, 'a fallback answers the same messages'],
    ['fallbacks.0.fallbacks', { fallbacks: [{ fallbacks: [agentModel] }] }, 'none of its own'],
    ['fallbacks.0.temperature', { fallbacks: [{ temperature: secret }] }, 'expected number, got string'],
    ['fallbacks.0.routing_strategy', { fallbacks: [{ routing_strategy: secret }] }, 'does not support'],
    ['context_window_fallbacks', { context_window_fallbacks: {} }, 'expected array, got object'],
    ['mock_response', { mock_response: 7 }, 'expected a text, an error or a completion'],
    ['mock_response', { mock_response: { choices: [] } }, 'expected a text, an error or a completion'],
    ['mock_tool_calls.0.function', { mock_tool_calls: [{ id: 'a' }] }, 'expected object, got nothing'],
    ['mock_delay', { mock_delay: -1 }, 'expected at least 0'],
    ['mock_timeout', { mock_timeout: secret }, 'expected boolean, got string'],
    ['additional_drop_params', { additional_drop_params: secret }, 'expected array, got string'],
    ['drop_params', { drop_params: secret }, 'expected boolean, got string'],
    ['allowed_openai_params', { allowed_openai_params: secret }, 'expected array, got string'],
    ['allowed_openai_params.1', { allowed_openai_params: ['n', 7] }, 'expected string, got number'],
    ['input_cost_per_token', { input_cost_per_token: secret }, 'expected number, got string'],
    ['signal', { signal: secret }, 'signal'],
    ['metadata', { metadata: secret }, 'expected'],
    ['litellm_session_id', { litellm_session_id: 7 }, 'expected string, got number'],
    ['sessionId', { sessionId: 7 }, 'expected string, got number'],
    ['sessionID', { sessionID: ['s-1'] }, 'expected string, got array'],
    ['extra_body', { extra_body: secret }, 'expected'],
    ['extra_body', { extra_body: [secret] }, 'expected'],
    ['temperature', { temperature: secret }, 'expected number, got string'],
    ['top_p', { top_p: [1] }, 'expected number, got array'],
    ['n', { n: 0 }, 'expected'],
    ['n', { n: 1.5 }, 'expected'],
    ['stop', { stop: { text: secret } }, 'got object'],
    ['max_tokens', { max_tokens: -5 }, 'expected at least 0'],
    ['seed', { seed: secret }, 'expected number, got string'],
    ['api_base', { api_base: 'localhost:4100' }, 'http://'],
    ['api_base', { api_base: 7 }, 'expected string, got number'],
    ['aws_region_name', { aws_region_name: 'us west 2' }, 'expected a region'],
    ['aws_region_name', { aws_region_name: 7 }, 'expected string, got number'],
    ['extra_headers', { extra_headers: { 'x-a': 7 } }, 'extra_headers.x-a: expected string, got number'],
    ['extra_headers', { extra_headers: secret }, 'expected object, got string'],
    ['max_response_bytes', { max_response_bytes: -1 }, 'expected a positive number'],
    ['max_response_bytes', { max_response_bytes: secret }, 'expected a positive number'],
    ['aws_secret_access_key', { aws_secret_access_key: undefined }, 'is missing'],
    ['aws_access_key_id', { aws_access_key_id: undefined }, 'is missing'],
    ['aws_access_key_id', { aws_access_key_id: '' }, 'expected a string that is not empty'],
    ['aws_session_token', { aws_session_token: 7 }, 'expected a string that is not empty'],
    ['enableTrace', { enableTrace: secret }, 'expected boolean, got string'],
    ['endSession', { endSession: 'true' }, 'expected boolean, got string'],
    ['sessionState', { sessionState: secret }, 'expected object, got string'],
    ['sessionState', { sessionState: [] }, 'expected object, got array'],
    ['memoryId', { memoryId: 7 }, 'expected string, got number'],
    ['model', { model: 7 }, 'expected string, got number'],
    ['model', { model: undefined }, 'expected string, got nothing'],
    ['model', { model: 'gpt-4o' }, 'bedrock/agent/{AGENT_ID}/{ALIAS_ID}'],
    ['model', { model: '' }, 'bedrock/agent/'],
    ['model', { model: 'bedrock/agent/ABC' }, 'bedrock/agent/{AGENT_ID}/{ALIAS_ID}'],
    ['model', { model: 'bedrock/agent/A/B/C' }, 'bedrock/agent/{AGENT_ID}/{ALIAS_ID}'],
    ['model', { model: 'bedrock/agent/A/../B' }, 'bedrock/agent/{AGENT_ID}/{ALIAS_ID}'],
    ['model', { model: 'bedrock/agentcore' }, 'bedrock/agentcore/'],
    ['model', { model: 'bedrock/agentcore/not-an-arn' }, 'ARN'],
    ['model', { model: 'bedrock/agentcore/arn:aws:lambda:us-west-2:123456789012:function/x' }, 'ARN'],
    ['messages', { messages: undefined }, 'expected array, got nothing'],
    ['messages', { messages: null }, 'expected array, got null'],
    ['messages', { messages: prompt }, 'expected array, got string'],
    ['messages', { messages: [] }, 'expected at least 1'],
    ['messages.0', { messages: [prompt] }, 'expected object, got string'],
    ['messages.0', { messages: [null] }, 'expected object, got null'],
    ['messages.0.role', { messages: [{ content: prompt }] }, 'got nothing'],
    ['messages.0.role', { messages: [{ role: 'User', content: prompt }] }, 'got string'],
    ['messages.1.role', { messages: [...messages, { role: secret, content: prompt }] }, 'got string'],
    ['messages.0.content', { messages: [{ role: 'user' }] }, 'got nothing'],
    ['messages.0.content', { messages: [{ role: 'user', content: null }] }, 'got null'],
    ['messages.0.content', { messages: [{ role: 'user', content: { text: prompt } }] }, 'got object'],
    ['messages.0.content', { messages: [{ role: 'system', content: 7 }, ...messages] }, 'got number'],
    ['messages.1.tool_call_id', { messages: [...messages, { role: 'tool', content: secret }] }, 'got nothing'],
    [
      'messages.1.tool_call_id',
      { messages: [...messages, { role: 'tool', tool_call_id: secret, content: secret }] },
      'tool_calls',
    ],
    [
      'messages.2.tool_call_id',
      {
        messages: [
          ...messages,
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'a', type: 'function', function: { name: 'add', arguments: '{}' } }],
          },
          { role: 'tool', tool_call_id: secret, content: secret },
        ],
      },
      'tool_calls',
    ],
    [
      'messages.1.tool_calls.0.function.arguments',
      {
        messages: [
          ...messages,
          { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'add', arguments: {} } }] },
        ],
      },
      'expected string, got object',
    ],
    [
      'messages.1.tool_calls.0.id',
      {
        messages: [
          ...messages,
          { role: 'assistant', tool_calls: [{ type: 'function', function: { name: 'add', arguments: '' } }] },
        ],
      },
      'expected string, got nothing',
    ],
    ['messages', { messages: [{ role: 'user', content: '' }] }, 'nothing new'],
    ['messages', { messages: [{ role: 'user', content: [] }] }, 'nothing new'],
    ['messages', { messages: [{ role: 'system', content: secret }] }, 'nothing new'],
    ['messages', { messages: [...messages, { role: 'assistant', content: secret }] }, 'nothing new'],
  ];

  it.each(wrong)('%s is refused by a sentence that names the place (case %#)', async (place, parameters, says) => {
    const error = await refuse({ ...reach(aws.url), model: agentModel, messages, ...parameters });
    expect(error).toMatchObject({ name: 'BadRequestError', status: 400, type: 'invalid_request_error', param: place });
    expect(error.message).toContain(says);
    expect(error.message).toMatch(/\.$/);
    if (place.startsWith('messages.')) expect(error.message).toContain(place.replace(/\.tool_call_id$/, ''));
    expect(error.message).not.toContain(secret);
    expect(error.message).not.toContain('PROMPT-TEXT');
    expect(error.stack).not.toContain(secret);
  });

  const parts: readonly (readonly [part: unknown, place: string])[] = [
    [secret, 'messages.0.content.1'],
    [{ text: secret }, 'messages.0.content.1.type'],
    [{ type: secret }, 'messages.0.content.1.type'],
    [{ type: 'text' }, 'messages.0.content.1.text'],
    [{ type: 'text', text: 7 }, 'messages.0.content.1.text'],
    [{ type: 'image_url', image_url: secret }, 'messages.0.content.1.image_url'],
    [{ type: 'image_url', image_url: {} }, 'messages.0.content.1.image_url.url'],
    [{ type: 'input_audio', input_audio: { format: 'mp3' } }, 'messages.0.content.1.input_audio.data'],
    [{ type: 'file' }, 'messages.0.content.1.file'],
  ];
  const withPart = (part: unknown) => [{ role: 'user', content: [{ type: 'text', text: prompt }, part] }];

  it.each(parts)('the bad part %j is refused where the content stands', async (part) => {
    const error = await refuse({ ...reach(aws.url), model: agentModel, messages: withPart(part) });
    expect(error).toMatchObject({ name: 'BadRequestError', status: 400 });
    expect(error.param).toMatch(/^messages\.0\.content/);
    expect(error.message).toContain('messages.0.content');
    expect(error.message).not.toContain(secret);
  });

  // Fails until the issues inside a union are looked into.
  it.each(parts)('the bad part %j is named itself: %s', async (part, place) => {
    const error = await refuse({ ...reach(aws.url), model: agentModel, messages: withPart(part) });
    expect(error.param).toBe(place);
  });

  // Fails with "expected number, got number."
  it.each([{ timeout: Infinity }, { temperature: NaN }])(
    'a number that is none is not called one: %o',
    async (parameters) => {
      const { message } = await refuse({ ...reach(aws.url), model: agentModel, messages, ...parameters });
      expect(message).not.toContain('got number');
    },
  );

  // Fails with an APIConnectionError, "the connection to AWS was lost", or with the header `0`.
  it.each([
    ['api_base', { api_base: 'http://exa mple' }],
    ['extra_headers', { extra_headers: { 'x a': 'b' } }],
    ['extra_headers', { extra_headers: ['x-a'] }],
  ])('%s that no HTTP request can have is the fault of the request: %o', async (param, parameters) => {
    const error = await refuse({ ...reach(aws.url), model: agentModel, messages, ...parameters });
    expect(error).toMatchObject({ name: 'BadRequestError', param });
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'bedrock/agent/A/B'],
    ['an array', []],
  ])('%s instead of parameters is refused', async (_, parameters) => {
    const error = await refuse(parameters);
    expect(error).toMatchObject({ name: 'BadRequestError', status: 400 });
    expect(error.message).toMatch(/^The parameters: expected object, got .*\.$/);
  });

  it('a stream is refused as a whole answer is: the promise rejects before there is a stream', async () => {
    const error = await refuse({ ...reach(aws.url), model: agentModel, messages: [], stream: true });
    expect(error).toMatchObject({ name: 'BadRequestError', param: 'messages' });
  });

  // Fails with a TypeError of JSON.stringify.
  it.each(services)('a custom parameter that JSON cannot hold is refused by name ($service)', async ({ model }) => {
    const error = await refuse({ ...reach(aws.url), model, messages, account: 10n });
    expect(error).toMatchObject({ name: 'BadRequestError', param: 'account' });
  });
});
