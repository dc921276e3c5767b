import { Agent, type IncomingMessage, request } from 'node:http';
import { completion } from '../../../src/index.ts';
import { ask } from '../clients.ts';
import { quantile } from '../compare.ts';
import type { Row, Subject } from '../subjects.ts';

const streams = 100;

/** Milliseconds from the sending of each chunk to its arrival: every chunk says when it was sent. */
type Delays = readonly number[];

/** What we add on the way of a chunk, beside a reader that takes the bytes as they come from node:http. */
export const contenders: Subject['contenders'] = {
  ours: (url) => async (): Promise<Delays> => {
    const delays: number[] = [];
    for await (const chunk of await completion({ ...ask.agent(url, 'TIMED'), stream: true })) {
      const arrived = process.hrtime.bigint();
      const sent = chunk.choices[0]?.delta.content;
      if (sent) delays.push(toDelay(arrived, sent));
    }
    return delays;
  },
  raw: (url) => {
    const agent = new Agent({ keepAlive: true });
    return async (): Promise<Delays> => {
      const reads: { readonly arrived: bigint; readonly bytes: Buffer }[] = [];
      const response = await new Promise<IncomingMessage>((resolve) =>
        request(`${url}/agents/TIMED/agentAliases/ALIAS/sessions/session/text`, { method: 'POST', agent }, resolve).end(
          '{}',
        ),
      );
      for await (const bytes of response as AsyncIterable<Buffer>)
        reads.push({ arrived: process.hrtime.bigint(), bytes });
      // One frame for each read, or several that came together.
      return reads.flatMap(({ arrived, bytes }) =>
        [...bytes.toString('latin1').matchAll(/"bytes":"([^"]+)"/g)].map(([, base64 = '']) =>
          toDelay(arrived, Buffer.from(base64, 'base64').toString()),
        ),
      );
    };
  },
};

export const measure: Subject['measure'] = async (run) => {
  const [ours, raw] = [run('ours'), run('raw')];
  for (let round = 0; round < 10; round++) await Promise.all([ours.round(), raw.round()]);
  const pairs: { readonly ours: Delays; readonly raw: Delays }[] = [];
  for (let stream = 0; stream < streams; stream++) {
    // What a contender returns of a round.
    pairs.push({ ours: (await ours.round()).result as Delays, raw: (await raw.round()).result as Delays });
  }
  const toRow = (name: string, pick: (delays: Delays) => readonly number[]): Row => {
    const [mine, theirs] = [pairs.flatMap((pair) => pick(pair.ours)), pairs.flatMap((pair) => pick(pair.raw))];
    const differences = pairs.map((pair) => quantile(pick(pair.ours)) - quantile(pick(pair.raw)));
    return {
      name,
      unit: 'ms',
      ours: quantile(mine),
      theirs: quantile(theirs),
      compared: { by: 'difference', value: quantile(mine) - quantile(theirs) },
      quartiles: [quantile(differences, 0.25), quantile(differences, 0.75)],
      bound: 0.3,
    };
  };
  return [
    toRow('delay of the first chunk', (delays) => delays.slice(0, 1)),
    toRow('delay of any chunk', (delays) => delays),
  ];
};

function toDelay(arrived: bigint, sent: string): number {
  return Number(arrived - BigInt(sent)) / 1e6;
}
