import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { toReport } from './report.ts';
import { runSoak } from './soak.ts';

const built = existsSync(resolve(import.meta.dirname, '../../dist/cli.js'));

test.skipIf(!built)(
  'a soak of a few seconds loses nothing, mixes nothing up and leaves nothing open (run `npm run build` first)',
  async () => {
    const soak = await runSoak({ minutes: 0.05, rate: 20 });
    expect(soak.problems).toEqual([]);
    expect(soak.outcomes.get('whole, sound')).toBeGreaterThan(0);
    expect(toReport(soak)).toMatch(/Nothing was lost, mixed up or left open/);
  },
  120_000,
);
