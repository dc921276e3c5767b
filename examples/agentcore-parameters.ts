// A certain endpoint of a runtime, and two turns of one session.
import { completion } from 'bedrock-agents-openai';

const parameters = {
  model: 'bedrock/agentcore/arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my-agent-runtime',
  qualifier: 'production', // PROVIDER-SPECIFIC: Runtime qualifier/version
  runtimeSessionId: 'session-abc-123-of-at-least-33-characters', // PROVIDER-SPECIFIC: Custom session ID
};

for (const content of ['Analyze this data and provide insights', 'And what does it mean for us?']) {
  const response = await completion({ ...parameters, messages: [{ role: 'user', content }] });
  console.log(response.choices[0]?.message.content);
}
