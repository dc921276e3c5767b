// `npm run test:nodes [-- files]`: the tests on each Node that is promised to work, which npm's registry has.
import { spawnSync } from 'node:child_process';

const failed: string[] = [];
for (const version of ['20', '22', '24', '26']) {
  console.log(`\n── Node ${version} ──\n`);
  const vitest = ['node', 'node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)];
  const { status } = spawnSync('npx', ['--yes', '--package', `node@${version}`, '--', ...vitest], { stdio: 'inherit' });
  if (status !== 0) failed.push(version);
}
console.log(failed.length === 0 ? '\nEvery Node passes.' : `\nFailed on Node ${failed.join(', ')}.`);
process.exitCode = failed.length;
