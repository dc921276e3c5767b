import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** The agents, where there is an AWS that answers and one that often fails. */
export interface Bedrock {
  readonly sound: string;
  readonly faulty: string;
  readonly stop: () => void;
}

export const services = ['agent', 'runtime', 'harness'] as const;
export type Service = (typeof services)[number];
export type Reliability = 'sound' | 'faulty';

const models: Readonly<Record<Service, string>> = {
  agent: 'bedrock/agent/SOAK/LIVE',
  runtime: 'bedrock/agentcore/arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/soak-abcdefghij',
  harness: 'bedrock/agentcore/arn:aws:bedrock-agentcore:us-west-2:123456789012:harness/soak-abcdefghij',
};

/** How an agent is reached; where it may fall silent, that is found out soon. */
export function toParameters(bedrock: Bedrock, service: Service, reliability: Reliability) {
  return {
    model: models[service],
    api_base: bedrock[reliability],
    aws_access_key_id: 'local',
    aws_secret_access_key: 'local-secret-key',
    aws_region_name: 'us-west-2',
    ...(reliability === 'faulty' && { timeout: 2 }),
  };
}

export async function startBedrock(): Promise<Bedrock> {
  const child = fork(join(import.meta.dirname, 'bedrock.ts'), { execArgv: ['--import', 'tsx'] });
  const [urls] = (await once(child, 'message')) as [Omit<Bedrock, 'stop'>];
  return { ...urls, stop: () => void child.kill() };
}

export interface Proxy {
  readonly url: string;
  /** What it tells of itself, by Prometheus's names, its garbage collected before. */
  readonly read: () => Promise<ReadonlyMap<string, number>>;
  /** Whether it still runs. */
  readonly isUp: () => boolean;
  readonly stop: () => Promise<void>;
}

/** The built proxy with a row for each agent: `runtime-faulty`. */
export async function startProxy(bedrock: Bedrock): Promise<Proxy> {
  const rows = services.flatMap((service) =>
    (['sound', 'faulty'] as const).map((reliability) => ({
      model_name: `${service}-${reliability}`,
      litellm_params: toParameters(bedrock, service, reliability),
    })),
  );
  const file = join(await mkdtemp(join(tmpdir(), 'soak-')), 'config.yaml');
  const config = {
    model_list: rows,
    // A row that fails half of the time would rest all of it.
    router_settings: { disable_cooldowns: true },
    // Connections that are kept for later are gone soon once nobody asks any more.
    general_settings: { idle_timeout: 5 },
  };
  // JSON is YAML.
  await writeFile(file, JSON.stringify(config));
  const collect = 'process.on("SIGUSR2", () => gc())';
  const flags = ['--expose-gc', '--import', `data:text/javascript,${encodeURIComponent(collect)}`];
  const child = spawn(process.execPath, [...flags, 'dist/cli.js', '--config', file, '--port', '0'], {
    cwd: root,
    env: { PATH: process.env['PATH'], AWS_EC2_METADATA_DISABLED: 'true' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await readUrl(child);
  return {
    url,
    async read() {
      child.kill('SIGUSR2');
      const lines = [...(await readText(`${url}/metrics`)).matchAll(/^(\w+)(?:\{[^}]*\})? ([\d.e+-]+)$/gm)];
      return new Map(lines.map(([, name = '', value]) => [name, Number(value)]));
    },
    isUp: () => child.exitCode === null,
    async stop() {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}

/** By a connection of its own, so that none is kept for it. */
async function readText(url: string): Promise<string> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  let text = '';
  for await (const part of response.setEncoding('utf8')) text += String(part);
  return text;
}

/** Reads on after that: a log that nobody reads would be all that the soak shows. */
function readUrl({ stdout }: ChildProcess): Promise<string> {
  let written = '';
  let url: string | undefined;
  return new Promise((resolve, reject) => {
    stdout?.on('data', (bytes: Buffer) => {
      if (url !== undefined) return;
      written += String(bytes);
      url = /"url":"([^"]+)"/.exec(written)?.[1];
      if (url !== undefined) resolve(url);
    });
    stdout?.on('end', () => reject(new Error(`The proxy ended: ${written}`)));
  });
}
