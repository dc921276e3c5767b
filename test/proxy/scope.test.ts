import { createHash } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { LocalAgentRequest, LocalHarnessRequest, LocalRuntimeRequest } from '../../src/local.ts';
import { startLocalBedrock } from '../../src/local.ts';
import { toScopedId } from '../../src/policy/scoped-calls.ts';
import { harnessArn, runtimeArn } from '../support/models.ts';
import { startProxy } from '../support/proxy.ts';

const asked: LocalAgentRequest[] = [];
const ran: LocalRuntimeRequest[] = [];
const harnessed: LocalHarnessRequest[] = [];
beforeEach(() => [asked, ran, harnessed].forEach((list) => list.splice(0)));

const functionInvocationInput = { actionGroup: 'weather', function: 'get', parameters: [] };

/* eslint-disable @typescript-eslint/require-await -- nothing to wait for here */
const aws = await startLocalBedrock({
  agents: {
    'A/LIVE': async function* (request) {
      asked.push(request);
      if (request.inputText === 'call') {
        yield { returnControl: { invocationId: 'wait-1', invocationInputs: [{ functionInvocationInput }] } };
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

describe('the master key', () => {
  it('has ids sent and shown as they are', async () => {
    const { session } = await ask('sk-master', { sessionId: 'chat-1', memoryId: 'memory-1' });
    expect(asked[0]).toMatchObject({ sessionId: 'chat-1', memoryId: 'memory-1' });
    expect(session).toBe('chat-1');
  });
});

describe('a named key', () => {
  it.each([
    ['sessionId', { sessionId: 'chat-1' }],
    ['litellm_session_id', { litellm_session_id: 'chat-1' }],
    ['metadata.session_id', { metadata: { session_id: 'chat-1' } }],
  ])('has sessions of its own, by whatever name (%s), shown as it spelt them', async (_, body) => {
    const answers = [
      await ask('sk-one', body),
      await ask('sk-two', body),
      await ask('sk-one', { sessionId: 'chat-1' }),
    ];
    expect(answers.map(({ status, session }) => [status, session])).toEqual(answers.map(() => [200, 'chat-1']));
    const [one, two, again] = asked.map(({ sessionId }) => sessionId);
    expect(one).toBe(again);
    expect(new Set([one, two, 'chat-1']).size).toBe(3);
    expect(answers[0]?.answer.choices?.[0].message.provider_specific_fields?.session_id).toBe('chat-1');
  });

  it('goes on in a session that was made for it, and nobody else does', async () => {
    const { session } = await ask('sk-one', {});
    await ask('sk-one', { sessionId: session });
    await ask('sk-two', { sessionId: session });
    await ask('sk-master', { sessionId: session });
    const [first, own, other, master] = asked.map(({ sessionId }) => sessionId);
    expect(own).toBe(first);
    expect(other).not.toBe(first);
    expect(master).not.toBe(first);
    expect(session).not.toBe(first);
  });

  it('cannot enter a session by the id that AWS knows it by', async () => {
    await ask('sk-one', { sessionId: 'chat-1' });
    await ask('sk-two', { sessionId: asked[0]?.sessionId });
    expect(asked[1]?.sessionId).not.toBe(asked[0]?.sessionId);
  });

  it.each([
    ['memoryId', { memoryId: 'memory-1' }],
    ['extra_body', { extra_body: { memoryId: 'memory-1' } }],
  ])('has memories of its own (%s)', async (_, body) => {
    for (const key of ['sk-one', 'sk-two', 'sk-one']) await ask(key, body);
    const [one, two, again] = asked.map(({ memoryId }) => memoryId);
    expect(one).toBe(again);
    expect(new Set([one, two, 'memory-1']).size).toBe(3);
  });

  it('finds no way around in a structure', async () => {
    const sessionState = { sessionAttributes: { memoryId: 'memory-1', actor_id: 'me', city: 'Paris' } };
    for (const body of [{ sessionState }, { extra_body: { sessionState } }]) {
      await ask('sk-one', body);
      const { sessionAttributes } = asked.at(-1)?.sessionState as typeof sessionState;
      expect(sessionAttributes.city).toBe('Paris');
      expect(sessionAttributes.memoryId).toMatch(/^[0-9a-f]{64}$/);
      expect(sessionAttributes.actor_id).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it.each([
    ['runtimeUserId', { runtimeUserId: 'me' }, (request?: LocalRuntimeRequest) => request?.userId],
    ['a custom actorId', { actorId: 'me' }, (request?: LocalRuntimeRequest) => toPayload(request)['actorId']],
    [
      'extra_body',
      { extra_body: { memory: [{ actor_id: 'me' }] } },
      (request?: LocalRuntimeRequest) => JSON.stringify(toPayload(request)['memory']),
    ],
    [
      'contextId',
      { payload_format: 'a2a', extra_body: { message: { contextId: 'me' } } },
      (request?: LocalRuntimeRequest) => JSON.stringify(toPayload(request)['params']),
    ],
  ])('has users, actors and contexts of its own on a runtime (%s)', async (_, body, read) => {
    for (const key of ['sk-master', 'sk-one', 'sk-two']) await ask(key, { model: 'runtime', ...body });
    const [master, one, two] = ran.map(read).map(String);
    expect(master).toContain('me');
    expect(one).toMatch(/[0-9a-f]{64}/);
    expect(one).not.toBe(two);
  });

  it('has actors and sessions of its own on a harness', async () => {
    const runtimeSessionId = 'a-session-of-more-than-33-characters';
    for (const key of ['sk-master', 'sk-one', 'sk-two']) {
      const { session, status } = await ask(key, { model: 'harness', actorId: 'me', runtimeSessionId });
      expect([status, session]).toEqual([200, runtimeSessionId]);
    }
    expect(harnessed[0]).toMatchObject({ sessionId: runtimeSessionId, body: { actorId: 'me' } });
    expect(new Set(harnessed.map(({ sessionId }) => sessionId)).size).toBe(3);
    expect(new Set(harnessed.map(({ body }) => body['actorId'])).size).toBe(3);
  });

  it('is still told of a session by the name of another service', async () => {
    const { status, answer } = await ask('sk-one', { runtimeSessionId: 'a-session-of-more-than-33-characters' });
    expect(status).toBe(400);
    expect(answer.error?.message).toContain('`sessionId`');
  });
});

describe('a tool call', () => {
  async function call(key: string, body: object = {}) {
    const { answer, session } = await ask(key, { messages: [{ role: 'user', content: 'call' }], ...body });
    const message = answer.choices?.[0].message;
    const id = message?.tool_calls?.[0]?.id ?? '';
    const toMessages = (changed = id) => [
      { role: 'user', content: 'call' },
      { ...message, tool_calls: [{ ...message?.tool_calls?.[0], id: changed }] },
      { role: 'tool', tool_call_id: changed, content: 'Sunny' },
    ];
    return { id, session, toMessages };
  }

  it.each([{}, { sessionId: 'chat-1' }])(
    'is answered by the key that it was made for, in its session and at its deployment: %j',
    async (body) => {
      for (let round = 0; round < 4; round++) {
        const { toMessages, session } = await call('sk-one', body);
        const answered = await ask('sk-one', { messages: toMessages() });
        expect(answered).toMatchObject({ status: 200, session });
        expect(asked.at(-1)?.sessionId).toBe(asked.at(-2)?.sessionId);
        expect(asked.at(-1)?.sessionState).toHaveProperty('returnControlInvocationResults');
      }
    },
  );

  it.each(['sk-two', 'sk-one'])('that was stolen or changed is a 403, and nothing is asked (%s)', async (thief) => {
    const { id, toMessages } = await call('sk-one');
    const inner = id.slice(id.indexOf('rc1_'));
    const other = await call(thief);
    asked.splice(0);
    const proof = other.id.slice(0, other.id.indexOf('rc1_'));
    const tries = [inner, `${proof}${inner}`, `scoped_${id}`, ...(thief === 'sk-two' ? [id] : [])];
    for (const changed of tries) {
      const { status, answer } = await ask(thief, { messages: toMessages(changed) });
      expect([status, answer.error?.code]).toEqual([403, 'foreign_tool_call']);
    }
    expect(asked).toEqual([]);
  });

  it('cannot be signed anew by whoever knows a key of their own', async () => {
    const { id, session, toMessages } = await call('sk-one');
    const inner = id.slice(id.indexOf('rc1_'));
    const scope = createHash('sha256').update('scope sk-two').digest('hex');
    const changed = toScopedId(inner, session ?? '', scope);
    const { status } = await ask('sk-two', { messages: toMessages(changed) });
    expect(status).toBe(403);
  });
});

function toPayload(request?: LocalRuntimeRequest): Record<string, unknown> {
  return (request?.payload ?? {}) as Record<string, unknown>;
}
