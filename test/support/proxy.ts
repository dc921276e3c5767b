import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import OpenAI, { type ClientOptions } from 'openai';
import { afterAll, expect } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const running = new Set<{ readonly output: () => string; readonly kill: () => Promise<void> }>();

/** What no proxy of the suite may ever write: prompts and answers of these tests hold the first. */
const secrets = [/OPENSESAME/i, /sk-[a-z]/, /local-secret/];

afterAll(async () => {
  const written = [...running].map(({ output }) => output());
  await Promise.all([...running].map((proxy) => proxy.kill()));
  for (const text of written) for (const secret of secrets) expect(text).not.toMatch(secret);
});

interface Init extends RequestInit {
  readonly headers?: Record<string, string>;
}

export interface RunningProxy {
  readonly url: string;
  /** All that it wrote, its errors too. */
  readonly output: () => string;
  /** Its lines about requests. */
  readonly lines: () => readonly Readonly<Record<string, unknown>>[];
  /** Resolves with the exit code. */
  readonly exit: Promise<unknown>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Leaves unread what it writes from now on, until its process has ended. */
  readonly neglect: () => void;
  readonly kill: () => Promise<void>;
  readonly client: (key?: string, options?: ClientOptions) => OpenAI;
  readonly post: (body: unknown, key?: string, init?: Init) => Promise<Response>;
}

/** Runs the command on a configuration and waits until it listens; whatever it wrote is looked through at the end. */
export async function startProxy(
  yaml: string,
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<RunningProxy> {
  const proxy = await runProxy(yaml, env, args);
  while (!proxy.url()) {
    const ended = await Promise.race([proxy.more(), proxy.exit]);
    if (typeof ended === 'number') throw new Error(`The proxy ended: ${proxy.output()}`);
  }
  const url = proxy.url();
  const started: RunningProxy = {
    ...proxy,
    url,
    client: (key = 'any', options = {}) => new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0, ...options }),
    post: (body, key = 'any', init = {}) =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...init,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...init.headers },
      }),
  };
  return started;
}

/** Runs the command on a configuration, whatever becomes of it. */
export async function runProxy(yaml: string, env: Readonly<Record<string, string>> = {}, args: readonly string[] = []) {
  const folder = await mkdtemp(join(tmpdir(), 'proxy-'));
  const file = join(folder, 'config.yaml');
  await writeFile(file, yaml);
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'src/cli.ts', '--config', file, '--port', '0', ...args],
    // Nothing of the machine's own, so that no real account is ever asked.
    { cwd: root, env: { PATH: process.env['PATH'], AWS_EC2_METADATA_DISABLED: 'true', ...env } },
  );
  let written = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (written += String(bytes)));
  const exit = once(child, 'close').then(async ([code]: unknown[]) => {
    await rm(folder, { recursive: true, force: true });
    return code;
  });
  const proxy = {
    output: () => written,
    url: () => /"url":"([^"]+)"/.exec(written)?.[1] ?? '',
    more: () => once(child.stdout, 'data').then(() => undefined),
    exit,
    lines: () =>
      written
        .split('\n')
        .filter((line) => line.includes('"msg":"request"'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    signal: (signal: NodeJS.Signals) => void child.kill(signal),
    neglect: () => {
      child.stdout.pause();
      child.once('exit', () => child.stdout.resume());
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
  running.add(proxy);
  return proxy;
}
