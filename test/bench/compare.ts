import type { Process, Reply } from './process.ts';
import type { Row } from './subjects.ts';

export interface Comparison extends Turns {
  readonly name: string;
  readonly ours: Process;
  readonly theirs: Process;
  /** Of what the work of a round is measured: events, requests. */
  readonly per: number;
  readonly bound?: number;
}

export interface Turns {
  readonly rounds: number;
  /** Rounds before the first that counts. */
  readonly warmUp?: number;
}

/** CPU time of two contenders by turns, after rounds that warm them up. The ratio is the median of the pairs' ratios. */
export async function compare({ name, ours, theirs, per, bound, ...turns }: Comparison): Promise<Row> {
  const [mine = [], other = []] = await takeTurns([ours, theirs], turns);
  const cpu = (replies: readonly Reply[]) => replies.map((reply) => reply.cpu / per);
  return toRow({ name, unit: 'µs CPU', ours: cpu(mine), theirs: cpu(other), by: 'ratio', bound });
}

/** The replies of each contender, in order: every round is of all of them, one after the other. */
export async function takeTurns(contenders: readonly Process[], { rounds, warmUp = 3 }: Turns): Promise<Reply[][]> {
  const replies: Reply[][] = contenders.map(() => []);
  for (let round = -warmUp; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const reply = await contender.round();
      if (round >= 0) replies[index]?.push(reply);
    }
  }
  return replies;
}

export interface Pairs {
  readonly name: string;
  readonly unit: string;
  /** One figure of each round. */
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  readonly by: 'ratio' | 'difference';
  readonly bound?: number | undefined;
}

/** The medians, and the median of what each round's pair compares to. */
export function toRow({ name, unit, ours, theirs, by, bound }: Pairs): Row {
  const compared = ours.map((figure, round) => {
    const other = theirs[round] ?? NaN;
    return by === 'ratio' ? figure / other : figure - other;
  });
  return {
    name,
    unit,
    ours: quantile(ours),
    theirs: quantile(theirs),
    compared: { by, value: quantile(compared) },
    quartiles: [quantile(compared, 0.25), quantile(compared, 0.75)],
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
