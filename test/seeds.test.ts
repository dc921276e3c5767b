import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BadRequestError, completion } from '../src/index.ts';
import { startLocalBedrock, type LocalAgentRequest, type LocalRuntimeRequest } from '../src/local.ts';

// Every SDK line of LiteLLM's pages on Bedrock Agents and AgentCore, as TypeScript says it:
// https://docs.litellm.ai/docs/providers/bedrock_agents and https://docs.litellm.ai/docs/providers/bedrock_agentcore

const arn = 'arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my-agent-runtime';

const echo = await startLocalBedrock();
let agentRequest: LocalAgentRequest | undefined;
let runtimeRequest: LocalRuntimeRequest | undefined;
const noting = await startLocalBedrock({
  agents: {
    // eslint-disable-next-line @typescript-eslint/require-await -- a local agent is an async generator
    'L1RT58GYRW/MFPSBCXYTW': async function* (request) {
      agentRequest = request;
      yield 'Noted.';
    },
  },
  runtimes: {
    [arn]: (request) => {
      runtimeRequest = request;
      return { result: 'Noted.' };
    },
  },
});
const before = { ...process.env };
afterAll(async () => {
  process.env = before;
  await echo.close();
  await noting.close();
});

beforeEach(() => {
  agentRequest = undefined;
  runtimeRequest = undefined;
});

describe('Bedrock Agents', () => {
  beforeAll(() => void Object.assign(process.env, echo.env));

  it('Basic Agent Completion', async () => {
    const response = await completion({
      model: 'bedrock/agent/L1RT58GYRW/MFPSBCXYTW', // agent/{AGENT_ID}/{ALIAS_ID}
      messages: [
        {
          role: 'user',
          content: 'Hi, I need help with analyzing our Q3 sales data and generating a summary report',
        },
      ],
    });

    expect(response.choices[0]?.message.content).toContain(
      'Hi, I need help with analyzing our Q3 sales data and generating a summary report',
    );
    expect(`Response cost: $${response._hidden_params['response_cost'] ?? 'unknown'}`).toMatch(
      /^Response cost: \$\d\.?[\de.-]*$/,
    );
    expect(response._hidden_params.response_cost).toBeGreaterThan(0);
    expect(response.model).toBe('bedrock/agent/L1RT58GYRW/MFPSBCXYTW');
    expect(response.usage?.total_tokens).toBeGreaterThan(0);
  });

  it('Streaming Agent Responses', async () => {
    const response = await completion({
      model: 'bedrock/agent/L1RT58GYRW/MFPSBCXYTW',
      messages: [
        {
          role: 'user',
          content: 'Can you help me plan a marketing campaign and provide step-by-step execution details?',
        },
      ],
      stream: true,
    });

    const printed: string[] = [];
    for await (const chunk of response) {
      if (chunk.choices[0]?.delta.content) printed.push(chunk.choices[0].delta.content);
    }
    expect(printed.join('')).toContain('step-by-step execution details?');
    expect(printed.length).toBeGreaterThan(5);
  });

  it('the other model string of the page', async () => {
    const response = await completion({
      model: 'bedrock/agent/ABCD1234/LIVE',
      messages: [{ role: 'user', content: 'Analyze our customer data and suggest retention strategies' }],
    });
    expect(response.choices[0]?.message.content).toContain('retention strategies');
  });
});

describe('Bedrock Agents, Provider-specific Parameters', () => {
  beforeAll(() => void Object.assign(process.env, noting.env));
  const messages = [{ role: 'user', content: 'Hi who is ishaan cto of litellm, tell me 10 things about him' }] as const;

  it('Using custom parameters', async () => {
    const response = await completion({
      model: 'bedrock/agent/L1RT58GYRW/MFPSBCXYTW',
      messages,
      invocationId: 'my-test-invocation-id', // PROVIDER-SPECIFIC VALUE
    });
    expect(response.choices[0]?.message.content).toBe('Noted.');
    expect(agentRequest?.sessionState).toEqual({ invocationId: 'my-test-invocation-id' });
    expect(agentRequest?.inputText).toBe(messages[0].content);
    expect(agentRequest?.body).toEqual({
      inputText: messages[0].content,
      enableTrace: true,
      sessionState: { invocationId: 'my-test-invocation-id' },
    });
  });

  it('any non-openai parameters are passed to the agent as custom parameters', async () => {
    await completion({ model: 'bedrock/agent/L1RT58GYRW/MFPSBCXYTW', messages, department: 'sales' });
    expect(agentRequest?.sessionState).toEqual({ promptSessionAttributes: { department: 'sales' } });
  });
});

