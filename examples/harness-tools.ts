// A harness that asks for a tool of yours. It is a function here; a real one needs no `api_base`.
import { type ChatMessage, completion } from 'bedrock-agents-openai';
import { startLocalBedrock } from 'bedrock-agents-openai/local';

const arn = 'arn:aws:bedrock-agentcore:us-west-2:123456789012:harness/weather-abcdefghij';
const bedrock = await startLocalBedrock({
  harnesses: {
    [arn]: async function* ({ messages }) {
      const result = messages.at(-1)?.content.find(({ toolResult }) => toolResult);
      if (result) yield `I asked, and heard: ${JSON.stringify(result)}`;
      else yield { toolUse: { name: 'get_weather', input: { city: 'Paris' } } };
    },
  },
});
const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const tools = [{ type: 'function' as const, function: { name: 'get_weather', description: 'Now.', parameters } }];
const asked = { model: `bedrock/agentcore/${arn}`, tools, api_base: bedrock.url };
const messages: ChatMessage[] = [{ role: 'user', content: 'How is the weather in Paris?' }];
const first = await completion({ ...asked, messages });
for (const { message } of first.choices) messages.push(message);
for (const { id, function: call } of first.choices[0]?.message.tool_calls ?? []) {
  console.log(`The harness asks for ${call.name}(${call.arguments})`);
  messages.push({ role: 'tool', tool_call_id: id, content: 'Sunny, 21 °C' });
}
console.log((await completion({ ...asked, messages })).choices[0]?.message.content);
await bedrock.close();
