// OpenAI's Agents SDK in chat-completions mode, whose network is `createFetch()`.
import { Agent, OpenAIChatCompletionsModel, Runner, tool } from '@openai/agents';
import { OpenAI } from 'openai';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { askForWeather, callingModels, models, startAgents } from '../support/agents.ts';

// A runner that tells OpenAI nothing.
const runner = new Runner({ tracingDisabled: true });

async function start(model: string) {
  const backstage = await startAgents();
  const client = new OpenAI({ fetch: backstage.fetch, apiKey: 'unused' });
  const weather = tool({
    name: 'get_weather',
    description: 'The weather in a city.',
    parameters: z.object({ city: z.string() }),
    execute: ({ city }) => `sunny in ${city}`,
  });
  const tools = callingModels.some((each) => each === model) ? [weather] : [];
  // The same class; TypeScript reads its types here as an ES module's and there as CommonJS's.
  const theirs = client as unknown as ConstructorParameters<typeof OpenAIChatCompletionsModel>[0];
  const agent = new Agent({ name: 'Support', model: new OpenAIChatCompletionsModel(theirs, model), tools });
  return { backstage, agent };
}

describe.each(models)('%s', (model) => {
  it('runs', async () => {
    const { agent } = await start(model);
    expect((await runner.run(agent, 'Hi')).finalOutput).toBe('You said: Hi');
  });

  it('streams while the agent is still answering', async () => {
    const { agent, backstage } = await start(model);
    const texts: string[] = [];
    for await (const text of (await runner.run(agent, 'Slowly.', { stream: true })).toTextStream()) {
      texts.push(text);
      // It goes on only when this has come.
      if (text === 'You said: ') backstage.goOn();
    }
    expect(texts).toEqual(['You said: ', 'Slowly.']);
  });
});

describe('a tool', () => {
  it.each(callingModels)('of %s is run', async (model) => {
    const { agent, backstage } = await start(model);
    expect((await runner.run(agent, askForWeather)).finalOutput).toBe('Told: sunny in Paris');
    expect(backstage.calls).toBe(2);
  });

  it.each(callingModels)('of %s is run in a stream', async (model) => {
    const { agent, backstage } = await start(model);
    const result = await runner.run(agent, askForWeather, { stream: true });
    await result.completed;
    expect(result.finalOutput).toBe('Told: sunny in Paris');
    expect(backstage.calls).toBe(2);
  });
});
