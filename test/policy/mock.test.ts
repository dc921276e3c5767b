import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  type ChatCompletion,
  completion,
  type CompletionParameters,
  InternalServerError,
  RateLimitError,
} from '../../src/index.ts';
import { agentModel, runtimeModel } from '../support/models.ts';

/** No server anywhere: whatever is sent fails with an `APIConnectionError`. */
const nowhere = { api_base: 'http://127.0.0.1:9', aws_access_key_id: 'a', aws_secret_access_key: 's' };
const messages = [{ role: 'user', content: 'Hi' }] as const;

const ask = (parameters: Partial<CompletionParameters>) =>
  completion({ ...nowhere, model: agentModel, messages, ...parameters, stream: false });
const stream = (parameters: Partial<CompletionParameters>) =>
  completion({ ...nowhere, model: agentModel, messages, ...parameters, stream: true });

describe.each([agentModel, runtimeModel])('a mock of %s', (model) => {
  it('answers with a text, and nothing is sent', async () => {
    const { choices, usage, ...rest } = await ask({ model, mock_response: 'Hello there' });
    expect(choices).toMatchObject([{ message: { role: 'assistant', content: 'Hello there' }, finish_reason: 'stop' }]);
    expect(usage).toEqual({ prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 });
    expect(rest.model).toBe(model);
  });

  it('streams its text piece by piece', async () => {
    const pieces: string[] = [];
    let finish: string | null | undefined;
    for await (const { choices } of await stream({ model, mock_response: ' Hello  there, you ' })) {
      const { content } = choices[0]?.delta ?? {};
      if (content !== undefined) pieces.push(content);
      finish = choices[0]?.finish_reason;
    }
    expect(pieces.join('')).toBe(' Hello  there, you ');
    expect(pieces.length).toBeGreaterThan(2);
    expect(finish).toBe('stop');
  });
});

it('an empty text is an empty answer', async () => {
  expect((await ask({ mock_response: '' })).choices[0]).toMatchObject({ message: { content: '' } });
});

it('a completion is the answer with all that an agent can say', async () => {
  const original: ChatCompletion = await ask({ mock_response: 'Hello', mock_tool_calls: [] });
  const calls = [{ id: 'call_1', type: 'function' as const, function: { name: 'add', arguments: '{"a":1}' } }];
  const mock_response = {
    ...original,
    choices: [{ message: { content: 'So', reasoning_content: 'Hm', tool_calls: calls }, finish_reason: 'tool_calls' }],
    usage: { prompt_tokens: 3, completion_tokens: 4 },
  };
  const { choices, usage } = await ask({ mock_response });
  expect(choices).toMatchObject([
    { message: { content: 'So', reasoning_content: 'Hm', tool_calls: calls }, finish_reason: 'tool_calls' },
  ]);
  expect(usage).toEqual({ prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 });
});

it('tool calls are the answer with mock_tool_calls', async () => {
  const mock_tool_calls = [{ id: 'call_1', type: 'function' as const, function: { name: 'add', arguments: '{}' } }];
  const { choices } = await ask({ mock_tool_calls });
  expect(choices).toMatchObject([
    { message: { content: null, tool_calls: mock_tool_calls }, finish_reason: 'tool_calls' },
  ]);
  const streamed = await (await stream({ mock_tool_calls })).finalChatCompletion();
  expect(streamed.choices[0]?.message.tool_calls).toEqual(choices[0]?.message.tool_calls);
});

describe('an error', () => {
  it('is thrown with its class and its details, each time anew', async () => {
    const error = new RateLimitError('Slow down.', { retry_after: 0, code: 'ThrottlingException' });
    const asked = () => ask({ mock_response: error, num_retries: 1 }).catch((thrown: unknown) => thrown);
    const thrown = (await asked()) as RateLimitError;
    expect(thrown).toBeInstanceOf(RateLimitError);
    expect(thrown).toMatchObject({ status: 429, code: 'ThrottlingException', retry_after: 0 });
    expect(thrown.attempts).toHaveLength(2);
    expect(((await asked()) as Error).message).toBe(thrown.message);
    expect(error.message).toBe('Slow down.');
  });

  it('of any other kind is the cause of one of ours', async () => {
    const cause = new TypeError('boom');
    await expect(ask({ mock_response: cause })).rejects.toMatchObject({ name: 'APIError', status: 500, cause });
  });

  it.each([
    ['litellm.RateLimitError', 'RateLimitError', 429],
    ['litellm.ContextWindowExceededError', 'ContextWindowExceededError', 400],
    ['litellm.InternalServerError', 'InternalServerError', 500],
    ['litellm.Timeout', 'Timeout', 408],
    ['litellm.AuthenticationError: wrong key', 'AuthenticationError', 401],
    ['Exception: content_filter_policy', 'ContentPolicyViolationError', 400],
  ])('may be named as in LiteLLM: %s', async (mock_response, name, status) => {
    await expect(ask({ mock_response })).rejects.toMatchObject({ name, status });
    await expect(stream({ mock_response })).rejects.toMatchObject({ name, status });
  });

  it('in the middle of a stream comes after what was said', async () => {
    const asked = { mock_response: 'Exception: mock_streaming_error' };
    const said: unknown[] = [];
    await expect(async () => {
      for await (const chunk of await stream(asked)) said.push(chunk);
    }).rejects.toBeInstanceOf(InternalServerError);
    expect(said.length).toBeGreaterThan(0);
    await expect(ask(asked)).rejects.toBeInstanceOf(InternalServerError);
  });

  it('that LiteLLM does not have is a text', async () => {
    const { choices } = await ask({ mock_response: 'litellm.withModel' });
    expect(choices[0]?.message.content).toBe('litellm.withModel');
  });
});

describe('time', () => {
  it('passes before the answer with mock_delay', async () => {
    const began = performance.now();
    await ask({ mock_response: 'Hello', mock_delay: 0.1 });
    expect(performance.now() - began).toBeGreaterThan(95);
  });

  it('runs out with mock_timeout', async () => {
    const began = performance.now();
    await expect(ask({ mock_timeout: true, timeout: 0.1 })).rejects.toMatchObject({ name: 'Timeout', status: 408 });
    expect(performance.now() - began).toBeGreaterThan(95);
  });

  it('ends with the reason of an abort', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 20);
    await expect(ask({ mock_response: 'Hi', mock_delay: 30, signal: controller.signal })).rejects.toBe(reason);
    const streamed = await stream({ mock_response: 'a b c', signal: AbortSignal.timeout(20) });
    await sleep(30);
    await expect(streamed.finalChatCompletion()).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

it('a session is handed back as an agent would', async () => {
  const { _hidden_params } = await ask({ mock_response: 'Hi', litellm_session_id: 'ticket 1' });
  expect(_hidden_params.session_id).toBe('ticket 1');
  expect((await ask({ mock_response: 'Hi' }))._hidden_params.session_id).toMatch(/^session-/);
});