describe('Bedrock AgentCore', () => {
  beforeAll(() => void Object.assign(process.env, echo.env));

  it('Basic AgentCore Completion', async () => {
    const response = await completion({
      model: 'bedrock/agentcore/arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my-agent-runtime',
      messages: [
        {
          role: 'user',
          content: 'Explain machine learning in simple terms',
        },
      ],
    });

    expect(response.choices[0]?.message.content).toContain('Explain machine learning in simple terms');
    const usage = response.usage;
    expect(usage?.prompt_tokens).toBeGreaterThan(0);
    expect(usage?.completion_tokens).toBeGreaterThan(0);
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
    expect(response._hidden_params.usage_estimated).toBeUndefined();
  });

  it('Streaming AgentCore Responses', async () => {
    const response = await completion({
      model: 'bedrock/agentcore/arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my-agent-runtime',
      messages: [
        {
          role: 'user',
          content: 'What are the key principles of software architecture?',
        },
      ],
      stream: true,
    });

    const printed: string[] = [];
    for await (const chunk of response) {
      if (chunk.choices[0]?.delta.content) printed.push(chunk.choices[0].delta.content);
    }
    expect(printed.join('')).toContain('What are the key principles of software architecture?');
    expect(printed.length).toBeGreaterThan(5);
  });

  it('the other region of the page', async () => {
    const response = await completion({
      model: 'bedrock/agentcore/arn:aws:bedrock-agentcore:us-east-1:987654321098:runtime/production-runtime',
      messages: [{ role: 'user', content: 'Summarize the main benefits of cloud computing' }],
    });
    expect(response._hidden_params.region_name).toBe('us-east-1');
  });
});

describe('Bedrock AgentCore, Provider-specific Parameters', () => {
  beforeAll(() => void Object.assign(process.env, noting.env));
  const messages = [{ role: 'user', content: 'Analyze this data and provide insights' }] as const;

  it('Using AgentCore-specific parameters', async () => {
    const response = await completion({
      model: 'bedrock/agentcore/arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my-agent-runtime',
      messages,
      qualifier: 'production', // PROVIDER-SPECIFIC: Runtime qualifier/version
      runtimeSessionId: 'session-abc-123-session-abc-123-session-abc-123', // PROVIDER-SPECIFIC: Custom session ID
    });
    expect(response.choices[0]?.message.content).toBe('Noted.');
    expect(runtimeRequest).toMatchObject({
      arn,
      qualifier: 'production',
      sessionId: 'session-abc-123-session-abc-123-session-abc-123',
      payload: { prompt: 'Analyze this data and provide insights' },
    });
    expect(response._hidden_params.session_id).toBe('session-abc-123-session-abc-123-session-abc-123');
  });

  it("the page's own session id has 15 characters, and AWS demands 33", async () => {
    const call = completion({
      model: 'bedrock/agentcore/arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my-agent-runtime',
      messages,
      qualifier: 'production',
      runtimeSessionId: 'session-abc-123',
    });
    await expect(call).rejects.toBeInstanceOf(BadRequestError);
    await expect(call).rejects.toMatchObject({
      status: 400,
      param: 'runtimeSessionId',
      message: expect.stringMatching(/33 to 256 characters.*15 characters.*litellm_session_id/) as string,
    });
    expect(runtimeRequest).toBeUndefined();
  });

  it('the same id is welcome as litellm_session_id', async () => {
    const model = `bedrock/agentcore/${arn}`;
    const response = await completion({ model, messages, litellm_session_id: 'session-abc-123' });
    expect(runtimeRequest?.sessionId).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_-]{32,99}$/);
    expect(response._hidden_params.session_id).toBe(runtimeRequest?.sessionId);
  });

  it('if not provided, a session id is generated automatically', async () => {
    const response = await completion({ model: `bedrock/agentcore/${arn}`, messages });
    expect(runtimeRequest?.sessionId).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_-]{32,99}$/);
    expect(runtimeRequest?.qualifier).toBe('DEFAULT');
    expect(response._hidden_params.session_id).toBe(runtimeRequest?.sessionId);
  });
});
