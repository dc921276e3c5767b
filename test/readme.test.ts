import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalBedrock, startLocalBedrock } from '../src/local.ts';
import { readBlocks } from './support/readme.ts';

const root = resolve(import.meta.dirname, '..');
const run = promisify(execFile);
const manifest = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as {
  name: string;
  scripts: Record<string, string>;
};
const blocks = readBlocks();
const sections = [...new Set(blocks.map(({ section }) => section))].map((section) => ({
  section,
  blocks: blocks.filter((block) => block.section === section),
}));

/** What a shell finds here: `npx` runs the built command, and `npm` only looks whether it is asked for what there is. */
const shims = {
  npx: `[ "$1" = ${manifest.name} ] && shift && exec node "${root}/dist/cli.js" "$@"`,
  npm: `case "$1" in
    ci | test) ;;
    install) [ "$2" = ${manifest.name} ] ;;
    run) echo ' ${Object.keys(manifest.scripts).join(' ')} ' | grep -q " $2 " ;;
    *) exit 1 ;;
  esac`,
};
const isServer = /^(\w+=\S+ )*npx \S+ (local|--config)(?!.*--check)/m;

/** A free port that the system gives nobody who asks for any: between looking and listening it stays free. */
async function findPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

describe.skipIf(!existsSync(resolve(root, 'dist/cli.js')))('the README (run `npm run build` first)', () => {
  let bedrock: LocalBedrock;
  let folder: string;
  let env: Record<string, string | undefined>;
  beforeAll(async () => {
    bedrock = await startLocalBedrock();
    // In this package, so that it finds itself by name, as it does where a user has installed it.
    await mkdir(resolve(root, '.tmp'), { recursive: true });
    folder = await mkdtemp(resolve(root, '.tmp/readme-'));
    for (const [name, script] of Object.entries(shims)) {
      await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
      await chmod(join(folder, name), 0o755);
    }
    const path = `${folder}:${resolve(root, 'node_modules/.bin')}:${process.env['PATH']}`;
    env = { ...process.env, ...bedrock.env, PATH: path, MASTER_KEY: 'sk-master', WEB_KEY: 'sk-web' };
  });
  afterAll(async () => {
    await bedrock.close();
    await rm(folder, { recursive: true });
  });

  it('has blocks of no language that is not run here', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(15);
    expect([...new Set(blocks.map(({ language }) => language))].sort()).toEqual(['js', 'json', 'sh', 'ts', 'yaml']);
  });

  it.each(blocks.filter(({ language }) => /^[jt]s$/.test(language)))(
    'shows code that runs as written: $section',
    async ({ language, code }) => {
      const file = language === 'js' ? 'hello.mjs' : 'try.mts';
      await writeFile(join(folder, file), code);
      const [command, ...args] = language === 'js' ? [process.execPath, file] : ['tsx', file];
      const { stdout } = await run(command, args, { cwd: folder, env });
      expect(stdout).toMatch(/said/);
    },
    60_000,
  );

  it.each(blocks.filter(({ language }) => language === 'json'))('shows JSON: $section', ({ code }) => {
    expect(JSON.parse(code)).toBeTypeOf('object');
  });

  it.each(blocks.filter(({ language }) => language === 'yaml'))(
    'shows a configuration without problems or warnings: $section',
    async ({ code }) => {
      await writeFile(join(folder, 'config.yaml'), code);
      const { stdout, stderr } = await run('npx', [manifest.name, '--config', 'config.yaml', '--check'], {
        cwd: folder,
        env,
      });
      expect(stdout).toMatch(/^config\.yaml is fine: 1 rows, 1 named keys\.$/m);
      expect(stderr).not.toContain('warning:');
    },
    60_000,
  );

  it.each(sections.filter((each) => each.blocks.some(({ language }) => language === 'sh')))(
    'shows commands that run as written, one block after the other: $section',
    async ({ blocks: shown }) => {
      const servers: ChildProcess[] = [];
      const files = { js: 'hello.mjs', ts: 'try.mts', yaml: 'config.yaml' };
      const ports = new Map<string, number>();
      try {
        for (const { language, code } of shown) {
          if (language in files) await writeFile(join(folder, files[language as keyof typeof files]), code);
          if (language !== 'sh') continue;
          // Theirs may be taken on this machine.
          for (const [port = ''] of code.matchAll(/\b4[01]00\b/g))
            ports.set(port, ports.get(port) ?? (await findPort()));
          const script = code.replace(/\b4[01]00\b/g, (port) => String(ports.get(port)));
          if (isServer.test(script)) servers.push(await start(script));
          else await say(script);
        }
      } finally {
        for (const { pid = 0 } of servers) process.kill(-pid, 'SIGKILL');
      }
    },
    120_000,
  );

  /** Runs a block that goes on until it is stopped; resolves when it says that it listens. */
  async function start(script: string): Promise<ChildProcess> {
    const child = spawn('bash', ['-ec', script], { cwd: folder, env, detached: true });
    let printed = '';
    await new Promise<void>((done, fail) => {
      for (const output of [child.stdout, child.stderr]) {
        output.on('data', (bytes: Buffer) => {
          printed += bytes.toString();
          if (/listen/.test(printed)) done();
        });
      }
      child.once('close', () => fail(new Error(`It ended before it listened:\n${printed}`)));
    });
    return child;
  }

  /** Runs a block to its end. Whoever is asked there says back what it is told; what npm would do is only looked at. */
  async function say(script: string): Promise<void> {
    const running = run('bash', ['-ec', script], { cwd: folder, env });
    // Who does not listen may be gone before it is said.
    running.child.stdin?.on('error', () => undefined).end('Hi\n');
    const { stdout } = await running;
    if (!script.startsWith('npm ')) expect(stdout).toMatch(/said/);
  }
});
