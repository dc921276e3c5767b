// Vercel's AI SDK, with a Bedrock agent behind it and no server in between.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { streamText } from 'ai';
import { createFetch } from 'bedrock-agents-openai/fetch';

const fetch = createFetch({ aws_region_name: 'us-west-2', num_retries: 2 });
const bedrock = createOpenAICompatible({ name: 'bedrock', baseURL: 'http://in-process/v1', fetch });

const { textStream } = streamText({
  model: bedrock('bedrock/agent/L1RT58GYRW/MFPSBCXYTW'),
  prompt: 'Which of our customers may leave us, and why?',
  maxRetries: 0, // The AI SDK would repeat a turn that may have run; `num_retries` above does not.
});

for await (const text of textStream) process.stdout.write(text);
