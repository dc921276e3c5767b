import { completion } from '../../../src/index.ts';
import { manyEvents } from '../bodies.ts';
import { ask, createSdk } from '../clients.ts';
import { compare } from '../compare.ts';
import type { Subject } from '../subjects.ts';

const requests = 40;

/** A harness's events and requests: a loop over `completion()` beside a loop over AWS's client. */
export const contenders: Subject['contenders'] = {
  'event ours': (url) => () => readOurs(url, 'EVENTS'),
  'event sdk': (url) => {
    const sdk = createSdk(url);
    return () => readSdk(sdk, 'EVENTS');
  },
  'request ours': (url) => async () => {
    for (let index = 0; index < requests; index++) await readOurs(url, 'BRIEF');
  },
  'request sdk': (url) => {
    const sdk = createSdk(url);
    return async () => {
      for (let index = 0; index < requests; index++) await readSdk(sdk, 'BRIEF');
    };
  },
};

export const measure: Subject['measure'] = async (run) => {
  const events = { name: 'harness: event', per: manyEvents, rounds: 11, bound: 0.35 };
  const each = { name: 'harness: request', per: requests, warmUp: 20, rounds: 31, bound: 1.1 };
  return [
    await compare({ ...events, ours: run('event ours'), theirs: run('event sdk') }),
    await compare({ ...each, ours: run('request ours'), theirs: run('request sdk') }),
  ];
};

async function readOurs(url: string, name: string): Promise<number> {
  let length = 0;
  for await (const chunk of await completion({ ...ask.harness(url, name), stream: true })) {
    length += chunk.choices[0]?.delta.content?.length ?? 0;
  }
  return length;
}

async function readSdk(sdk: ReturnType<typeof createSdk>, name: string): Promise<number> {
  const { stream = [] } = await sdk.harness(name);
  let length = 0;
  for await (const event of stream) length += event.contentBlockDelta?.delta?.text?.length ?? 0;
  return length;
}
