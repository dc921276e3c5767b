// When one agent is throttled, another one answers. They are functions here; real ones need no `api_base`.
import { createRouter } from 'bedrock-agents-openai';
import { awsException, startLocalBedrock } from 'bedrock-agents-openai/local';

const bedrock = await startLocalBedrock({
  agents: {
    'SALES/LIVE': async function* () {
      throw awsException('ThrottlingException', 'Slow down.');
    },
    'SPARE/LIVE': async function* ({ inputText }) {
      yield `The spare one heard: ${inputText}`;
    },
  },
});
const { completion } = createRouter({
  model_list: [
    { model_name: 'sales', litellm_params: { model: 'bedrock/agent/SALES/LIVE' } },
    { model_name: 'spare', litellm_params: { model: 'bedrock/agent/SPARE/LIVE' } },
  ],
  default_litellm_params: { api_base: bedrock.url },
  num_retries: 1,
  fallbacks: [{ sales: ['spare'] }],
});
const response = await completion({ model: 'sales', messages: [{ role: 'user', content: 'Hi' }] });
console.log(response.choices[0]?.message.content);
console.log('Fallbacks asked:', response._hidden_params.attempted_fallbacks);
await bedrock.close();
