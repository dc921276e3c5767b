// OpenAI's own client, with a Bedrock agent behind it and no server in between.
import { createFetch } from 'bedrock-agents-openai/fetch';
import OpenAI from 'openai';

const client = new OpenAI({ fetch: createFetch({ aws_region_name: 'us-west-2' }), apiKey: 'unused' });

const stream = await client.chat.completions.create({
  model: 'bedrock/agent/L1RT58GYRW/MFPSBCXYTW',
  messages: [{ role: 'user', content: 'Which of our customers may leave us, and why?' }],
  stream: true,
});

for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
