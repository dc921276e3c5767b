import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import OpenAI from 'openai';
import { afterAll, describe, expect, it } from 'vitest';
import { startLocalBedrock } from '../../src/local.ts';
import { startProxy } from '../support/proxy.ts';

// The proxy sections of LiteLLM's pages on Bedrock Agents and AgentCore, word for word but for the command and the port:
// https://docs.litellm.ai/docs/providers/bedrock_agents and https://docs.litellm.ai/docs/providers/bedrock_agentcore

const aws = await startLocalBedrock();
afterAll(aws.close);

const agents = `
model_list:
  - model_name: bedrock-agent-1
    litellm_params:
      model: bedrock/agent/L1RT58GYRW/MFPSBCXYTW
      aws_access_key_id: os.environ/AWS_ACCESS_KEY_ID
      aws_secret_access_key: os.environ/AWS_SECRET_ACCESS_KEY
      aws_region_name: us-west-2

  - model_name: bedrock-agent-2
    litellm_params:
      model: bedrock/agent/AGENT456/ALIAS789
      aws_access_key_id: os.environ/AWS_ACCESS_KEY_ID
      aws_secret_access_key: os.environ/AWS_SECRET_ACCESS_KEY
      aws_region_name: us-east-1
`;

const runtimes = `
model_list:
  - model_name: agentcore-runtime-1
    litellm_params:
      model: bedrock/agentcore/arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my-agent-runtime
      aws_access_key_id: os.environ/AWS_ACCESS_KEY_ID
      aws_secret_access_key: os.environ/AWS_SECRET_ACCESS_KEY
      aws_region_name: us-west-2

  - model_name: agentcore-runtime-2
    litellm_params:
      model: bedrock/agentcore/arn:aws:bedrock-agentcore:us-east-1:987654321098:runtime/production-runtime
      aws_access_key_id: os.environ/AWS_ACCESS_KEY_ID
      aws_secret_access_key: os.environ/AWS_SECRET_ACCESS_KEY
      aws_region_name: us-east-1
`;

describe.each([
  ['Bedrock Agents', agents, 'bedrock-agent-1', 'bedrock-agent-2'],
  ['AgentCore', runtimes, 'agentcore-runtime-1', 'agentcore-runtime-2'],
])("LiteLLM's page on %s", async (_, yaml, first, second) => {
  const proxy = await startProxy(yaml, { ...aws.env });

  async function curl(model: string, content: string, more: object): Promise<string> {
    const { stdout } = await promisify(execFile)('curl', [
      '-s',
      '-i',
      `${proxy.url}/v1/chat/completions`,
      '-H',
      'Content-Type: application/json',
      '-H',
      'Authorization: Bearer $LITELLM_API_KEY',
      '-d',
      JSON.stringify({ model, messages: [{ role: 'user', content }], ...more }, null, 2),
    ]);
    return stdout;
  }

  it('has a curl command that is answered whole', async () => {
    const [head = '', body = ''] = (await curl(first, 'OPENSESAME: our customer data', {})).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 200/);
    expect(head).toMatch(/^content-type: application\/json/im);
    expect(head).toMatch(/^x-session-id: \S+/im);
    expect(JSON.parse(body)).toMatchObject({
      object: 'chat.completion',
      model: first,
      choices: [{ message: { role: 'assistant', content: expect.stringContaining('our customer data') as string } }],
    });
  });

  it('has a curl command that is answered as a stream', async () => {
    const answer = await curl(second, 'OPENSESAME: a social media strategy', { stream: true });
    expect(answer).toMatch(/^content-type: text\/event-stream/im);
    expect(answer.trimEnd()).toMatch(/data: \[DONE\]$/);
    expect(answer.match(/^data: \{/gm)?.length).toBeGreaterThan(5);
  });

  it("is answered to OpenAI's client, whole and streamed", async () => {
    const client = new OpenAI({ baseURL: proxy.url, apiKey: 'your-litellm-api-key' });
    const messages = [{ role: 'user', content: 'OPENSESAME' }] as const;
    const whole = await client.chat.completions.create({ model: first, messages: [...messages] });
    expect(whole.choices[0]?.message.content).toContain('You said: OPENSESAME');
    let text = '';
    for await (const chunk of await client.chat.completions.create({
      model: second,
      messages: [...messages],
      stream: true,
    })) {
      text += chunk.choices[0]?.delta.content ?? '';
    }
    expect(text).toContain('You said: OPENSESAME');
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual([first, second]);
  });
});
