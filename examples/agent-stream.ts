// A Bedrock agent, answering piece by piece.
import { completion } from 'bedrock-agents-openai';

const response = await completion({
  model: 'bedrock/agent/L1RT58GYRW/MFPSBCXYTW',
  messages: [
    { role: 'user', content: 'Can you help me plan a marketing campaign and provide step-by-step execution details?' },
  ],
  stream: true,
});

for await (const chunk of response) {
  if (chunk.choices[0]?.delta.content) process.stdout.write(chunk.choices[0].delta.content);
}

console.log(`\nResponse cost: $${response._hidden_params.response_cost}`);
console.log('Session:', response.session_id);
