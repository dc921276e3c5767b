// A Bedrock agent, answering whole.
import { completion } from 'bedrock-agents-openai';

const response = await completion({
  model: 'bedrock/agent/L1RT58GYRW/MFPSBCXYTW', // agent/{AGENT_ID}/{ALIAS_ID}
  messages: [
    { role: 'user', content: 'Hi, I need help with analyzing our Q3 sales data and generating a summary report' },
  ],
});

console.log(response.choices[0]?.message.content);
console.log('Thought:', response.choices[0]?.message.reasoning_content);
console.log('Usage:', response.usage);
console.log(`Response cost: $${response._hidden_params['response_cost']}`);
console.log('Session:', response._hidden_params.session_id);
