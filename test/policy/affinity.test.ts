import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { APIError, type ChatMessage, type CompletionParameters, createRouter } from '../../src/index.ts';
import { createSessionId, findHome } from '../../src/policy/affinity.ts';
import type { Deployment } from '../../src/policy/deployments.ts';
import { awsException, startLocalBedrock, type LocalAgent, type LocalAgentRequest } from '../../src/local.ts';
import { reach } from '../support/models.ts';

const names = ['A', 'B', 'C'];
const resting = new Set<string>();
let asked: LocalAgentRequest[] = [];
beforeEach(() => {
  resting.clear();
  asked = [];
});

/** Remembers, and asks for the weather when the weather is asked for. */
// eslint-disable-next-line @typescript-eslint/require-await -- nothing to wait for here
const agent: LocalAgent = async function* (request) {
  asked.push(request);
  if (resting.has(request.agentId)) throw awsException('ThrottlingException', 'No.');
  if (request.inputText === 'Weather?') {
    const functionInvocationInput = { actionGroup: 'weather', function: 'look', parameters: [] };
    yield { returnControl: { invocationId: 'i-1', invocationInputs: [{ functionInvocationInput }] } };
    return;
  }
  yield `${request.agentId} remembers ${request.turns.map(({ inputText }) => inputText).join(', ')}`;
};
const arn = (name: string) => `arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/${name}`;
const aws = await startLocalBedrock({
  agents: Object.fromEntries(names.map((name) => [`${name}/LIVE`, agent])),
  runtimes: Object.fromEntries(names.map((name) => [arn(name), () => ({ result: name })])),
});
afterAll(aws.close);

/** A router as another process would have it. */
function start(toModel = (name: string) => `bedrock/agent/${name}/LIVE`) {
  const list = names.map((name) => ({
    model_name: 'group',
    litellm_params: { ...reach(aws.url), model: toModel(name) },
  }));
  const { completion } = createRouter({ model_list: list, num_retries: 0 });
  return async (parameters: Partial<CompletionParameters> | string) => {
    const given = typeof parameters === 'string' ? { messages: [say(parameters)] } : parameters;
    return completion({ model: 'group', messages: [say('Hi')], ...given, stream: false });
  };
}

const say = (content: string): ChatMessage => ({ role: 'user', content });
const ids = () => asked.map(({ agentId }) => agentId);
const valid = /^(?=.{33,100}$)[a-zA-Z0-9][a-zA-Z0-9-_]*$/;

/** Makes the deployment of a session rest. */
async function rest(router: ReturnType<typeof start>, parameters: Partial<CompletionParameters>): Promise<string> {
  await router(parameters);
  const home = asked.at(-1)?.agentId ?? '';
  resting.add(home);
  await router(parameters).catch(() => undefined);
  resting.clear();
  asked = [];
  return home;
}

describe('a generated session', () => {
  it('is valid for both services and goes back to the deployment that began it, in any process', async () => {
    for (const name of names) {
      let id = '';
      while (asked.at(-1)?.agentId !== name) id = (await start()('My name is Ada.'))._hidden_params.session_id;
      expect(id).toMatch(valid);
      asked = [];
      const { choices } = await start()({ sessionId: id, messages: [say('What is my name?')] });
      expect(choices[0]?.message.content).toBe(`${name} remembers My name is Ada.`);
    }
  });

  it('does so on AgentCore', async () => {
    const ask = start((name) => `bedrock/agentcore/${arn(name)}`);
    for (let time = 0; time < 6; time++) {
      const { _hidden_params, choices } = await ask('Hi');
      expect(_hidden_params.session_id).toMatch(valid);
      const again = await ask({ runtimeSessionId: _hidden_params.session_id });
      expect(again.choices[0]?.message.content).toBe(choices[0]?.message.content);
    }
  });

  it('is made anew where the conversation travels whole', async () => {
    const messages = [say('My name is Ada.'), { role: 'assistant' as const, content: 'Hi.' }, say('What is my name?')];
    const { choices } = await start()({ messages });
    expect(choices[0]?.message.content).toMatch(/remembers My name is Ada\.$/);
  });
});

describe('the order of deployments', () => {
  const list = (order: number, changes: object = {}) =>
    names.map((name, index) => ({
      model_name: 'group',
      litellm_params: { ...reach(aws.url), model: `bedrock/agent/${name}/LIVE`, order: index * order, ...changes },
    }));
  const create = (order: number, changes?: object) =>
    createRouter({ model_list: list(order, changes), num_retries: 1 }).completion;
  const ask = (completion: ReturnType<typeof create>, parameters: object = {}) =>
    completion({ model: 'group', messages: [say('Hi')], ...parameters });

  it('does not take a session from whoever began it', async () => {
    resting.add('A');
    const { _hidden_params } = await ask(create(1));
    resting.clear();
    asked = [];
    await ask(create(1), { sessionId: _hidden_params.session_id });
    expect(ids()).toEqual(['B']);
  });

  it('may change, as may what else does not say which agent it is, and no session moves', async () => {
    const before = await Promise.all(sessions.slice(0, 9).map((id) => ask(create(0), { litellm_session_id: id })));
    const changes = { weight: 5, timeout: 60, aws_access_key_id: 'AKIDANOTHER', aws_secret_access_key: 'other' };
    const after = create(0, changes);
    for (const { _hidden_params } of before) {
      const again = await ask(after, { sessionId: _hidden_params.session_id });
      expect(again._hidden_params.model_id).toBe(_hidden_params.model_id);
    }
  });

  it('tells rows apart that name the same agent', () => {
    const [row] = list(0);
    const twice = row ? [row, { ...row, litellm_params: { ...row.litellm_params, weight: 2 } }] : [];
    expect(() => createRouter({ model_list: twice })).not.toThrow();
  });
});

