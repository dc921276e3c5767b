// What an answer rests on. The agent is a function here; a real one needs no `api_base`.
import { completion } from 'bedrock-agents-openai';
import { startLocalBedrock } from 'bedrock-agents-openai/local';

const source = { location: { type: 'WEB', webLocation: { url: 'https://example.com/returns' } } };
const span = { start: 0, end: 34 };
const generatedResponsePart = { textResponsePart: { text: 'You can return it within 30 days.', span } };
const bedrock = await startLocalBedrock({
  agents: {
    'SUPPORT/LIVE': async function* () {
      const attribution = { citations: [{ generatedResponsePart, retrievedReferences: [source] }] };
      yield { chunk: { bytes: 'You can return it within 30 days. Anything else?', attribution } };
    },
  },
});

const messages = [{ role: 'user' as const, content: 'Can I return my modem?' }];
const { choices } = await completion({ model: 'bedrock/agent/SUPPORT/LIVE', messages, api_base: bedrock.url });
const message = choices[0]?.message;
for (const { url_citation: cited } of message?.annotations ?? []) {
  console.log(`"${message?.content?.slice(cited.start_index, cited.end_index)}" is from ${cited.url}`);
}
await bedrock.close();
