import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { toReport } from './report.ts';
import { runSoak } from './soak.ts';

/** `npm run soak -- [--minutes 60] [--rate 10] [--report file.md]` */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '10' },
    report: { type: 'string' },
  },
});
const soak = await runSoak({ minutes: Number(values.minutes), rate: Number(values.rate) });
const report = toReport(soak);
console.log(report);
if (values.report !== undefined) await writeFile(values.report, report);
process.exit(soak.problems.length > 0 ? 1 : 0);
