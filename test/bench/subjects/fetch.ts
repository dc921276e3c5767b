import OpenAI from 'openai';
import { createFetch } from '../../../src/fetch.ts';
import { reach } from '../../support/models.ts';
import { manyEvents } from '../bodies.ts';
import { ask, createSdk } from '../clients.ts';
import { compare } from '../compare.ts';
import type { Round, Subject } from '../subjects.ts';

const requests = 40;
const messages = [{ role: 'user' as const, content: 'What is the weather in Paris?' }];

/** OpenAI's client over `createFetch`, beside the same client over the shortest `fetch` that AWS's client allows. */
export const contenders: Subject['contenders'] = {
  'request ours': (url) => repeat(complete(createOurs(url), ask.runtime(url, 'short').model)),
  'request by hand': (url) => repeat(complete(createByHand(url), 'any')),
  'chunk ours': (url) => read(createOurs(url), ask.agent(url, 'CHUNKS').model),
  'chunk by hand': (url) => read(createByHand(url), 'any'),
};

export const measure: Subject['measure'] = async (run) => {
  const each = { name: 'createFetch under openai: request', per: requests, warmUp: 20, rounds: 31 };
  const chunks = { name: 'createFetch under openai: chunk', per: manyEvents, rounds: 11 };
  return [
    await compare({ ...each, ours: run('request ours'), theirs: run('request by hand') }),
    await compare({ ...chunks, ours: run('chunk ours'), theirs: run('chunk by hand') }),
  ];
};

function createOurs(url: string): OpenAI {
  return createClient(createFetch({ ...reach(url), aws_region_name: 'us-west-2' }));
}

/** What somebody would write who has one agent, one runtime and no time: no error, no session, no usage. */
function createByHand(url: string): OpenAI {
  const sdk = createSdk(url);
  return createClient(async (_, init) => {
    // As OpenAI's client sends it.
    const { stream } = JSON.parse(init?.body as string) as { stream?: boolean };
    if (!stream) {
      const { response } = await sdk.runtime('short');
      const { result } = JSON.parse((await response?.transformToString()) ?? '') as { result: string };
      const choices = [{ index: 0, message: { role: 'assistant', content: result }, finish_reason: 'stop' }];
      return Response.json({ ...head, object: 'chat.completion', choices });
    }
    const body = ReadableStream.from(readEvents(sdk.agent('CHUNKS')));
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  });
}

const head = { id: 'chatcmpl-1', created: 1, model: 'any' };

async function* readEvents(answer: ReturnType<ReturnType<typeof createSdk>['agent']>): AsyncGenerator<Uint8Array> {
  const { completion: events = [] } = await answer;
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  for await (const { chunk } of events) {
    const delta = { content: decoder.decode(chunk?.bytes, { stream: true }) };
    const choices = [{ index: 0, delta, finish_reason: null }];
    yield encoder.encode(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices })}\n\n`);
  }
  yield encoder.encode('data: [DONE]\n\n');
}

function createClient(fetch: (url: string | URL | Request, init?: RequestInit) => Promise<Response>): OpenAI {
  return new OpenAI({ fetch, apiKey: 'unused', baseURL: 'http://bench/v1', maxRetries: 0 });
}

function complete(client: OpenAI, model: string) {
  return () => client.chat.completions.create({ model, messages });
}

function repeat(request: () => Promise<unknown>): Round {
  return async () => {
    for (let index = 0; index < requests; index++) await request();
  };
}

function read(client: OpenAI, model: string): Round {
  return async () => {
    let length = 0;
    for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
      length += chunk.choices[0]?.delta.content?.length ?? 0;
    }
    return length;
  };
}