describe('a session that the caller names', () => {
  it.each([{ sessionId: 'ada-1' }, { litellm_session_id: 'Ada Lovelace' }, { metadata: { session_id: 'über' } }])(
    'stays with one deployment, in any process: %o',
    async (parameters) => {
      for (let time = 0; time < 6; time++) await start()(parameters);
      expect(new Set(ids()).size).toBe(1);
    },
  );

  it('stays there when it is given as it was handed back', async () => {
    for (const name of ['Ada Lovelace', 'Grace Hopper', 'Mary Somerville', 'Emmy Noether']) {
      const { _hidden_params } = await start()({ litellm_session_id: name });
      await start()({ sessionId: _hidden_params.session_id });
    }
    expect(ids().filter((_, index) => index % 2 === 0)).toEqual(ids().filter((_, index) => index % 2 === 1));
  });

  it('waits while its deployment rests', async () => {
    const router = start();
    await rest(router, { sessionId: 'ada-1' });
    const error: unknown = await router({ sessionId: 'ada-1' }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ name: 'RateLimitError', status: 429, retry_after: 5 });
    expect(asked).toEqual([]);
  });

  it('is left for a fresh one elsewhere when the turns hold the conversation', async () => {
    const router = start();
    const home = await rest(router, { sessionId: 'ada-1' });
    const messages = [say('My name is Ada.'), { role: 'assistant' as const, content: 'Hi.' }, say('What is my name?')];
    const { choices, _hidden_params } = await router({ sessionId: 'ada-1', messages });
    expect(choices[0]?.message.content).toMatch(/remembers My name is Ada\.$/);
    expect(ids()).not.toContain(home);
    expect(_hidden_params.session_id).toMatch(valid);
  });
});

describe('calls that wait for their results', () => {
  async function call(router: ReturnType<typeof start>, parameters: Partial<CompletionParameters> = {}) {
    const { choices } = await router({ messages: [say('Weather?')], ...parameters });
    const answer = choices[0]?.message;
    const results = (answer?.tool_calls ?? []).map(({ id }) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: 'Sun',
    }));
    const messages = [say('Weather?'), ...(answer ? [answer] : []), ...results];
    return { messages, home: asked.at(-1)?.agentId };
  }

  it.each([{}, { litellm_session_id: 'Ada Lovelace' }])(
    'are answered where they were made, without any session: %o',
    async (parameters) => {
      for (let time = 0; time < 6; time++) {
        const { messages, home } = await call(start(), parameters);
        await start()({ messages });
        expect(asked.at(-1)?.agentId).toBe(home);
        expect(asked.at(-1)?.sessionState).toHaveProperty('returnControlInvocationResults');
      }
    },
  );

  it('are answered nowhere else, even while their deployment rests', async () => {
    const router = start();
    const { messages, home } = await call(router, { sessionId: 'ada-1' });
    expect(await rest(router, { sessionId: 'ada-1' })).toBe(home);
    await expect(router({ messages })).rejects.toMatchObject({ status: 429, retry_after: 5 });
    expect(asked).toEqual([]);
  });
});

type Home = Pick<Deployment, 'id' | 'weight'>;
const toGroup = (homes: readonly Home[]) => homes as unknown as [Deployment, ...Deployment[]];
const sessions = Array.from({ length: 400 }, (_, index) => `session of user ${index}`);
const homeOf = (homes: readonly Home[]) => sessions.map((session) => findHome(session, toGroup(homes)).id);

describe('rendezvous hashing', () => {
  const homes = fc.uniqueArray(fc.record({ id: fc.uuid(), weight: fc.integer({ min: 1, max: 9 }) }), {
    minLength: 2,
    maxLength: 8,
    selector: ({ id }) => id,
  });

  it('moves only the sessions of a deployment that goes', () => {
    fc.assert(
      fc.property(homes, ([gone, ...rest]) => {
        const before = homeOf([...(gone ? [gone] : []), ...rest]);
        const after = homeOf(rest);
        expect(before.filter((id, index) => id !== gone?.id && id !== after[index])).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('does not depend on the order of the deployments', () => {
    fc.assert(
      fc.property(homes, (group) => {
        expect(homeOf([...group].reverse())).toEqual(homeOf(group));
      }),
      { numRuns: 20 },
    );
  });

  it('gives each its share', () => {
    const homes = homeOf([
      { id: 'a', weight: 3 },
      { id: 'b', weight: 1 },
      { id: 'c', weight: 0 },
    ]);
    const share = (id: string) => homes.filter((home) => home === id).length / homes.length;
    expect(share('a')).toBeGreaterThan(0.68);
    expect(share('a')).toBeLessThan(0.82);
    expect(share('c')).toBe(0);
  });

  it('finds the deployment that a generated id names, whatever the others are', () => {
    fc.assert(
      fc.property(homes, fc.nat(), (group, index) => {
        const deployment = toGroup(group)[index % group.length] ?? toGroup(group)[0];
        expect(findHome(createSessionId(deployment), toGroup(group)).id).toBe(deployment.id);
      }),
    );
  });
});
