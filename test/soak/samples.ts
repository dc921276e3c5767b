import { getActiveResourcesInfo } from 'node:process';
import type { Proxy } from './processes.ts';

/** What the library's process and the proxy hold at one time; memory in MB, the heap's after its garbage was collected. */
export interface Sample {
  readonly minute: number;
  readonly libraryHeap: number;
  readonly libraryMemory: number;
  readonly librarySockets: number;
  readonly proxyHeap: number;
  readonly proxyMemory: number;
  readonly proxyHandles: number;
  readonly proxyStreams: number;
}

export const columns = [
  'libraryHeap',
  'libraryMemory',
  'librarySockets',
  'proxyHeap',
  'proxyMemory',
  'proxyHandles',
  'proxyStreams',
] as const;

export async function takeSample(minute: number, proxy: Proxy): Promise<Sample> {
  const told = await proxy.read();
  const number = (name: string) => told.get(name) ?? NaN;
  // Run with --expose-gc, or else it stands for a little more.
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return {
    minute,
    libraryHeap: heapUsed / 1e6,
    libraryMemory: rss / 1e6,
    librarySockets: getActiveResourcesInfo().filter((name) => name.includes('TCPSocket')).length,
    proxyHeap: number('nodejs_heap_size_used_bytes') / 1e6,
    proxyMemory: number('process_resident_memory_bytes') / 1e6,
    proxyHandles: number('nodejs_active_handles_total'),
    proxyStreams: number('bedrock_agents_openai_open_streams'),
  };
}

/** How much a column grows in an hour, by the line that fits best through what came after the first third. */
export function slopeOf(samples: readonly Sample[], column: (typeof columns)[number]): number {
  const settled = samples.slice(Math.floor(samples.length / 3));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [minute, height] = [
    mean(settled.map((sample) => sample.minute)),
    mean(settled.map((sample) => sample[column])),
  ];
  const above = settled.reduce((sum, sample) => sum + (sample.minute - minute) * (sample[column] - height), 0);
  const below = settled.reduce((sum, sample) => sum + (sample.minute - minute) ** 2, 0);
  return below === 0 ? 0 : (above / below) * 60;
}
