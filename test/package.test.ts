import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const run = promisify(execFile);

/** Runs a script in a fresh Node in this package, which may import itself by name as a user does. */
async function node(script: string, inputType: 'module' | 'commonjs' = 'module'): Promise<unknown> {
  const { stdout } = await run(process.execPath, ['--no-warnings', `--input-type=${inputType}`, '-e', script], {
    cwd: root,
  });
  return JSON.parse(stdout);
}

/** Modules of AWS's that a process has loaded; on Node the SDK is CommonJS, so all of it is in the cache. */
const loaded = `Object.keys(createRequire(process.cwd() + '/').cache).filter((file) => /@aws-sdk|@smithy|genai-prices/.test(file)).length`;

describe.skipIf(!existsSync(resolve(root, 'dist/index.js')))('the built package (run `npm run build` first)', () => {
  it('exports the same from ESM and CommonJS', async () => {
    for (const entry of [
      'bedrock-agents-openai',
      'bedrock-agents-openai/fetch',
      'bedrock-agents-openai/proxy',
      'bedrock-agents-openai/local',
    ]) {
      const esm = await node(`console.log(JSON.stringify(Object.keys(await import('${entry}')).sort()))`);
      const cjs = await node(`console.log(JSON.stringify(Object.keys(require('${entry}')).sort()))`, 'commonjs');
      expect(esm).toEqual(cjs);
      expect(esm).not.toEqual([]);
    }
  });

  it('has errors of one format be instances of the classes of the other', async () => {
    const answer = await node(`
      import { createRequire } from 'node:module';
      import * as esm from 'bedrock-agents-openai';
      const cjs = createRequire(process.cwd() + '/')('bedrock-agents-openai');
      const wrong = { model: 'nonsense', messages: [{ role: 'user', content: 'hi' }] };
      const [ours, theirs] = await Promise.all([esm, cjs].map((it) => it.completion(wrong).catch((error) => error)));
      console.log(JSON.stringify({
        distinct: esm.APIError !== cjs.APIError,
        crossed: [ours instanceof cjs.BadRequestError, theirs instanceof esm.BadRequestError, ours instanceof cjs.APIError],
        others: [ours instanceof cjs.RateLimitError, theirs instanceof esm.UnsupportedParamsError, {} instanceof esm.APIError],
        names: [ours.name, theirs.name, ours.status],
      }));
    `);
    expect(answer).toEqual({
      distinct: true,
      crossed: [true, true, true],
      others: [false, false, false],
      names: ['BadRequestError', 'BadRequestError', 400],
    });
  });

  it('has the errors of one entry be known to another, of either format', async () => {
    const answer = await node(`
      import { createRequire } from 'node:module';
      import { createHandler } from 'bedrock-agents-openai/fetch';
      const cjs = createRequire(process.cwd() + '/')('bedrock-agents-openai');
      const esm = await import('bedrock-agents-openai');
      const statuses = [];
      for (const { RateLimitError } of [esm, cjs]) {
        const handler = createHandler({ completion: () => Promise.reject(new RateLimitError('Slow down.')) });
        const headers = { 'content-type': 'application/json' };
        const request = new Request('http://any/v1/chat/completions', { method: 'POST', headers, body: '{}' });
        statuses.push((await handler(request)).status);
      }
      console.log(JSON.stringify(statuses));
    `);
    expect(answer).toEqual([429, 429]);
  });

  it('loads no AWS code and no prices at import, and AWS code on the first call', async () => {
    const answer = await node(`
      import { createRequire } from 'node:module';
      const { completion } = await import('bedrock-agents-openai');
      const { createFetch } = await import('bedrock-agents-openai/fetch');
      createFetch({ aws_region_name: 'us-west-2' });
      const before = ${loaded};
      const keys = { aws_access_key_id: 'AKID', aws_secret_access_key: 'secret', api_base: 'http://127.0.0.1:9' };
      await completion({ model: 'bedrock/agent/A/B', messages: [{ role: 'user', content: 'hi' }], ...keys }).catch(() => {});
      console.log(JSON.stringify({ before, after: ${loaded} > 0 }));
    `);
    expect(answer).toEqual({ before: 0, after: true });
  });

  it('costs less than half of an AWS client to import', async () => {
    const time = (name: string) =>
      node(`const start = performance.now(); await import('${name}'); console.log(performance.now() - start)`);
    const pairs: { ours: number; aws: number }[] = [];
    for (let round = 0; round < 7; round++) {
      const ours = Number(await time('bedrock-agents-openai'));
      pairs.push({ ours, aws: Number(await time('@aws-sdk/client-bedrock-agentcore')) });
    }
    const median = (values: number[]) => values.sort((a, b) => a - b)[3] ?? NaN;
    const ratio = median(pairs.map(({ ours }) => ours)) / median(pairs.map(({ aws }) => aws));
    expect(ratio).toBeLessThan(0.5);
  });
});
