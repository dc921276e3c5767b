import { completion } from '../../../src/index.ts';
import { ask, createSdk } from '../clients.ts';
import { compare } from '../compare.ts';
import type { Round, Subject } from '../subjects.ts';

const requests = 40;

/** What a request costs beside what its answer costs: the answers are as short as answers get. */
export const contenders: Subject['contenders'] = {
  'agents ours': (url) => repeat(() => readAll(completion({ ...ask.agent(url, 'SHORT'), stream: true }))),
  'agents sdk': (url) => {
    const sdk = createSdk(url);
    return repeat(async () => readAll(sdk.agent('SHORT').then(({ completion: events }) => events ?? fail())));
  },
  'agentcore ours': (url) => repeat(() => completion(ask.runtime(url, 'short'))),
  'agentcore sdk': (url) => {
    const sdk = createSdk(url);
    return repeat(async (): Promise<unknown> => {
      const { response } = await sdk.runtime('short');
      return JSON.parse((await response?.transformToString()) ?? '');
    });
  },
};

export const measure: Subject['measure'] = async (run) => {
  const options = { per: requests, warmUp: 20, rounds: 41, bound: 1.1 };
  return [
    await compare({ name: 'agents: request', ours: run('agents ours'), theirs: run('agents sdk'), ...options }),
    await compare({
      name: 'AgentCore: request',
      ours: run('agentcore ours'),
      theirs: run('agentcore sdk'),
      ...options,
    }),
  ];
};

function repeat(request: () => Promise<unknown>): Round {
  return async () => {
    for (let index = 0; index < requests; index++) await request();
  };
}

async function readAll(events: Promise<AsyncIterable<unknown>>): Promise<void> {
  const reading = (await events)[Symbol.asyncIterator]();
  while (!(await reading.next()).done);
}

function fail(): never {
  throw new Error('There is no stream.');
}
