// The proxy inside your own process. From the command line: npx bedrock-agents-openai --config config.yaml
import { fileURLToPath } from 'node:url';
import { createProxy, loadConfig } from 'bedrock-agents-openai/proxy';
import OpenAI from 'openai';

const keys = { LITELLM_MASTER_KEY: 'sk-master', SUPPORT_TEAM_KEY: 'sk-team' };
const config = await loadConfig(fileURLToPath(new URL('config.yaml', import.meta.url)), { ...process.env, ...keys });
const proxy = await createProxy(config).listen({ port: 0 });

const client = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: 'sk-team' });
const { choices } = await client.chat.completions.create({
  model: 'bedrock-agent-1',
  messages: [{ role: 'user', content: 'Which of our customers may leave us, and why?' }],
});
console.log(choices[0]?.message.content);
await proxy.close();
