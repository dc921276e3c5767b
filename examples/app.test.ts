// How you test an app: the agent is a function, and everything between it and the app is real. `npx vitest run`
import { completion, RateLimitError } from 'bedrock-agents-openai';
import { startLocalBedrock } from 'bedrock-agents-openai/local';
import { expect, onTestFinished, test } from 'vitest';

async function reply(question: string): Promise<string> {
  const messages = [{ role: 'user' as const, content: question }];
  const { choices } = await completion({ model: 'bedrock/agent/SUPPORT/LIVE', messages });
  return choices[0]?.message.content ?? '';
}

const support = async function* ({ inputText = '' }) {
  yield `Restart it. (${inputText})`;
};

test('a customer gets an answer', async () => {
  const bedrock = await startLocalBedrock({ agents: { 'SUPPORT/LIVE': support } });
  onTestFinished(bedrock.close);
  Object.assign(process.env, bedrock.env);
  expect(await reply('My modem blinks.')).toBe('Restart it. (My modem blinks.)');
});

test('too many customers are an error that says so', async () => {
  const bedrock = await startLocalBedrock({ faults: { throttling: 1 } });
  onTestFinished(bedrock.close);
  Object.assign(process.env, bedrock.env);
  await expect(reply('My modem blinks.')).rejects.toThrow(RateLimitError);
});
