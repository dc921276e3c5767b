// An agent on an AgentCore runtime, answering piece by piece.
import { completion } from 'bedrock-agents-openai';

const response = await completion({
  model: 'bedrock/agentcore/arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my-agent-runtime',
  messages: [{ role: 'user', content: 'What are the key principles of software architecture?' }],
  stream: true,
  stream_options: { include_usage: true },
});

for await (const chunk of response) {
  if (chunk.choices[0]?.delta.content) process.stdout.write(chunk.choices[0].delta.content);
  if (chunk.usage) console.log('\nUsage:', chunk.usage);
}
console.log('Session:', response.session_id);
