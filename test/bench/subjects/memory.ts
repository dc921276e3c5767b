import { setTimeout as sleep } from 'node:timers/promises';
import { completion } from '../../../src/index.ts';
import { gigabyte } from '../bodies.ts';
import { ask, createSdk } from '../clients.ts';
import type { Row, Subject } from '../subjects.ts';

const streams = 1000;

/** Bytes, after a collection of the garbage. */
interface Memory {
  readonly rss: number;
  /** What JavaScript holds, buffers included. */
  readonly held: number;
}

/** Streams that have begun and are held open, and one that is longer than any memory. */
export const contenders: Subject['contenders'] = {
  'open ours': (url) => hold(() => completion({ ...ask.agent(url, 'OPEN'), stream: true })),
  'open sdk': (url) => {
    const sdk = createSdk(url);
    return hold(async () => (await sdk.agent('OPEN')).completion ?? fail());
  },
  'long ours': (url) => () =>
    readLong(completion({ ...ask.agent(url, 'GIGABYTE'), stream: true, max_response_bytes: 2 * gigabyte })),
  'long sdk': (url) => {
    const sdk = createSdk(url);
    return () => readLong(sdk.agent('GIGABYTE').then(({ completion: events }) => events ?? fail()));
  },
};

export const measure: Subject['measure'] = async (run) => {
  const rows: Row[] = [];
  const [ours, theirs] = [run('open ours', '--expose-gc'), run('open sdk', '--expose-gc')];
  // Grown by each stream, in KB.
  const [mine, sdks] = [(await ours.round()).result as Memory, (await theirs.round()).result as Memory];
  for (const name of ['held', 'rss'] as const) {
    const row = { ours: mine[name] / 1024, theirs: sdks[name] / 1024 };
    rows.push({
      name: `an open stream: ${name}`,
      unit: 'KB',
      ...row,
      compared: { by: 'difference', value: row.ours - row.theirs },
      bound: 60,
    });
  }
  const [long, raw] = [run('long ours', '--expose-gc'), run('long sdk', '--expose-gc')];
  const grown = { ours: (await long.round()).result as Memory, theirs: (await raw.round()).result as Memory };
  for (const name of ['held', 'rss'] as const) {
    const row = { ours: grown.ours[name] / 2 ** 20, theirs: grown.theirs[name] / 2 ** 20 };
    // Flat: no more than garbage that is still to be collected.
    rows.push({
      name: `a stream of 1 GB: growth of ${name}`,
      unit: 'MB',
      ...row,
      compared: { by: 'difference', value: row.ours },
      bound: 32,
    });
  }
  return rows;
};

function hold(begin: () => Promise<AsyncIterable<unknown>>) {
  const open: AsyncIterator<unknown>[] = [];
  async function openOne(): Promise<void> {
    const iterator = (await begin())[Symbol.asyncIterator]();
    await iterator.next();
    // Waiting for the next, as whoever reads a stream does.
    void iterator.next();
    open.push(iterator);
  }
  return async (): Promise<Memory> => {
    for (let index = 0; index < 50; index++) await openOne();
    const before = await memory();
    for (let index = 0; index < streams; index++) await openOne();
    const after = await memory();
    return { rss: (after.rss - before.rss) / streams, held: (after.held - before.held) / streams };
  };
}

/** How much memory grows from the first tenth of a stream to its end. */
async function readLong(stream: Promise<AsyncIterable<unknown>>): Promise<Memory> {
  let before: Memory | undefined;
  let most: Memory = { rss: 0, held: 0 };
  let chunks = 0;
  const reading = (await stream)[Symbol.asyncIterator]();
  while (!(await reading.next()).done) {
    if (++chunks % 1000 !== 0) continue;
    const now = await memory();
    before ??= now;
    most = { rss: Math.max(most.rss, now.rss), held: Math.max(most.held, now.held) };
  }
  if (!before) fail();
  return { rss: most.rss - before.rss, held: most.held - before.held };
}

async function memory(): Promise<Memory> {
  await sleep(20);
  global.gc?.();
  global.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, held: heapUsed + external };
}

function fail(): never {
  throw new Error('There is no stream.');
}
