import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFetch } from '../../../src/fetch.ts';
import { completion } from '../../../src/index.ts';
import { createProxy, loadConfig } from '../../../src/proxy.ts';
import { ask } from '../clients.ts';
import { quantile } from '../compare.ts';
import type { Process } from '../process.ts';
import type { Round, Row, Subject } from '../subjects.ts';

const requests = 96;

/** What `createFetch` and the proxy add to `completion()`: the caller and the proxy share a process. */
export const contenders: Subject['contenders'] = {
  completion: (url) => repeat(() => completion(ask.runtime(url, 'short')), 1),
  'completion by 16': (url) => repeat(() => completion(ask.runtime(url, 'short')), 16),
  fetch: (url) => repeat(createCaller(createFetch(toParameters(url)), url), 1),
  proxy: async (url) => repeat(createCaller(await startProxy(url), url), 1),
  'proxy by 16': async (url) => repeat(createCaller(await startProxy(url), url), 16),
};

export const measure: Subject['measure'] = async (run) => [
  await compareTimes('createFetch: a request', run('fetch'), run('completion')),
  await compareTimes('proxy: a request', run('proxy'), run('completion')),
  await compareTimes('proxy: a request of 16 at once', run('proxy by 16'), run('completion by 16')),
];

/** Milliseconds a request, by turns; what is added is the difference. */
async function compareTimes(name: string, ours: Process, theirs: Process): Promise<Row> {
  for (let round = 0; round < 5; round++) await Promise.all([ours.round(), theirs.round()]);
  const pairs: { readonly ours: number; readonly theirs: number }[] = [];
  for (let round = 0; round < 15; round++) {
    // What a contender returns of a round.
    pairs.push({ ours: (await ours.round()).result as number, theirs: (await theirs.round()).result as number });
  }
  const differences = pairs.map((pair) => pair.ours - pair.theirs);
  return {
    name,
    unit: 'ms',
    ours: quantile(pairs.map((pair) => pair.ours)),
    theirs: quantile(pairs.map((pair) => pair.theirs)),
    compared: { by: 'difference', value: quantile(differences) },
    quartiles: [quantile(differences, 0.25), quantile(differences, 0.75)],
  };
}

function repeat(request: () => Promise<unknown>, callers: number): Round {
  return async () => {
    const began = performance.now();
    const caller = async () => {
      for (let index = 0; index < requests / callers; index++) await request();
    };
    await Promise.all(Array.from({ length: callers }, caller));
    return (performance.now() - began) / requests;
  };
}

function createCaller(fetch: (url: string, init: RequestInit) => Promise<Response>, url: string) {
  const { model, messages } = ask.runtime(url, 'short');
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-bench' },
    body: JSON.stringify({ model, messages }),
  };
  return async () => {
    const response = await fetch('http://proxy/v1/chat/completions', init);
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  };
}

/** A `fetch` that goes to a proxy over the network of this machine. */
async function startProxy(url: string) {
  const { model } = ask.runtime(url, 'short');
  const row = { model_name: model, litellm_params: { model, ...toParameters(url) } };
  const file = join(await mkdtemp(join(tmpdir(), 'bench-')), 'config.yaml');
  // JSON is YAML.
  await writeFile(file, JSON.stringify({ model_list: [row], general_settings: { master_key: 'sk-bench' } }));
  const proxy = await createProxy(await loadConfig(file)).listen({ port: 0 });
  return (path: string, init: RequestInit) => fetch(path.replace('http://proxy', proxy.url), init);
}

function toParameters(url: string) {
  const { api_base, aws_access_key_id, aws_secret_access_key } = ask.runtime(url, 'short');
  return { api_base, aws_access_key_id, aws_secret_access_key };
}
