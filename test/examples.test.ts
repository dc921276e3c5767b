import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const examples = readdirSync(resolve(root, 'examples'), { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ name }) => name);
/** What is deployed has tests of its own, and a test is run as one. */
const elsewhere = ['demo.ts', 'lambda.ts', 'app.test.ts'];
const shown = examples.filter((name) => name.endsWith('.ts') && !elsewhere.includes(name));
const run = promisify(execFile);

describe.skipIf(!existsSync(resolve(root, 'dist/index.js')))('the examples (run `npm run build` first)', () => {
  it('all run in the demo, as written, without an AWS account', async () => {
    const env = { PATH: process.env['PATH'], HOME: '/nonexistent' };
    const tsx = resolve(root, 'node_modules/.bin/tsx');
    const { stdout, stderr } = await run(tsx, ['examples/demo.ts'], { cwd: root, env });
    for (const example of shown) expect(stdout).toContain(`examples/${example}`);
    expect(stdout).toContain('You said: What are the key principles of software architecture?');
    expect(stdout).toContain('This is turn 2 of this session.');
    expect(stdout).toContain('The agent asks for get_weather({"city":"Paris"})');
    expect(stdout).toMatch(/I asked, and heard: .*Sunny, 21 °C/);
    expect(stdout).toMatch(/Response cost: \$0\.\d+/);
    expect(stdout).toContain('"You can return it within 30 days." is from https://example.com/returns');
    expect(stdout).toContain('I got sales.csv and drew this:\nchart.png data:image/png;base64,');
    expect(stdout).toContain('You came with: Bearer a-token-of-your-identity-provider');
    expect(stdout).toContain('The harness asks for get_weather({"city":"Paris"})');
    expect(stdout).toContain('The spare one heard: Hi\nFallbacks asked: 1');
    // OpenAI's client, the AI SDK, LangChain and the proxy's caller ask the same.
    expect(stdout.match(/You said: Which of our customers may leave us, and why\?/g)).toHaveLength(4);
    expect(stderr).toBe('');
  }, 60_000);

  it('that is a test passes, as a user runs it', async () => {
    // Without the configuration of this repository, which a user does not have.
    const script = `const { startVitest } = await import('vitest/node');
      await startVitest('test', [], { root: 'examples', config: false, cache: false, watch: false, reporters: 'json' },
        { cacheDir: '../.tmp/vite' });`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
      cwd: root,
      env: { PATH: process.env['PATH'], AWS_EC2_METADATA_DISABLED: 'true' },
    });
    expect(JSON.parse(stdout)).toMatchObject({ success: true, numTotalTests: 2, numPassedTests: 2 });
  }, 60_000);

  it.each(examples)('%s has less than thirty lines', (example) => {
    expect(readFileSync(resolve(root, 'examples', example), 'utf8').split('\n').length).toBeLessThan(30);
  });
});
