import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const examples = readdirSync(resolve(root, 'examples'));
/** What is deployed has tests of its own. */
const shown = examples.filter((name) => name.endsWith('.ts') && name !== 'demo.ts' && name !== 'lambda.ts');

describe.skipIf(!existsSync(resolve(root, 'dist/index.js')))('the examples (run `npm run build` first)', () => {
  it('all run in the demo, as written, without an AWS account', async () => {
    const env = { PATH: process.env['PATH'], HOME: '/nonexistent' };
    const tsx = resolve(root, 'node_modules/.bin/tsx');
    const { stdout, stderr } = await promisify(execFile)(tsx, ['examples/demo.ts'], { cwd: root, env });
    for (const example of shown) expect(stdout).toContain(`examples/${example}`);
    expect(stdout).toContain('You said: What are the key principles of software architecture?');
    expect(stdout).toContain('This is turn 2 of this session.');
    expect(stdout).toContain('The agent asks for get_weather({"city":"Paris"})');
    expect(stdout).toMatch(/I asked, and heard: .*Sunny, 21 °C/);
    expect(stdout).toMatch(/Response cost: \$0\.\d+/);
    expect(stderr).toBe('');
  });

  it.each(examples)('%s has less than thirty lines', (example) => {
    expect(readFileSync(resolve(root, 'examples', example), 'utf8').split('\n').length).toBeLessThan(30);
  });
});
