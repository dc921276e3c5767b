import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { APIError, completion, type CompletionParameters } from '../../src/index.ts';
import { awsException, startLocalBedrock, type LocalAgent, type LocalAgentRequest } from '../../src/local.ts';
import { reach, runtimeArn, runtimeModel } from '../support/models.ts';

const model = 'bedrock/agent/MAIN/LIVE';
const spare = 'bedrock/agent/SPARE/LIVE';
const third = 'bedrock/agent/THIRD/LIVE';
const messages = [{ role: 'user', content: 'Hi' }] as const;
const conversation = [
  { role: 'user', content: 'My name is Ada.' },
  { role: 'assistant', content: 'Hello Ada.' },
  { role: 'user', content: 'What is my name?' },
] as const;

/** What went wrong with the main agent, and whoever was asked. */
let failure: Error | undefined;
const asked: LocalAgentRequest[] = [];
const payloads: unknown[] = [];
beforeEach(() => {
  failure = awsException('InternalServerException', 'It broke.');
  asked.splice(0);
  payloads.splice(0);
});

/* eslint-disable @typescript-eslint/require-await -- nothing to wait for here */
const answer = (text: string): LocalAgent =>
  async function* (request) {
    asked.push(request);
    yield text;
  };
const aws = await startLocalBedrock({
  agents: {
    'MAIN/LIVE': async function* (request) {
      asked.push(request);
      if (failure) throw failure;
      yield 'main';
    },
    'SPARE/LIVE': answer('spare'),
    'THIRD/LIVE': answer('third'),
    'BROKEN/LIVE': async function* (request) {
      asked.push(request);
      yield* [];
      throw awsException('ThrottlingException', 'Slow down.');
    },
  },
  runtimes: {
    [runtimeArn]: ({ payload, sessionId }) => {
      payloads.push({ payload, sessionId });
      return { result: 'runtime' };
    },
  },
});
afterAll(aws.close);

function ask(parameters: Partial<CompletionParameters>) {
  return completion({ ...reach(aws.url), model, messages, ...parameters, stream: false });
}

