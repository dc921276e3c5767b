// An agent that asks for a tool, and the loop that answers it. The agent is a function here; a real one needs no `api_base`.
import { type ChatMessage, completion } from 'bedrock-agents-openai';
import { startLocalBedrock } from 'bedrock-agents-openai/local';

const parameters = [{ name: 'city', type: 'string', value: 'Paris' }];
const functionInvocationInput = { actionGroup: 'Weather', function: 'get_weather', parameters };
const bedrock = await startLocalBedrock({
  agents: {
    'WEATHER/LIVE': async function* ({ sessionState: { returnControlInvocationResults: results } }) {
      if (results) yield `I asked, and heard: ${JSON.stringify(results)}`;
      else yield { returnControl: { invocationId: 'ask-1', invocationInputs: [{ functionInvocationInput }] } };
    },
  },
});
const messages: ChatMessage[] = [{ role: 'user', content: 'How is the weather in Paris?' }];
for (let calls = 1; calls > 0;) {
  const response = await completion({ model: 'bedrock/agent/WEATHER/LIVE', messages, api_base: bedrock.url });
  const message = response.choices[0]?.message;
  if (!message) break;
  messages.push(message);
  calls = message.tool_calls?.length ?? 0;
  for (const { id, function: call } of message.tool_calls ?? []) {
    console.log(`The agent asks for ${call.name}(${call.arguments})`);
    messages.push({ role: 'tool', tool_call_id: id, content: 'Sunny, 21 °C' });
  }
}
console.log(messages.at(-1)?.content);
await bedrock.close();
