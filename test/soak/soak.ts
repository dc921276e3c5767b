import { setTimeout as sleep } from 'node:timers/promises';
import { startBedrock, startProxy } from './processes.ts';
import { createWays, makeRequest, type Outcome } from './request.ts';
import { type Sample, slopeOf, takeSample } from './samples.ts';

export interface SoakOptions {
  readonly minutes: number;
  /** Requests in a second. */
  readonly rate: number;
}

/** What a soak showed. */
export interface Soak {
  readonly minutes: number;
  readonly rate: number;
  /** How many, by what became of them. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly samples: readonly Sample[];
  /** Share of a core that the load and the library took. */
  readonly load: number;
  /** What is not as it should be: nothing, where all is well. */
  readonly problems: readonly string[];
}

/** Should requests hang, as many wait at most. */
const mostAtOnce = 200;
/** Milliseconds; the slowest reader is done in a few seconds. */
const longest = 60_000;

/** Asks for that long, looks at every answer, and at what is held meanwhile and once nobody asks any more. */
export async function runSoak({ minutes, rate }: SoakOptions): Promise<Soak> {
  const bedrock = await startBedrock();
  const proxy = await startProxy(bedrock);
  const ways = createWays(bedrock, proxy);
  const outcomes = new Map<string, number>();
  const problems = new Set<string>();
  const unhandled = (error: unknown) => void problems.add(`Nobody handled ${String(error)}.`);
  process.on('unhandledRejection', unhandled);
  const waiting = new Set<Promise<void>>();
  const empty = await takeSample(0, proxy);

  function count({ type, detail, reliability }: Outcome): void {
    const name = `${type}${type === 'failed' ? ` (${detail})` : ''}, ${reliability}`;
    outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
    if (type === 'wrong') problems.add(detail ?? '');
  }

  function begin(): void {
    const hung = sleep(longest, { type: 'wrong', detail: 'hung', reliability: 'sound' } as const, { ref: false });
    const request = Promise.race([makeRequest(ways), hung]).then(count);
    waiting.add(request);
    void request.finally(() => waiting.delete(request));
  }

  // What is loaded and made on first use is no growth.
  for (let index = 0; index < 10; index++) begin();
  await Promise.all(waiting);
  const began = performance.now();
  const spent = process.cpuUsage();
  const elapsed = () => (performance.now() - began) / 60_000;
  const first = await takeSample(0, proxy);
  const samples = [first];
  while (elapsed() < minutes && proxy.isUp()) {
    if (waiting.size < mostAtOnce) begin();
    if (elapsed() > (samples.length * minutes) / 60) samples.push(await takeSample(elapsed(), proxy));
    await sleep((1000 / rate) * 2 * Math.random());
  }
  const { user, system } = process.cpuUsage(spent);
  const load = (user + system) / 1000 / (performance.now() - began);

  await Promise.all(waiting);
  const last = await settle();
  for (const problem of findGrowth(samples, empty, last)) problems.add(problem);
  if (!proxy.isUp()) problems.add('The proxy ended.');
  process.off('unhandledRejection', unhandled);
  await proxy.stop();
  bedrock.stop();
  return { minutes: elapsed(), rate, outcomes, samples: [...samples, last], load, problems: [...problems] };

  /** Connections that are kept for the next request are let go after a few seconds without one. */
  async function settle(): Promise<Sample> {
    for (let tries = 0; ; tries++) {
      await sleep(1000);
      const sample = await takeSample(elapsed(), proxy);
      const isQuiet =
        sample.proxyStreams === 0 &&
        sample.proxyHandles <= empty.proxyHandles &&
        sample.librarySockets <= empty.librarySockets;
      if (isQuiet || tries === 30) return sample;
    }
  }
}

/** In a soak too short for a line through its samples only what is left at its end tells anything. */
const shortest = 5;

function findGrowth(samples: readonly Sample[], empty: Sample, last: Sample): readonly string[] {
  const problems: string[] = [];
  if (last.proxyStreams !== 0) problems.push(`${last.proxyStreams} streams of the proxy have no end.`);
  if (last.proxyHandles > empty.proxyHandles)
    problems.push(`The proxy has ${last.proxyHandles - empty.proxyHandles} handles more.`);
  if (last.librarySockets > empty.librarySockets)
    problems.push(`The library has ${last.librarySockets - empty.librarySockets} sockets more.`);
  const minutes = samples.at(-1)?.minute ?? 0;
  if (minutes < shortest) return problems;
  for (const column of ['libraryHeap', 'proxyHeap'] as const) {
    const growth = (slopeOf(samples, column) * minutes) / 60;
    if (growth > Math.max(5, (samples[0]?.[column] ?? 0) * 0.2))
      problems.push(`${column} grew by ${growth.toFixed(1)} MB.`);
  }
  return problems;
}