async function refuse(parameters: Partial<CompletionParameters>): Promise<APIError> {
  const error: unknown = await ask(parameters).then(
    () => expect.unreachable('it was answered'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(APIError);
  return error as APIError;
}

describe('fallbacks', () => {
  it('are not asked when the agent answers', async () => {
    failure = undefined;
    const { choices, _hidden_params, model: answered } = await ask({ fallbacks: [spare] });
    expect([choices[0]?.message.content, answered]).toEqual(['main', model]);
    expect(_hidden_params).toMatchObject({ attempted_fallbacks: 0, attempted_retries: 0 });
    expect(asked).toHaveLength(1);
  });

  it('answer in their order, and the completion says who it was', async () => {
    const response = await ask({ fallbacks: ['bedrock/agent/BROKEN/LIVE', third, spare] });
    expect(response.choices[0]?.message.content).toBe('third');
    expect(response.model).toBe(third);
    expect(response._hidden_params).toMatchObject({ attempted_fallbacks: 2 });
    expect(asked.map(({ agentId }) => agentId)).toEqual(['MAIN', 'BROKEN', 'THIRD']);
  });

  it('stream what they answer', async () => {
    const stream = await completion({ ...reach(aws.url), model, messages, fallbacks: [spare], stream: true });
    const answered = await stream.finalChatCompletion();
    expect([answered.choices[0]?.message.content, answered.model]).toEqual(['spare', spare]);
    expect(stream._hidden_params.attempted_fallbacks).toBe(1);
  });

  it('may be parameters that differ', async () => {
    const response = await ask({
      topic: 'weather',
      input_cost_per_token: 1,
      fallbacks: [{ model: runtimeModel, topic: 'news', enableTrace: null, input_cost_per_token: 0 }],
    });
    expect(response.choices[0]?.message.content).toBe('runtime');
    expect(payloads).toMatchObject([{ payload: { prompt: 'Hi', topic: 'news' } }]);
    expect(response._hidden_params.response_cost).toBe(0);
  });

  it('may be maps from a model to its fallbacks, as routers have them', async () => {
    const named = await ask({ fallbacks: [{ [third]: [third] }, { [model]: [spare] }, { '*': [third] }] });
    expect(named.choices[0]?.message.content).toBe('spare');
    const byDefault = await ask({ fallbacks: [{ [third]: [third] }, { '*': [model, third] }] });
    expect(byDefault.choices[0]?.message.content).toBe('third');
  });

  it('are each asked once, and never the agent itself', async () => {
    const broken = 'bedrock/agent/BROKEN/LIVE';
    failure = awsException('ValidationException', tooLong);
    await refuse({ fallbacks: [model, broken, broken], context_window_fallbacks: [broken, model] });
    expect(asked.map(({ agentId }) => agentId)).toEqual(['MAIN', 'BROKEN']);
  });

  it('may be parameters that are lists, which are no maps', async () => {
    await refuse({ fallbacks: [{ colours: ['red'] }] });
    expect(asked.map(({ sessionState }) => sessionState)).toMatchObject([{}, { promptSessionAttributes: {} }]);
  });

  it.each([['b'], [[5]], [{ model: spare }]])('in a map are lists of agents: %o', async (wrong) => {
    expect(await refuse({ fallbacks: [{ [model]: wrong }] })).toMatchObject({ status: 400, param: 'fallbacks' });
    expect(asked).toEqual([]);
  });

  it('are retried like the agent itself', async () => {
    const { attempts, message, name } = await refuse({ num_retries: 1, fallbacks: ['bedrock/agent/BROKEN/LIVE'] });
    expect(name).toBe('InternalServerError');
    expect(attempts).toEqual([
      { model, name: 'InternalServerError', status: 500 },
      { model: 'bedrock/agent/BROKEN/LIVE', name: 'RateLimitError', status: 429 },
      { model: 'bedrock/agent/BROKEN/LIVE', name: 'RateLimitError', status: 429 },
    ]);
    expect(message).toContain(
      `It broke. Tried: ${model}: InternalServerError 500; bedrock/agent/BROKEN/LIVE: RateLimitError 429 (2 times).`,
    );
  });

  it('are checked before anything is sent', async () => {
    expect(await refuse({ fallbacks: ['gpt-4o'] })).toMatchObject({ name: 'BadRequestError', param: 'model' });
    expect(await refuse({ fallbacks: [{ timeout: -1 }] })).toMatchObject({ param: 'fallbacks.0.timeout' });
    expect(asked).toEqual([]);
  });

  it('are not asked after an abort', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const waiting = ask({ mock_delay: 30, mock_response: 'late', signal: controller.signal, fallbacks: [spare] });
    setTimeout(() => controller.abort(reason), 20);
    await expect(waiting).rejects.toBe(reason);
    expect(asked).toEqual([]);
  });
});

describe('a session', () => {
  it('stays behind when the turns hold the conversation, which then travels whole', async () => {
    const response = await ask({ messages: conversation, sessionId: 'ada-1', fallbacks: [spare] });
    const [main, other] = asked;
    expect(main?.sessionId).toBe('ada-1');
    expect(main?.sessionState).toEqual({});
    expect(other?.sessionId).not.toBe('ada-1');
    expect(other?.turns).toMatchObject([{ inputText: 'My name is Ada.', answer: 'Hello Ada.' }]);
    expect(response._hidden_params.session_id).toBe(other?.sessionId);
  });

  it('keeps its name otherwise, so that the next turn can find it', async () => {
    await ask({ sessionId: 'ada-1', fallbacks: [spare] });
    expect(asked.map(({ sessionId }) => sessionId)).toEqual(['ada-1', 'ada-1']);
  });

  it('gets a name that another service takes', async () => {
    const { _hidden_params } = await ask({ sessionId: 'ada-1', fallbacks: [runtimeModel] });
    expect(_hidden_params.session_id).toMatch(/^session-[0-9a-f]{64}$/);
  });

  it('of a fallback itself is taken as it is', async () => {
    const metadata = { session_id: 'ada-1' };
    await ask({ messages: conversation, metadata, fallbacks: [{ model: spare, sessionId: 'spare-7' }] });
    expect(asked.map(({ sessionId }) => sessionId)).toEqual(['ada-1', 'spare-7']);
  });
});

const tooLong = 'The prompt is too long: 9000 tokens, at most 8000.';

describe('context_window_fallbacks', () => {
  it('are asked first when the conversation is too long', async () => {
    failure = awsException('ValidationException', tooLong);
    const response = await ask({ fallbacks: [spare], context_window_fallbacks: [third] });
    expect(response.choices[0]?.message.content).toBe('third');
  });

  it('are followed by the fallbacks', async () => {
    failure = awsException('ValidationException', tooLong);
    const response = await ask({ fallbacks: [spare], context_window_fallbacks: ['bedrock/agent/BROKEN/LIVE'] });
    expect(response.choices[0]?.message.content).toBe('spare');
  });

  it('are not asked after other errors', async () => {
    await refuse({ context_window_fallbacks: [third], content_policy_fallbacks: [third] });
    expect(asked).toHaveLength(1);
  });
});

it('content_policy_fallbacks are asked first when the content was refused', async () => {
  const mocked = { mock_response: 'litellm.ContentPolicyViolationError' };
  const response = await ask({
    ...mocked,
    fallbacks: [spare],
    content_policy_fallbacks: [{ model: third, mock_response: null }],
  });
  expect(response.choices[0]?.message.content).toBe('third');
});

describe('retry_policy', () => {
  it('repeats the errors of a class as often as it says, also those that are not repeated by themselves', async () => {
    await refuse({ retry_policy: { InternalServerErrorRetries: 2 } });
    expect(asked).toHaveLength(3);
  });

  it('wins over num_retries for its class, and only there', async () => {
    failure = awsException('ThrottlingException', 'Slow down.');
    await refuse({ num_retries: 3, retry_policy: { RateLimitErrorRetries: 0 } });
    expect(asked).toHaveLength(1);
    await refuse({ num_retries: 1, retry_policy: { InternalServerErrorRetries: 0 } });
    expect(asked).toHaveLength(3);
  });

  it('of a class is that of its kinds', async () => {
    failure = awsException('ValidationException', tooLong);
    const { name } = await refuse({ retry_policy: { BadRequestErrorRetries: 1 } });
    expect([name, asked.length]).toEqual(['ContextWindowExceededError', 2]);
  });

  it('tells how often it was tried', async () => {
    failure = awsException('ThrottlingException', 'Slow down.');
    const { message } = await refuse({ num_retries: 1 });
    expect(message).toMatch(new RegExp(`Slow down\\. Tried: ${model}: RateLimitError 429 \\(2 times\\)\\.$`));
  });
});
