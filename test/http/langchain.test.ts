// LangChain, whose network is `createFetch()`.
import { AIMessageChunk, HumanMessage, type ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { LocalBedrockOptions } from '../../src/local.ts';
import { agentModel, askForWeather, callingModels, models, startAgents } from '../support/agents.ts';
import { within } from '../support/loopback.ts';

async function start(model: string, options: LocalBedrockOptions = {}) {
  const backstage = await startAgents(options);
  const { fetch } = backstage;
  return { backstage, chat: new ChatOpenAI({ model, apiKey: 'unused', configuration: { fetch }, maxRetries: 0 }) };
}

describe.each(models)('%s', (model) => {
  it('is invoked', async () => {
    const { chat } = await start(model);
    const { text, usage_metadata: usage } = await chat.invoke('Hi');
    expect(text).toBe('You said: Hi');
    expect(usage).toMatchObject({ input_tokens: 3, output_tokens: 4, total_tokens: 7 });
  });

  it('streams while the agent is still answering', async () => {
    const { chat, backstage } = await start(model);
    const texts: string[] = [];
    for await (const { text } of await chat.stream('Slowly.')) {
      if (text !== '') texts.push(text);
      // It goes on only when this has come.
      if (text === 'You said: ') backstage.goOn();
    }
    expect(texts).toEqual(['You said: ', 'Slowly.']);
  });

  it('is left at once when the stream is aborted', async () => {
    const { chat, backstage } = await start(model);
    const controller = new AbortController();
    const { signal } = controller;
    const read = async () => {
      for await (const { text } of await chat.stream('Slowly.', { signal }))
        if (text === 'You said: ') controller.abort();
    };
    await expect(read()).rejects.toThrow();
    expect(await within(200, () => backstage.left)).toBe(true);
  });
});

describe('a tool', () => {
  const weather = tool(({ city }) => `sunny in ${city}`, {
    name: 'get_weather',
    description: 'The weather in a city.',
    schema: z.object({ city: z.string() }),
  });

  it.each(callingModels)('is called by %s and answered by the app, whole', async (model) => {
    const { chat } = await start(model);
    const bound = chat.bindTools([weather]);
    const question = new HumanMessage(askForWeather);
    const asked = await bound.invoke([question]);
    const [call] = asked.tool_calls ?? [];
    expect(call).toMatchObject({ name: 'get_weather', args: { city: 'Paris' } });
    const result = (await weather.invoke({ ...call, type: 'tool_call' } as never)) as ToolMessage;
    expect((await bound.invoke([question, asked, result])).text).toBe('Told: sunny in Paris');
  });

  it.each(callingModels)('is called by %s and answered by the app, streamed', async (model) => {
    const { chat } = await start(model);
    const bound = chat.bindTools([weather]);
    const question = new HumanMessage(askForWeather);
    let asked = new AIMessageChunk('');
    for await (const chunk of await bound.stream([question])) asked = asked.concat(chunk);
    const [call] = asked.tool_calls ?? [];
    expect(call).toMatchObject({ name: 'get_weather', args: { city: 'Paris' } });
    const result = (await weather.invoke({ ...call, type: 'tool_call' } as never)) as ToolMessage;
    let text = '';
    for await (const chunk of await bound.stream([question, asked, result])) text += chunk.text;
    expect(text).toBe('Told: sunny in Paris');
  });
});

it.each([
  ['throttling', 429],
  ['accessDenied', 403],
  ['dependencyFailed', 502],
])('an error keeps its status: %s', async (fault, status) => {
  const { chat } = await start(agentModel, { faults: { [fault]: 1 } });
  await expect(chat.invoke('Hi')).rejects.toMatchObject({ status });
});
