import { ask } from '../clients.ts';
import { compareDelays, readChunks, readRaw } from '../delays.ts';
import type { Subject } from '../subjects.ts';

/** What we add on the way of an AgentCore event, beside a reader that takes the bytes as they come. */
export const contenders: Subject['contenders'] = {
  ours: (url) => readChunks(ask.runtime(url, 'timed')),
  raw: (url) =>
    readRaw(
      `${url}/runtimes/arn%3Aaws%3Abedrock-agentcore%3Aus-west-2%3A123456789012%3Aruntime%2Ftimed/invocations`,
      (bytes) => [...bytes.toString('latin1').matchAll(/data: "(\d+)"/g)].map(([, sent = '']) => sent),
    ),
};

export const measure: Subject['measure'] = (run) => compareDelays('AgentCore SSE', run('ours'), run('raw'));
