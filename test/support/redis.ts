import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** Whether this machine has Redis; where it must (CI), its absence is an error. */
export function hasRedis(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    if (!process.env['CI'] && !process.env['REQUIRE_REDIS']) return false;
    throw new Error('redis-server is missing; `apt-get install redis-server`.', { cause: error });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

export interface Redis {
  readonly stop: () => Promise<void>;
  /** Falls silent without closing any connection, until it is resumed. */
  readonly pause: () => void;
  readonly resume: () => void;
}

/** A Redis of its own that writes nothing to the disk. */
export async function startRedis(port: number, password?: string): Promise<Redis> {
  const quiet = ['--save', '', '--appendonly', 'no', '--bind', '127.0.0.1', '--daemonize', 'no'];
  const secured = password === undefined ? [] : ['--requirepass', password];
  const redis = spawn('redis-server', ['--port', String(port), ...quiet, ...secured], { stdio: 'pipe' });
  await ready(redis);
  return {
    pause: () => void redis.kill('SIGSTOP'),
    resume: () => void redis.kill('SIGCONT'),
    stop: async () => {
      const ended = new Promise((resolve) => redis.once('exit', resolve));
      redis.kill('SIGKILL');
      await ended;
    },
  };
}

async function ready({ stdout }: ChildProcess): Promise<void> {
  let said = '';
  for await (const bytes of stdout ?? []) {
    said += String(bytes);
    if (said.includes('Ready to accept connections')) return;
  }
  throw new Error(`redis-server ended: ${said}`);
}
