import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };

const root = resolve(import.meta.dirname, '..');
const arn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/mine-abcdefghij';

/** The command line as a process: what it printed so far, its exit code, and a wait for a line. */
function run(...args: string[]) {
  // Not the `tsx` command: a signal would have to find its way through it.
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli.ts', ...args], { cwd: root });
  onTestFinished(() => void child.kill('SIGKILL'));
  const printed = { out: '', error: '' };
  child.stdout.on('data', (bytes: Buffer) => (printed.out += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (printed.error += bytes.toString()));
  const exit = once(child, 'close').then(([code]: unknown[]) => code);
  const waitFor = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(printed.out);
      if (match) return match;
      await once(child.stdout, 'data');
    }
  };
  return { child, printed, exit, waitFor };
}

function invoke(url: string, path: string, body = '{"inputText":"a secret"}'): Promise<Response> {
  return fetch(url + path, { method: 'POST', body, headers: { authorization: 'any' } });
}

const agentPath = '/agents/AGENT/agentAliases/ALIAS/sessions/session/text';
const harness = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:harness/mine-abcdefghij';
const runtimePath = `/runtimes/${encodeURIComponent(arn)}/invocations`;

test.each(['SIGINT', 'SIGTERM'] as const)(
  'local answers until %s, and says what without what was said',
  async (signal) => {
    const { child, printed, exit, waitFor } = run('local', '--port', '0');
    const [, url = ''] = await waitFor(/export AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME=(\S+)\n/);
    await waitFor(/export AWS_DEFAULT_REGION/);
    expect(printed.out).toContain(`A local Bedrock listens on ${url}.`);
    expect(printed.out).toContain(`export AWS_ENDPOINT_URL_BEDROCK_AGENTCORE=${url}\n`);
    expect(printed.out).toContain('export AWS_ACCESS_KEY_ID=local\n');

    expect(await (await invoke(url, agentPath)).text()).toContain('event-type');
    await invoke(url, agentPath.replace('AGENT', 'a%0Ab'));
    expect(await (await invoke(url, runtimePath, '{"prompt":"a secret"}')).text()).toContain('secret');
    const headers = { 'x-amzn-bedrock-agentcore-runtime-session-id': 'x'.repeat(40) };
    const said = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'a secret' }] }] });
    const asked = await fetch(`${url}/harnesses/invoke?harnessArn=${harness}`, { method: 'POST', headers, body: said });
    expect(await asked.text()).toContain('secret');
    await fetch(`${url}/favicon.ico?a=b`);
    await waitFor(/favicon/);
    expect(printed.out.split('\n').slice(-6)).toEqual([
      'POST AGENT/ALIAS 200',
      'POST a?b/ALIAS 400',
      `POST ${arn} 200`,
      `POST ${harness} 200`,
      'GET /favicon.ico 404',
      '',
    ]);
    expect(printed.out).not.toContain('a secret');

    // A call that is still open does not keep it.
    const open = invoke(url, agentPath, JSON.stringify({ inputText: 'word '.repeat(2000) })).then((it) => it.text());
    await new Promise((done) => setTimeout(done, 50));
    child.kill(signal);
    await expect(open).rejects.toThrow();
    expect(await exit).toBe(0);
    expect(printed.error).toBe('');
  },
);

test('local lets calls fail, the same for the same seed', async () => {
  const statuses = async () => {
    const { waitFor } = run(
      'local',
      '--port',
      '0',
      '--fail',
      'throttling:0.5',
      '--fail',
      'conflict:0.2',
      '--seed',
      '7',
    );
    const [, url = ''] = await waitFor(/listens on (\S+)\. /);
    await waitFor(/Faults as with --seed 7\./);
    const seen: number[] = [];
    for (let index = 0; index < 12; index += 1) seen.push((await invoke(url, agentPath)).status);
    return seen;
  };
  const [one, other] = await Promise.all([statuses(), statuses()]);
  expect(one).toEqual(other);
  expect(new Set(one)).toEqual(new Set([200, 409, 429]));
});

test('local forwards a runtime to a container, and only that one', async () => {
  const container = createServer((_, outgoing) => outgoing.end('from the container')).listen(0, '127.0.0.1');
  await once(container, 'listening');
  onTestFinished(() => void container.close());
  const { port } = container.address() as AddressInfo;
  const { waitFor } = run('local', '--port', '0', '--forward', `${arn}=http://127.0.0.1:${port}`);
  const [, url = ''] = await waitFor(/listens on (\S+)\. /);
  expect(await (await invoke(url, runtimePath)).text()).toBe('from the container');
  expect((await invoke(url, runtimePath.replace('mine', 'other'))).status).toBe(404);
  expect((await invoke(url, agentPath)).status).toBe(200);
});

test.each([
  [['local', '--fail', 'thrtling:0.1'], /^error: There is no fault 'thrtling'\. Known are: throttling, /],
  [['local', '--fail', 'throttling:2'], /^error: The probability of the fault 'throttling' must be between 0 and 1/],
  [['local', '--fail', 'throttling'], /^error: A fault is written 'name:probability'/],
  [['local', '--forward', 'nonsense'], /^error: A runtime is forwarded with 'ARN=URL'/],
  [['local', '--forward', `${arn}=nonsense`], /^error: A container is reached by a URL/],
  [['local', '--port', 'x'], /^error: option '--port <port>' argument 'x' is invalid\. It must be a whole number\./],
  [['local', '--nonsense'], /^error: unknown option '--nonsense'/],
])('%j is an error that says what is allowed', async (args, message) => {
  const { printed, exit } = run(...args);
  expect(await exit).toBe(1);
  expect(printed.error).toMatch(message);
  expect(printed.out).toBe('');
});

test('a port that is taken is an error', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as AddressInfo;
  const { printed, exit } = run('local', '--port', String(port));
  expect(await exit).toBe(1);
  expect(printed.error).toMatch(/^error: .*EADDRINUSE/);
});

test('--version and --help answer', async () => {
  const [version, help] = [run('--version'), run('local', '--help')];
  expect([await version.exit, await help.exit]).toEqual([0, 0]);
  expect(version.printed.out).toBe(`${manifest.version}\n`);
  expect(help.printed.out).toMatch(/--port.*--host.*--fail.*--forward.*--seed/s);
});
