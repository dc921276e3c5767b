// AWS's own fields pass by their names; any other name is a custom parameter for the agent.
import { completion } from 'bedrock-agents-openai';

const response = await completion({
  model: 'bedrock/agent/L1RT58GYRW/MFPSBCXYTW',
  messages: [{ role: 'user', content: 'Hi who is ishaan cto of litellm, tell me 10 things about him' }],
  invocationId: 'my-test-invocation-id', // PROVIDER-SPECIFIC VALUE
});

console.log(response.choices[0]?.message.content);
console.log('Usage:', response.usage);
