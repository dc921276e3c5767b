import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const run = promisify(execFile);

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** What a user's first file may look like, in each of the languages and module systems. */
const esm = `
import { completion, BadRequestError } from 'bedrock-agents-openai';
import { createFetch } from 'bedrock-agents-openai/fetch';
import { startLocalBedrock } from 'bedrock-agents-openai/local';
const bedrock = await startLocalBedrock();
Object.assign(process.env, bedrock.env);
const messages = [{ role: 'user', content: 'Hi' }];
const response = await completion({ model: 'bedrock/agent/HELLO/LIVE', messages });
const refused = await completion({ model: 'nonsense', messages }).catch((error) => error instanceof BadRequestError);
const models = await createFetch({ aws_region_name: 'us-west-2' })('http://any/v1/models');
console.log(response.choices[0].message.content, refused, response._hidden_params.response_cost > 0, models.status);
await bedrock.close();
`;
const cjs = esm
  .replace(/import (.*) from ('.*');/g, 'const $1 = require($2);')
  .replace('const bedrock', '(async () => {\nconst bedrock')
  .concat('})();');
const ts = `
import { completion, type ChatCompletion } from 'bedrock-agents-openai';
import { createFetch, createHandler, type Handler } from 'bedrock-agents-openai/fetch';
import { createProxy, loadConfig, type Proxy } from 'bedrock-agents-openai/proxy';
import { startLocalBedrock, type LocalAgent } from 'bedrock-agents-openai/local';
export const proxy: Promise<Proxy> = loadConfig('config.yaml').then(createProxy);
const agent: LocalAgent = async function* (request) { yield request.inputText ?? ''; };
export const bedrock = startLocalBedrock({ agents: { 'HELLO/LIVE': agent } });
export const response: Promise<ChatCompletion> = completion({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] });
// @ts-expect-error a number
void completion({ model: 'm', messages: [], temperature: 'hot' });
export const fetch: typeof globalThis.fetch = createFetch({ aws_region_name: 'us-west-2' });
export const handler: Handler = createHandler({ completion });
// @ts-expect-error a request says itself whether it streams
createFetch({ stream: true });
`;

describe.skipIf(!existsSync(resolve(root, 'dist/index.d.ts')))('the packed package (run `npm run build` first)', () => {
  let folder: string;
  let packed: Packed;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'install-'));
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root });
    [packed] = JSON.parse(stdout) as [Packed];
    await writeFile(join(folder, 'package.json'), '{ "private": true }');
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
    const users = ['typescript@5.9', '@types/node@20'];
    await run('npm', ['install', ...quiet, `./${packed.filename}`, ...users], { cwd: folder });
  }, 180_000);
  afterAll(() => rm(folder, { recursive: true }));

  it('holds what a user needs and nothing else', () => {
    const kinds = new Set(packed.files.map(({ path }) => path.replace(/^dist\/[^.]+\./, 'dist/*.')));
    expect([...kinds].sort()).toEqual(
      ['LICENSE', 'README.md', 'package.json', 'dist/*.cjs', 'dist/*.js', 'dist/*.d.cts', 'dist/*.d.ts'].sort(),
    );
  });

  it('is as small as its README says', async () => {
    const readme = await readFile(join(folder, 'node_modules/bedrock-agents-openai/README.md'), 'utf8');
    const told = /The package is ([\d.]+) MB packed and ([\d.]+) MB unpacked\b[^]*?installs\s+(\d+)\s+packages/.exec(
      readme,
    );
    const [, size, unpackedSize, packages] = (told ?? []).map(Number);
    const { stdout } = await run('npm', ['ls', '--all', '--parseable'], { cwd: folder });
    // Beside the folder itself: TypeScript, @types/node and undici-types, which this test brought.
    const installed = stdout.trim().split('\n').length - 4;
    const measured = { size: packed.size / 1e6, unpackedSize: packed.unpackedSize / 1e6, packages: installed };
    for (const [name, [is, said = NaN]] of Object.entries({
      size: [measured.size, size],
      unpackedSize: [measured.unpackedSize, unpackedSize],
      packages: [measured.packages, packages],
    })) {
      expect(Math.abs((is ?? NaN) / said - 1), `${name} is ${is}, and the README says ${said}`).toBeLessThan(0.1);
    }
    expect(packed.unpackedSize).toBeLessThan(1_500_000);
    expect(installed).toBeLessThan(60);
  });

  it('needs nothing but its README for a first answer', async () => {
    const readme = await readFile(join(folder, 'node_modules/bedrock-agents-openai/README.md'), 'utf8');
    const [, code = ''] = /```js\n([^]*?)```/.exec(readme) ?? [];
    await writeFile(join(folder, 'hello.mjs'), code);
    const local = spawn('npx', ['bedrock-agents-openai', 'local', '--port', '0'], { cwd: folder, detached: true });
    try {
      const env: Record<string, string | undefined> = { PATH: process.env['PATH'], HOME: folder };
      let printed = '';
      while (!printed.includes('AWS_DEFAULT_REGION')) printed += String((await once(local.stdout, 'data'))[0]);
      for (const [, name = '', value] of printed.matchAll(/^export (\w+)=(.*)$/gm)) env[name] = value;
      const { stdout } = await run(process.execPath, ['hello.mjs'], { cwd: folder, env });
      expect(stdout).toContain('You said: Summarise our Q3 sales');
      expect(stdout).toMatch(/total_tokens: \d+ } 0\.\d+/);
    } finally {
      if (local.pid !== undefined) process.kill(-local.pid);
    }
  }, 60_000);

  it('brings a command', async () => {
    const { stdout } = await run(join(folder, 'node_modules/.bin/bedrock-agents-openai'), ['--version']);
    expect(stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it.each([
    ['an ES module', 'main.mjs', esm],
    ['CommonJS', 'main.cjs', cjs],
  ])('runs from %s', async (_, name, code) => {
    await writeFile(join(folder, name), code);
    const { stdout } = await run(process.execPath, ['--no-warnings', name], { cwd: folder });
    expect(stdout).toContain('You said: Hi');
    expect(stdout).toContain('true true 200');
  });

  it.each([
    ['node16', 'node16', 'main.mts'],
    ['node16', 'node16', 'main.cts'],
    ['bundler', 'esnext', 'main.ts'],
  ])(
    'has types for moduleResolution %s (module %s, %s)',
    async (resolution, module, name) => {
      await writeFile(join(folder, name), ts);
      const flags = [
        '--noEmit',
        '--strict',
        '--target',
        'es2022',
        '--module',
        module,
        '--moduleResolution',
        resolution,
      ];
      await run(join(folder, 'node_modules/.bin/tsc'), [...flags, name], { cwd: folder }).catch((error: unknown) => {
        throw new Error((error as { stdout: string }).stdout);
      });
    },
    60_000,
  );
});
