// An AgentCore runtime behind OAuth: a JWT instead of AWS credentials, asked for anew with each call.
import { completion } from 'bedrock-agents-openai';
import { startLocalBedrock } from 'bedrock-agents-openai/local';

const arn = 'arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my-agent-runtime';
// The runtime is a function here; a real one needs no `api_base`.
const bedrock = await startLocalBedrock({
  runtimes: { [arn]: ({ headers }) => ({ result: `You came with: ${headers.authorization}` }) },
});

const response = await completion({
  model: `bedrock/agentcore/${arn}`,
  messages: [{ role: 'user', content: 'Who am I?' }],
  api_key: async () => 'a-token-of-your-identity-provider',
  api_base: bedrock.url,
});

console.log(response.choices[0]?.message.content);
await bedrock.close();
