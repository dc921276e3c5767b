// A file for the agent's code interpreter, and the chart it draws. The agent is a function here; a real one needs no `api_base`.
import { completion } from 'bedrock-agents-openai';
import { startLocalBedrock } from 'bedrock-agents-openai/local';

const bedrock = await startLocalBedrock({
  agents: {
    'PLOTTER/LIVE': async function* ({ sessionState: { files } }) {
      yield `I got ${(files as { name: string }[]).map(({ name }) => name).join()} and drew this:`;
      yield { files: [{ name: 'chart.png', type: 'image/png', bytes: 'not really a picture' }] };
    },
  },
});

const file_data = `data:text/csv;base64,${Buffer.from('month,sold\nMay,12').toString('base64')}`;
const content = [
  { type: 'text' as const, text: 'Plot this.' },
  { type: 'file' as const, file: { filename: 'sales.csv', file_data } },
];
const { choices } = await completion({
  model: 'bedrock/agent/PLOTTER/LIVE',
  messages: [{ role: 'user', content }],
  api_base: bedrock.url,
});
console.log(choices[0]?.message.content);
for (const { name, image_url } of choices[0]?.message.images ?? []) console.log(name, image_url.url.slice(0, 22));
await bedrock.close();
