// `npm run test:runtimes`: the packed package on Bun and Deno, which npm's registry has, and on this Node for comparison.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'runtimes-'));
const tools = join(folder, 'tools');
const app = join(folder, 'app');

/** What npm installs into a folder of its own: an app that has Bun in it would not be the app that a user has. */
function install(prefix: string, ...packages: readonly string[]): void {
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', prefix, ...packages], {
    stdio: 'inherit',
  });
}

let failed = 0;
try {
  install(tools, 'bun@1', 'deno@2', 'tsx@4');
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root, encoding: 'utf8' }),
  ) as [{ readonly filename: string }];
  install(app, join(folder, packed.filename), 'openai@6');
  writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }');
  copyFileSync(join(import.meta.dirname, 'tour.ts'), join(app, 'tour.ts'));
  for (const [name, ...flags] of [['tsx'], ['bun'], ['deno', 'run', '--allow-all']] as const) {
    const { status } = spawnSync(join(tools, 'node_modules/.bin', name), [...flags, 'tour.ts'], {
      cwd: app,
      stdio: 'inherit',
      timeout: 300_000,
    });
    if (status !== 0) failed++;
  }
} finally {
  rmSync(folder, { recursive: true });
}
process.exitCode = failed;
