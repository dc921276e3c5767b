import type { Process } from './process.ts';
import type { Row } from './subjects.ts';

export interface Comparison {
  readonly name: string;
  readonly ours: Process;
  readonly theirs: Process;
  readonly rounds: number;
  /** Rounds before the first that counts. */
  readonly warmUp?: number;
  /** Of what the work of a round is measured: events, requests. */
  readonly per: number;
  readonly bound?: number;
}

/** CPU time of two contenders by turns, after rounds that warm them up. The ratio is the median of the pairs' ratios. */
export async function compare({ name, ours, theirs, rounds, warmUp = 3, per, bound }: Comparison): Promise<Row> {
  for (let round = 0; round < warmUp; round++) {
    await ours.round();
    await theirs.round();
  }
  const pairs: { readonly ours: number; readonly theirs: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    pairs.push({ ours: (await ours.round()).cpu / per, theirs: (await theirs.round()).cpu / per });
  }
  const ratios = pairs.map((pair) => pair.ours / pair.theirs);
  return {
    name,
    unit: 'µs CPU',
    ours: quantile(pairs.map((pair) => pair.ours)),
    theirs: quantile(pairs.map((pair) => pair.theirs)),
    compared: { by: 'ratio', value: quantile(ratios) },
    quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    ...(bound !== undefined && { bound }),
  };
}

/** The median, or the value below which this part of the values lies. */
export function quantile(values: readonly number[], part = 0.5): number {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (sorted.length - 1) * part;
  const below = sorted[Math.floor(at)] ?? NaN;
  const above = sorted[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at - Math.floor(at));
}
