import { Agent, type IncomingMessage, request } from 'node:http';
import { completion } from '../../../src/index.ts';
import { spokenChunks } from '../bodies.ts';
import { ask, createSdk } from '../clients.ts';
import { quantile, takeTurns, toRow } from '../compare.ts';
import { type Reply, startProcess } from '../process.ts';
import { key, startHandler, startProxy } from '../servers.ts';
import type { Round, Row, Subject } from '../subjects.ts';

type Kind = 'request' | 'chunk';

/** The loads of a contender's rounds by turns, so that one process is warm for them all: answers over connections. */
const loads = {
  request: [
    { connections: 1, answers: 64 },
    { connections: 16, answers: 128 },
    { connections: 256, answers: 512 },
  ],
  chunk: [
    { connections: 1, answers: 3 },
    { connections: 16, answers: 16 },
    { connections: 256, answers: 256 },
  ],
} as const;

/** What a round tells of the time that passed. */
interface Times {
  readonly perSecond: number;
  /** Milliseconds to the first byte of an answer; the median. */
  readonly firstByte: number;
}

/** Who answers. Who asks a server is in a process of its own, as AWS is, so that its work is not the server's. */
const answering: Readonly<Record<string, (url: string, kind: Kind) => Round | Promise<Round>>> = {
  handler: async (url, kind) => askFromOutside(await startHandler(url), kind),
  proxy: async (url, kind) => askFromOutside(await startProxy(url), kind),
  completion: (url, kind) => repeat(kind, toCaller(url, kind)),
  sdk: (url, kind) => repeat(kind, toSdkCaller(url)),
  clients: (url, kind) => repeat(kind, toClient(url, kind)),
};

/** OpenAI's API over HTTP. A whole answer is measured beside AWS's client alone, a stream beside `completion()`. */
export const contenders: Subject['contenders'] = Object.fromEntries(
  (['request', 'chunk'] as const).flatMap((kind) =>
    Object.entries(answering).map(([who, create]) => [`${who} ${kind}`, (url: string) => create(url, kind)]),
  ),
);

export const measure: Subject['measure'] = async (run) => {
  const rows: Row[] = [];
  for (const [kind, other, warmUp, rounds] of [
    ['request', 'sdk', 8, 11],
    ['chunk', 'completion', 3, 6],
  ] as const) {
    const { length } = loads[kind];
    const replies = await takeTurns(
      ['handler', 'proxy', other].map((who) => run(`${who} ${kind}`)),
      { warmUp: warmUp * length, rounds: rounds * length },
    );
    for (const turn of loads[kind].keys()) {
      const [handler = [], proxy = [], theirs = []] = replies.map((all) =>
        all.filter((_, round) => round % length === turn),
      );
      rows.push(...toRows('handler', kind, turn, handler, theirs), ...toRows('proxy', kind, turn, proxy, theirs));
    }
  }
  return rows;
};

function toRows(who: string, kind: Kind, turn: number, ours: readonly Reply[], theirs: readonly Reply[]): Row[] {
  const { connections = NaN, answers = NaN } = loads[kind][turn] ?? {};
  const compared = (pick: (reply: Reply) => number) => ({ ours: ours.map(pick), theirs: theirs.map(pick) });
  const name = `${who} by ${connections}: ${kind}`;
  if (kind === 'request') {
    const cpu = compared((reply) => reply.cpu / answers);
    return [
      // 0.75 of its requests in a second on a core.
      toRow({ name, unit: 'µs CPU', ...cpu, by: 'ratio', bound: who === 'proxy' ? 1.33 : undefined }),
      toRow({ name: `${name}s`, unit: '1/s', ...compared((reply) => timesOf(reply).perSecond), by: 'ratio' }),
    ];
  }
  const cpu = compared((reply) => reply.cpu / answers / spokenChunks);
  const firstByte = compared((reply) => timesOf(reply).firstByte);
  return [
    toRow({ name, unit: 'µs CPU', ...cpu, by: 'difference', bound: who === 'proxy' ? 25 : undefined }),
    toRow({ name: `${who} by ${connections}: first byte`, unit: 'ms', ...firstByte, by: 'difference' }),
  ];
}

function timesOf({ result }: Reply): Times {
  // What a contender here returns of a round.
  return result as Times;
}

function askFromOutside(url: string, kind: Kind): Round {
  const clients = startProcess('contender', ['serving', `clients ${kind}`, url]);
  return async () => (await clients.round()).result;
}

/** Resolves when an answer has come whole, with the moment of its first byte. */
type Caller = () => Promise<number>;

function repeat(kind: Kind, call: Caller): Round {
  let turn = 0;
  return async (): Promise<Times> => {
    const { connections = NaN, answers = NaN } = loads[kind][turn++ % loads[kind].length] ?? {};
    const firsts: number[] = [];
    const caller = async () => {
      for (let index = 0; index < answers / connections; index++) {
        const began = performance.now();
        firsts.push((await call()) - began);
      }
    };
    const began = performance.now();
    await Promise.all(Array.from({ length: connections }, caller));
    return { perSecond: (1000 * answers) / (performance.now() - began), firstByte: quantile(firsts) };
  };
}

function toCaller(url: string, kind: Kind): Caller {
  return async () => {
    if (kind === 'chunk') return readAll(await completion({ ...ask.agent(url, 'SPOKEN'), stream: true }));
    await completion(ask.runtime(url, 'short'));
    return performance.now();
  };
}

function toSdkCaller(url: string): Caller {
  const sdk = createSdk(url);
  return async () => {
    const { response } = await sdk.runtime('short');
    JSON.parse((await response?.transformToString()) ?? '');
    return performance.now();
  };
}

function toClient(url: string, kind: Kind): Caller {
  const { model, messages } = kind === 'request' ? ask.runtime(url, 'short') : ask.agent(url, 'SPOKEN');
  const body = JSON.stringify({ model, messages, stream: kind === 'chunk' });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const agent = new Agent({ keepAlive: true });
  return async () => {
    const response = await new Promise<IncomingMessage>((resolve, reject) =>
      request(`${url}/v1/chat/completions`, { method: 'POST', agent, headers }, resolve).on('error', reject).end(body),
    );
    if (response.statusCode !== 200) throw new Error(`The server answered with ${String(response.statusCode)}.`);
    return readAll(response);
  };
}

async function readAll(parts: AsyncIterable<unknown>): Promise<number> {
  const reading = parts[Symbol.asyncIterator]();
  await reading.next();
  const first = performance.now();
  while (!(await reading.next()).done);
  return first;
}
