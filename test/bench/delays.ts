import { Agent, type IncomingMessage, request } from 'node:http';
import { type CompletionParameters, completion } from '../../src/index.ts';
import { quantile, takeTurns, toRow } from './compare.ts';
import type { Process } from './process.ts';
import type { Round, Row } from './subjects.ts';

/** Milliseconds from the sending of each chunk to its arrival: every chunk says when it was sent. */
type Delays = readonly number[];

/** Reads a stream with `completion()`. */
export function readChunks(parameters: CompletionParameters): Round {
  return async (): Promise<Delays> => {
    const delays: number[] = [];
    for await (const chunk of await completion({ ...parameters, stream: true })) {
      const arrived = process.hrtime.bigint();
      const sent = chunk.choices[0]?.delta.content;
      if (sent) delays.push(toDelay(arrived, sent));
    }
    return delays;
  };
}

/** Takes the bytes as they come from node:http; what stands in them is looked for in the end. */
export function readRaw(url: string, findSent: (bytes: Buffer) => readonly string[]): Round {
  const agent = new Agent({ keepAlive: true });
  return async (): Promise<Delays> => {
    const reads: { readonly arrived: bigint; readonly bytes: Buffer }[] = [];
    const response = await new Promise<IncomingMessage>((resolve) =>
      request(url, { method: 'POST', agent }, resolve).end('{}'),
    );
    for await (const bytes of response as AsyncIterable<Buffer>) {
      reads.push({ arrived: process.hrtime.bigint(), bytes });
    }
    return reads.flatMap(({ arrived, bytes }) => findSent(bytes).map((sent) => toDelay(arrived, sent)));
  };
}

const streams = 100;

/** What is added on the way of a chunk. */
export async function compareDelays(name: string, ours: Process, raw: Process): Promise<Row[]> {
  const [mine = [], other = []] = await takeTurns([ours, raw], { warmUp: 10, rounds: streams });
  const toDelays = (pick: (delays: Delays) => Delays, replies = mine) =>
    // What a contender returns of a round.
    replies.map(({ result }) => quantile(pick(result as Delays)));
  const rows = {
    'delay of the first chunk': (delays: Delays) => delays.slice(0, 1),
    'delay of any chunk': (delays: Delays) => delays,
  };
  return Object.entries(rows).map(([what, pick]) => {
    const pairs = { ours: toDelays(pick), theirs: toDelays(pick, other) };
    return toRow({ name: `${name}: ${what}`, unit: 'ms', ...pairs, by: 'difference', bound: 0.3 });
  });
}

function toDelay(arrived: bigint, sent: string): number {
  return Number(arrived - BigInt(sent)) / 1e6;
}
