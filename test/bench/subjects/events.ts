import { completion, type CompletionParameters } from '../../../src/index.ts';
import { manyEvents, manyTraces } from '../bodies.ts';
import { ask, createSdk } from '../clients.ts';
import { compare } from '../compare.ts';
import type { Subject } from '../subjects.ts';

/** Bytes to chunks: a loop over `completion()` beside the shortest loop over AWS's client that gets at the same text. */
export const contenders: Subject['contenders'] = {
  'chunks ours': (url) => () => readOurs(ask.agent(url, 'CHUNKS')),
  'chunks sdk': (url) => readAgent(url, 'CHUNKS'),
  'traces ours': (url) => () => readOurs(ask.agent(url, 'TRACES')),
  'traces sdk': (url) => readAgent(url, 'TRACES'),
  'objects ours': (url) => () => readOurs(ask.runtime(url, 'objects')),
  'objects sdk': (url) => readEvents(url, 'objects', (value) => (value as Delta).event.contentBlockDelta.delta.text),
  'strings ours': (url) => () => readOurs(ask.runtime(url, 'strings')),
  'strings sdk': (url) => readEvents(url, 'strings', (value) => value as string),
  'json ours': (url) => async () => (await completion(ask.runtime(url, 'json'))).choices[0]?.message.content?.length,
  'json sdk': readJson,
};

export const measure: Subject['measure'] = async (run) => {
  const rows = [
    { name: 'agents: chunk', key: 'chunks', per: manyEvents, rounds: 11, bound: 0.35 },
    { name: 'agents: trace of 16 KB', key: 'traces', per: manyTraces, rounds: 15, bound: 0.7 },
    { name: 'AgentCore SSE: object', key: 'objects', per: manyEvents, rounds: 15, bound: 1.5 },
    { name: 'AgentCore SSE: string', key: 'strings', per: manyEvents, rounds: 15, bound: 1.5 },
    { name: 'AgentCore JSON: answer of 80 KB', key: 'json', per: 1, rounds: 60, bound: 1.5 },
  ];
  const measured = [];
  for (const { key, ...row } of rows) {
    measured.push(await compare({ ...row, ours: run(`${key} ours`), theirs: run(`${key} sdk`) }));
  }
  return measured;
};

interface Delta {
  readonly event: { readonly contentBlockDelta: { readonly delta: { readonly text: string } } };
}

async function readOurs(parameters: CompletionParameters): Promise<number> {
  let length = 0;
  for await (const chunk of await completion({ ...parameters, stream: true })) {
    length += chunk.choices[0]?.delta.content?.length ?? 0;
  }
  return length;
}

function readAgent(url: string, name: string) {
  const sdk = createSdk(url);
  return async () => {
    const { completion: events = [] } = await sdk.agent(name);
    const decoder = new TextDecoder();
    let length = 0;
    for await (const event of events) {
      if (event.chunk?.bytes) length += decoder.decode(event.chunk.bytes, { stream: true }).length;
    }
    return length;
  };
}

function readEvents(url: string, name: string, textOf: (value: unknown) => string) {
  const sdk = createSdk(url);
  return async () => {
    const { response } = await sdk.runtime(name);
    const decoder = new TextDecoder();
    let rest = '';
    let length = 0;
    // On Node it is the response of node:http.
    for await (const bytes of response as unknown as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('data: ')) length += textOf(JSON.parse(line.slice(6))).length;
      }
    }
    return length;
  };
}

function readJson(url: string) {
  const sdk = createSdk(url);
  return async () => {
    const { response } = await sdk.runtime('json');
    return (JSON.parse((await response?.transformToString()) ?? '') as { result: string }).result.length;
  };
}
