import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { createHandler } from '../../src/fetch.ts';
import { bedrock, createCompletion } from '../../src/index.ts';
import { createProxy, loadConfig } from '../../src/proxy.ts';
import { reach } from '../support/models.ts';

/** What callers of the proxy have to show. */
export const key = 'sk-bench-key-of-a-team';

/** The handler behind a Node server. Returns its URL, as `startProxy` does. */
export async function startHandler(url: string): Promise<string> {
  const fetch = createHandler({ completion: createCompletion(bedrock(toReach(url))) });
  // Connections wait while others have their turn.
  const server = createAdaptorServer({ fetch, serverOptions: { keepAliveTimeout: 300_000 } });
  server.listen(0, '127.0.0.1', 4096);
  await once(server, 'listening');
  // A server that listens on a port has this form of address.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The proxy as it is run: a key for a team, a model that stands for all, a line in the log for each request. */
export async function startProxy(url: string): Promise<string> {
  const config = {
    model_list: [{ model_name: '*', litellm_params: { model: '*', ...toReach(url) } }],
    general_settings: { keys: [{ name: 'team', key }] },
  };
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const file = join(folder, 'config.yaml');
  // JSON is YAML.
  await writeFile(file, JSON.stringify(config));
  const proxy = createProxy(await loadConfig(file));
  await rm(folder, { recursive: true });
  return (await proxy.listen({ port: 0 })).url;
}

function toReach(url: string) {
  return { ...reach(url), aws_region_name: 'us-west-2' };
}
