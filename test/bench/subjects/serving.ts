import { Agent, type IncomingMessage, request } from 'node:http';
import { completion } from '../../../src/index.ts';
import { spokenChunks } from '../bodies.ts';
import { ask, createSdk } from '../clients.ts';
import { quantile, takeTurns, toRow } from '../compare.ts';
import { type Reply, startProcess } from '../process.ts';
import { key, startHandler, startProxy } from '../servers.ts';
import type { Round, Row, Subject } from '../subjects.ts';

/** Connections, and answers that come over them in a round. A server is warm after some thousands. */
const loads = [
  { kind: 'request', connections: 1, answers: 64, turns: { warmUp: 30, rounds: 15 } },
  { kind: 'request', connections: 16, answers: 128, turns: { warmUp: 20, rounds: 15 } },
  { kind: 'request', connections: 256, answers: 512, turns: { warmUp: 5, rounds: 7 } },
  { kind: 'chunk', connections: 1, answers: 1, turns: { warmUp: 10, rounds: 11 } },
  { kind: 'chunk', connections: 16, answers: 16, turns: { warmUp: 6, rounds: 9 } },
  { kind: 'chunk', connections: 256, answers: 256, turns: { warmUp: 1, rounds: 3 } },
] as const;
type Load = (typeof loads)[number];

/** What a round tells of the time that passed. */
interface Times {
  readonly perSecond: number;
  /** Milliseconds to the first byte of an answer; the median. */
  readonly firstByte: number;
}

/** Who answers. Who asks a server is in a process of its own, as AWS is, so that its work is not the server's. */
const answering: Readonly<Record<string, (url: string, load: Load) => Round | Promise<Round>>> = {
  handler: async (url, load) => askFromOutside(await startHandler(url), load),
  proxy: async (url, load) => askFromOutside(await startProxy(url), load),
  completion: (url, load) => repeat(load, toCaller(url, load.kind)),
  sdk: (url, load) => repeat(load, toSdkCaller(url)),
  clients: (url, load) => repeat(load, toClient(url, load)),
};

/** OpenAI's API over HTTP. A whole answer is measured beside AWS's client alone, a stream beside `completion()`. */
export const contenders: Subject['contenders'] = Object.fromEntries(
  loads.flatMap((load) =>
    Object.entries(answering).map(([who, create]) => [toName(who, load), (url: string) => create(url, load)]),
  ),
);

export const measure: Subject['measure'] = async (run) => {
  const rows: Row[] = [];
  for (const load of loads) {
    const who = ['handler', 'proxy', load.kind === 'request' ? 'sdk' : 'completion'];
    const [handler = [], proxy = [], other = []] = await takeTurns(
      who.map((name) => run(toName(name, load))),
      load.turns,
    );
    for (const [name, ours] of Object.entries({ handler, proxy })) rows.push(...toRows(name, load, ours, other));
  }
  return rows;
};

function toName(who: string, { kind, connections }: Load): string {
  return `${who} ${kind} ${connections}`;
}

function toRows(who: string, load: Load, ours: readonly Reply[], theirs: readonly Reply[]): Row[] {
  const { kind, connections, answers } = load;
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
  return [
    toRow({ name, unit: 'µs CPU', ...cpu, by: 'difference', bound: 25 }),
    toRow({
      name: `${who} by ${connections}: first byte`,
      unit: 'ms',
      ...compared((reply) => timesOf(reply).firstByte),
      by: 'difference',
    }),
  ];
}

function timesOf({ result }: Reply): Times {
  // What a contender here returns of a round.
  return result as Times;
}

function askFromOutside(url: string, load: Load): Round {
  const clients = startProcess('contender', ['serving', toName('clients', load), url]);
  return async () => (await clients.round()).result;
}

/** Resolves when an answer has come whole, with the moment of its first byte. */
type Caller = () => Promise<number>;

function repeat({ connections, answers }: Load, call: Caller): Round {
  return async (): Promise<Times> => {
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

function toCaller(url: string, kind: Load['kind']): Caller {
  return async () => {
    if (kind === 'request') {
      await completion(ask.runtime(url, 'short'));
      return performance.now();
    }
    return readAll(await completion({ ...ask.agent(url, 'SPOKEN'), stream: true }));
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

function toClient(url: string, { kind, connections }: Load): Caller {
  const { model, messages } = kind === 'request' ? ask.runtime(url, 'short') : ask.agent(url, 'SPOKEN');
  const body = JSON.stringify({ model, messages, ...(kind === 'chunk' && { stream: true }) });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
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
