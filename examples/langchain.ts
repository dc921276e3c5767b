// LangChain, with a Bedrock agent behind it and no server in between.
import { ChatOpenAI } from '@langchain/openai';
import { createFetch } from 'bedrock-agents-openai/fetch';

const model = new ChatOpenAI({
  model: 'bedrock/agent/L1RT58GYRW/MFPSBCXYTW',
  apiKey: 'unused',
  configuration: { fetch: createFetch({ aws_region_name: 'us-west-2', num_retries: 2 }) },
  maxRetries: 0, // LangChain would repeat a turn that may have run; `num_retries` above does not.
});

for await (const { text } of await model.stream('Which of our customers may leave us, and why?')) {
  process.stdout.write(text);
}
