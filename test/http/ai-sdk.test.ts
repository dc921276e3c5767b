// Vercel's AI SDK, whose network is `createFetch()`.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, generateText, stepCountIs, streamText, tool } from 'ai';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { LocalBedrockOptions } from '../../src/local.ts';
import { agentModel, askForWeather, callingModels, models, startAgents } from '../support/agents.ts';
import { within } from '../support/loopback.ts';

async function start(options: LocalBedrockOptions = {}) {
  const backstage = await startAgents(options);
  const { fetch } = backstage;
  const provider = createOpenAICompatible({
    name: 'bedrock',
    baseURL: 'http://in-process/v1',
    fetch,
    includeUsage: true,
  });
  return { backstage, provider };
}

describe.each(models)('%s', (model) => {
  it('generates text', async () => {
    const { provider } = await start();
    const { text, usage, finishReason } = await generateText({ model: provider(model), prompt: 'Hi' });
    expect(text).toBe('You said: Hi');
    expect(finishReason).toBe('stop');
    expect(usage).toMatchObject({ inputTokens: 3, outputTokens: 4, totalTokens: 7 });
  });

  it('streams text while the agent is still answering', async () => {
    const { provider, backstage } = await start();
    const { textStream, usage } = streamText({ model: provider(model), prompt: 'Slowly.' });
    const texts: string[] = [];
    for await (const text of textStream) {
      texts.push(text);
      // It goes on only when this has come.
      if (text === 'You said: ') backstage.goOn();
    }
    expect(texts).toEqual(['You said: ', 'Slowly.']);
    expect(await usage).toMatchObject({ totalTokens: 7 });
  });

  it('is left at once when the stream is aborted', async () => {
    const { provider, backstage } = await start();
    const controller = new AbortController();
    const { signal: abortSignal } = controller;
    const { textStream } = streamText({ model: provider(model), prompt: 'Slowly.', abortSignal });
    for await (const text of textStream) {
      expect(text).toBe('You said: ');
      controller.abort();
    }
    expect(await within(200, () => backstage.left)).toBe(true);
  });
});

describe('a tool', () => {
  const tools = {
    get_weather: tool({
      description: 'The weather in a city.',
      inputSchema: z.object({ city: z.string() }),
      execute: ({ city }) => `sunny in ${city}`,
    }),
  };
  const request = { prompt: askForWeather, tools, stopWhen: stepCountIs(3) };

  it.each(callingModels)('of %s is run for generateText', async (model) => {
    const { provider, backstage } = await start();
    const { text, steps } = await generateText({ model: provider(model), ...request });
    expect(text).toBe('Told: sunny in Paris');
    expect(steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop']);
    expect(backstage.calls).toBe(2);
  });

  it.each(callingModels)('of %s is run for streamText', async (model) => {
    const { provider, backstage } = await start();
    const { text } = streamText({ model: provider(model), ...request });
    expect(await text).toBe('Told: sunny in Paris');
    expect(backstage.calls).toBe(2);
  });
});

describe('what goes wrong', () => {
  it.each([
    ['throttling', 429],
    ['accessDenied', 403],
    ['dependencyFailed', 502],
  ])('is an APICallError: %s', async (fault, statusCode) => {
    const { provider } = await start({ faults: { [fault]: 1 } });
    const error: unknown = await generateText({ model: provider(agentModel), prompt: 'Hi', maxRetries: 0 }).catch(
      (thrown: unknown) => thrown,
    );
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ statusCode });
  });

  it('in the middle of a stream is an error there', async () => {
    const { provider } = await start({ faults: { 'dependencyFailed@stream': 1 } });
    const errors: unknown[] = [];
    const onError = ({ error }: { error: unknown }) => void errors.push(error);
    const { fullStream } = streamText({ model: provider(agentModel), prompt: 'Hi', onError });
    const types: string[] = [];
    for await (const { type } of fullStream) types.push(type);
    expect(types).toContain('text-delta');
    expect(types).toContain('error');
    expect(errors).toHaveLength(1);
  });
});
