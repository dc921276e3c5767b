import { columns, slopeOf } from './samples.ts';
import type { Soak } from './soak.ts';

/** What a soak showed, as Markdown. */
export function toReport({ minutes, rate, outcomes, samples, load, problems }: Soak): string {
  const all = [...outcomes.values()].reduce((sum, count) => sum + count, 0);
  const [first, middle, last] = [samples[0], samples[Math.floor(samples.length / 2)], samples.at(-1)];
  const number = (value: number | undefined) => value?.toFixed(1) ?? '';
  return [
    `# Soak of ${minutes.toFixed(1)} minutes`,
    '',
    `${all} requests, ${rate} in a second; every answer was looked at for its nonce. Load and library took ${(load * 100).toFixed(0)} % of a core.`,
    '',
    '| outcome | requests |',
    '| ------- | -------- |',
    ...[...outcomes].sort().map(([name, count]) => `| ${name} | ${count} |`),
    '',
    '| what is held | start | middle | end, at rest | in an hour |',
    '| ------------ | ----- | ------ | ------------ | ---------- |',
    // The last one is at rest, and none of the line.
    ...columns.map(
      (column) =>
        `| ${column} | ${number(first?.[column])} | ${number(middle?.[column])} | ${number(last?.[column])} | ${number(slopeOf(samples.slice(0, -1), column))} |`,
    ),
    '',
    problems.length === 0 ? 'Nothing was lost, mixed up or left open, and nothing grew.' : '## Problems',
    ...problems.map((problem) => `- ${problem}`),
    '',
  ].join('\n');
}
