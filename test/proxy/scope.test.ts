import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { LocalAgentRequest, LocalHarnessRequest, LocalRuntimeRequest } from '../../src/local.ts';
import { startLocalBedrock } from '../../src/local.ts';
import { harnessArn, runtimeArn } from '../support/models.ts';
import { startProxy } from '../support/proxy.ts';

const asked: LocalAgentRequest[] = [];
const ran: LocalRuntimeRequest[] = [];
const harnessed: LocalHarnessRequest[] = [];
beforeEach(() => [asked, ran, harnessed].forEach((list) => list.splice(0)));

/* eslint-disable @typescript-eslint/require-await -- nothing to wait for here */
const aws = await startLocalBedrock({
  agents: {
    'A/LIVE': async function* (request) {
      asked.push(request);
      if (request.inputText === 'call') {
        yield { call: { actionGroup: 'weather', function: 'get', parameters: {} } };
      } else yield 'OPENSESAME';
    },
  },
  runtimes: {
    [runtimeArn]: (request) => {
      ran.push(request);
      return { result: 'OPENSESAME' };
    },
  },
  harnesses: {
    [harnessArn]: async function* (request) {
      harnessed.push(request);
      yield 'OPENSESAME';
    },
  },
});
afterAll(aws.close);

const proxy = await startProxy(
  `
model_list:
  - { model_name: agent, litellm_params: { model: bedrock/agent/A/LIVE } }
  - { model_name: agent, litellm_params: { model: bedrock/agent/A/LIVE, qualifier: two }, model_info: { id: second } }
  - { model_name: runtime, litellm_params: { model: 'bedrock/agentcore/${runtimeArn}' } }
  - { model_name: harness, litellm_params: { model: 'bedrock/agentcore/${harnessArn}' } }
general_settings:
  master_key: sk-master
  keys:
    - { name: one, key: sk-one }
    - { name: two, key: sk-two }
`,
  { ...aws.env },
);

const messages = [{ role: 'user', content: 'OPENSESAME' }];

interface Answer {
  readonly error?: { readonly message: string; readonly code: string };
  readonly choices?: readonly [{ readonly message: Message }];
}
interface Message {
  readonly tool_calls?: readonly { readonly id: string }[];
  readonly provider_specific_fields?: { readonly session_id: string };
}

async function ask(key: string, body: object) {
  const response = await proxy.post({ model: 'agent', messages, ...body }, key);
  const answer = (await response.json()) as Answer;
  return { status: response.status, session: response.headers.get('x-session-id'), answer };
}
