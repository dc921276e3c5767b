import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSharedRouter } from '../../src/default.ts';
import { loadConfig } from '../../src/proxy/config.ts';
import { createLog } from '../../src/proxy/log.ts';
import { createProxyOf, type Proxy } from '../../src/proxy/proxy.ts';

export interface QuietProxy extends Proxy {
  /** All that it wrote. */
  readonly log: () => string;
  readonly post: (body: unknown, key?: string, headers?: Readonly<Record<string, string>>) => Promise<Response>;
}

/** A proxy inside this process, made of a file as the command makes it. */
export async function createQuietProxy(yaml: string, env: Readonly<Record<string, string>> = {}): Promise<QuietProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'quiet-proxy-'));
  try {
    await writeFile(join(folder, 'config.yaml'), yaml);
    const config = await loadConfig(join(folder, 'config.yaml'), env);
    let written = '';
    const log = createLog({ write: (line) => void (written += line) });
    const proxy = createProxyOf(config, { createRouter: createSharedRouter, log });
    return {
      ...proxy,
      log: () => written,
      post: (body, key = 'sk-one', headers = {}) =>
        proxy.fetch('http://proxy/v1/chat/completions', {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Parameters for every row that reach a loopback server with keys that are nobody's. */
export function reachAll(url: string): string {
  return `
router_settings:
  num_retries: 0
  disable_cooldowns: true
  default_litellm_params: { api_base: '${url}', aws_access_key_id: AKIDEXAMPLE, aws_secret_access_key: local-secret }
`;
}
