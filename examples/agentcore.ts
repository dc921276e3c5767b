// An agent on an AgentCore runtime, answering whole.
import { completion } from 'bedrock-agents-openai';

const response = await completion({
  model: 'bedrock/agentcore/arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my-agent-runtime',
  messages: [{ role: 'user', content: 'Explain machine learning in simple terms' }],
});

console.log(response.choices[0]?.message.content);
console.log('Usage:', response.usage);
console.log('Session:', response._hidden_params.session_id);
