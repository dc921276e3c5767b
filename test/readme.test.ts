import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalBedrock, startLocalBedrock } from '../src/local.ts';

const root = resolve(import.meta.dirname, '..');
const run = promisify(execFile);
const readme = readFileSync(resolve(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/^## ([^\n]+)\n(?:(?!^## )[^])*?```ts\n([^]*?)```/gm)].map(
  ([, title = '', code = '']) => ({
    title,
    code,
  }),
);

describe.skipIf(!existsSync(resolve(root, 'dist/index.js')))(
  'the code of the README (run `npm run build` first)',
  () => {
    let bedrock: LocalBedrock;
    beforeAll(async () => {
      bedrock = await startLocalBedrock();
    });
    afterAll(() => bedrock.close());

    it('is found', () => expect(blocks.length).toBeGreaterThanOrEqual(4));

    it.each(blocks)('runs as written: $title', async ({ title, code }) => {
      // In dist, so that the package finds itself by name, as it does where a user has installed it.
      const file = resolve(root, 'dist', `readme-${title.replaceAll(/\W+/g, '-')}.ts`);
      await writeFile(file, code);
      try {
        const { stdout } = await run(resolve(root, 'node_modules/.bin/tsx'), [file], {
          env: { ...process.env, ...bedrock.env },
        });
        expect(stdout).toMatch(/said/);
      } finally {
        await rm(file);
      }
    });
  },
);
