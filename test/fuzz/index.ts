import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.ts';
import { subjects } from './subjects.ts';

/** `npm run fuzz -- [part of a subject's name …] [--cases N] [--seed S] [--seconds N]` */
const { values, positionals } = parseArgs({
  options: { cases: { type: 'string' }, seed: { type: 'string' }, seconds: { type: 'string' } },
  allowPositionals: true,
});
const seconds = values.seconds === undefined ? undefined : toNumber('seconds', values.seconds);
const cases = toNumber('cases', values.cases ?? (seconds === undefined ? '100000' : String(Number.MAX_SAFE_INTEGER)));
const given = values.seed === undefined ? undefined : toNumber('seed', values.seed);

const chosen = Object.keys(subjects).filter(
  (name) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
);
if (chosen.length === 0)
  throw new RangeError(`There are no such subjects. Known are: ${Object.keys(subjects).join(', ')}.`);

console.log('| subject | cases | seed | seconds | result |');
console.log('| ------- | ----- | ---- | ------- | ------ |');
for (const subject of chosen) {
  const seed = given ?? randomInt(2 ** 31);
  const { failure, ...done } = await runCampaign(subject, { seed, cases, seconds });
  const result = failure === undefined ? 'holds' : 'FAILED';
  console.log(`| ${subject} | ${done.cases} | ${seed} | ${done.seconds.toFixed(0)} | ${result} |`);
  if (failure === undefined) continue;
  console.error(failure);
  process.exitCode = 1;
}

function toNumber(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new RangeError(`--${name} is a whole number, not '${text}'.`);
}
