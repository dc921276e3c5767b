import { describe, expect, test } from 'vitest';
import { runCampaign } from './campaign.ts';
import { subjects } from './subjects.ts';

// The same inputs each time, so that no run of others fails for what this one has not changed; `npm run fuzz` makes others.
const seed = Number(process.env['FUZZ_SEED'] ?? 20_251_122);
const cases = Number(process.env['FUZZ_CASES'] ?? 1000);

describe(`${cases} inputs made of the seed ${seed}`, () => {
  test.each(Object.keys(subjects))(
    '%s',
    async (subject) => {
      const { failure } = await runCampaign(subject, { seed, cases });
      expect(failure).toBeUndefined();
    },
    60_000,
  );
});

test('a subject that nobody knows is refused', async () => {
  await expect(runCampaign('nonsense', { seed, cases: 1 })).rejects.toThrow(/There is no subject nonsense/);
});
