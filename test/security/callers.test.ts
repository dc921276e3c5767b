// What the holder of a key may make a proxy do: ask its models, and nothing else.
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { chunk } from '../support/frames.ts';
import { type Received, serve } from '../support/loopback.ts';
import { agentModel, harnessArn, harnessModel, runtimeModel } from '../support/models.ts';
import { createQuietProxy, reachAll } from '../support/quiet-proxy.ts';

/** Answers each service in its own way; a harness in none, which is a 502 and no matter here. */
const aws = await serve((response, { url }) => {
  const isAgent = url.startsWith('/agents/');
  response.setHeader('content-type', isAgent ? 'application/vnd.amazon.eventstream' : 'application/json');
  response.end(isAgent ? chunk('Hello') : '{"result":"Hello"}');
});
const trap = await serve((response) => response.end('caught'));
beforeEach(() => [aws, trap].forEach(({ received }) => received.splice(0)));

const rows = `
model_list:
  - { model_name: agent, litellm_params: { model: ${agentModel} } }
  - { model_name: runtime, litellm_params: { model: '${runtimeModel}' } }
  - { model_name: harness, litellm_params: { model: '${harnessModel}' } }
`;
const keys = `
general_settings:
  master_key: sk-master
  keys: [{ name: one, key: sk-one }, { name: two, key: sk-two }]
`;
const proxy = await createQuietProxy(`${rows}${keys}${reachAll(aws.url)}`);
const open = await createQuietProxy(
  `${rows}  - { model_name: '*', litellm_params: { model: '*' } }\n${keys}${reachAll(aws.url)}`,
);

const messages = [{ role: 'user', content: 'Hi' }];
const models = ['agent', 'runtime', 'harness'] as const;

async function errorOf(response: Response) {
  const { error } = (await response.json()) as {
    error: { message: string; param: string | null; code: string | null };
  };
  return { status: response.status, ...error };
}

describe('a model', () => {
  const trapHost = new URL(trap.url).host;
  const strings = [
    `bedrock/agentcore/${trap.url}`,
    `bedrock/agentcore/HTTP://${trapHost}`,
    `bedrock/agentcore/ ${trap.url}`,
    `bedrock/agentcore/\t${trap.url}`,
    `bedrock/agentcore//${trapHost}`,
    `BEDROCK/AGENTCORE/${trap.url}`,
    `bedrock/agentcore/http://x@${trapHost}/`,
    'bedrock/agentcore/http://169.254.169.254/latest/meta-data',
    'bedrock/agentcore/https://[::1]/',
    'bedrock/agentcore/file:///etc/passwd',
    `bedrock/agentcore/arn:aws:bedrock-agentcore:${trapHost}/#:123456789012:runtime/a`,
    `bedrock/agentcore/arn:aws:bedrock-agentcore:x@${trapHost}:123456789012:runtime/a`,
    'bedrock/agentcore/arn:aws:bedrock-agentcore:us-west-2.example.com:123456789012:runtime/a',
    'bedrock/agentcore/arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/../../evil',
    'bedrock/agentcore/arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/a?qualifier=b',
    'bedrock/agentcore/arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/a\n',
    'bedrock/agent/../../LIVE',
    'bedrock/agent/A%2F..%2F/LIVE',
    'bedrock/agent/A/LIVE/../../x',
    'bedrock/agent/A/LIVE\r\nx-evil: 1',
    '*',
    '__proto__',
    'constructor',
  ];

  it.each(strings)('is no way to another host or path, even where any model may be named: %j', async (model) => {
    for (const each of [proxy, open]) {
      for (const key of ['sk-one', 'sk-master']) {
        expect((await errorOf(await each.post({ model, messages }, key))).status).toBe(400);
        const path = `http://proxy/openai/deployments/${encodeURIComponent(model)}/chat/completions`;
        const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
        const body = JSON.stringify({ messages });
        expect((await each.fetch(path, { method: 'POST', headers, body })).status).toBe(400);
      }
    }
    expect([...aws.received, ...trap.received]).toEqual([]);
  });

  it.each([agentModel, runtimeModel, harnessModel])('that has no row is none, whatever AWS has: %s', async (model) => {
    expect(await errorOf(await proxy.post({ model, messages }))).toMatchObject({
      status: 400,
      code: 'model_not_found',
    });
    expect(aws.received).toEqual([]);
    await (await open.post({ model, messages })).text();
    expect(aws.received).toHaveLength(1);
  });

  it.each(['7', 'null', '[]', '{}', '{"toString":1}', '["agent"]', 'true'])(
    'that is no text is a 400: %s',
    async (json) => {
      const model: unknown = JSON.parse(json);
      expect((await proxy.post({ model, messages })).status).toBe(400);
      expect(aws.received).toEqual([]);
    },
  );
});

describe('a harness', () => {
  const apiKeyArn = 'arn:aws:bedrock-agentcore:us-west-2:123456789012:token-vault/default/apikeycredentialprovider/k';
  const config = { remoteMcp: { url: trap.url, headers: { authorization: 'x' } } };
  const reaching: readonly (readonly [name: string, body: object])[] = [
    ['liteLlmModelConfig', { liteLlmModelConfig: { modelId: 'm', apiKeyArn, apiBase: trap.url } }],
    ['openAiModelConfig', { openAiModelConfig: { modelId: 'm', apiKeyArn, apiBase: trap.url } }],
    ['geminiModelConfig', { geminiModelConfig: { modelId: 'm', apiKeyArn } }],
    ['skills', { skills: [{ git: { url: 'https://example.com/skill.git', auth: { credentialArn: apiKeyArn } } }] }],
    ['allowedTools', { allowedTools: ['*'] }],
    ['skills', { extra_body: { skills: [{ path: '/' }] } }],
    ['liteLlmModelConfig', { extra_body: { liteLlmModelConfig: { modelId: 'm', apiBase: trap.url } } }],
    ['remote_mcp', { tools: [{ type: 'remote_mcp', name: 'm', config }] }],
    ['agentcore_gateway', { tools: [{ type: 'agentcore_gateway', config: {} }] }],
    ['agentcore_browser', { tools: [{ type: 'agentcore_browser' }] }],
    ['agentcore_code_interpreter', { tools: [{ type: 'agentcore_code_interpreter' }] }],
    ['some_day', { tools: [{ type: 'function', function: { name: 'f' } }, { type: 'some_day' }] }],
  ];

  it.each(reaching)('is not given what reaches beyond it by a caller, and says so (%s)', async (name, body) => {
    for (const key of ['sk-one', 'sk-master']) {
      const error = await errorOf(await proxy.post({ model: 'harness', messages, ...body }, key));
      expect(error).toMatchObject({
        status: 400,
        message: expect.stringContaining(`allow_client: [${name}]`) as string,
      });
    }
    expect(aws.received).toEqual([]);
  });

  it.each(reaching)('is given it where its row allows it (%s)', async (name, body) => {
    const row = `  - { model_name: h, litellm_params: { model: '${harnessModel}' }, allow_client: [${name}] }\n`;
    const allowing = await createQuietProxy(`model_list:\n${row}${keys}${reachAll(aws.url)}`);
    await (await allowing.post({ model: 'h', messages, ...body })).text();
    expect(aws.received[0]?.url).toContain(encodeURIComponent(harnessArn));
  });

  it("is given what is the caller's own: functions, a prompt, limits, a model of the same account", async () => {
    const own = {
      tools: [
        { type: 'function', function: { name: 'f' } },
        { type: 'inline_function', name: 'g', config: {} },
      ],
      systemPrompt: [{ text: 'Be kind.' }],
      maxIterations: 2,
      bedrockModelConfig: { modelId: 'm' },
    };
    await (await proxy.post({ model: 'harness', messages, ...own })).text();
    expect(aws.received).toHaveLength(1);
  });
});

describe('a link in a message', () => {
  const url = `${trap.url}/image.png`;
  const parts = [
    { type: 'image_url', image_url: { url } },
    { type: 'image_url', image_url: url },
    { type: 'image_url', image_url: { url: 'file:///etc/passwd' } },
    { type: 'image_url', image_url: { url: 's3://bucket/key' } },
    { type: 'image_url', image_url: { url: 'http://169.254.169.254/latest/meta-data/' } },
    { type: 'file', file: { file_id: url } },
    { type: 'file', file: { file_data: url, filename: 'a.pdf' } },
    { type: 'file', file: { file_data: 'file:///etc/passwd', filename: '/etc/passwd' } },
    { type: 'input_audio', input_audio: { data: url, format: 'wav' } },
  ];

  it.each(models.flatMap((model) => parts.map((part) => [model, part] as const)))(
    'is not followed: %s, %j',
    async (model, part) => {
      const content = [{ type: 'text', text: 'Look' }, part];
      const response = await proxy.post({ model, messages: [{ role: 'user', content }] });
      expect(response.status).toBe(400);
      expect(JSON.stringify([...aws.received, await response.text()])).not.toContain('root:');
      expect([...aws.received, ...trap.received]).toEqual([]);
    },
  );
});

describe('a redirect by whoever answers', async () => {
  let status = 0;
  const redirecting = await serve((response) => response.writeHead(status, { location: `${trap.url}/stolen` }).end());
  const redirected = await createQuietProxy(
    `${rows}
  - { model_name: jwt, litellm_params: { model: '${runtimeModel}', api_key: a.b.c } }
  - { model_name: container, litellm_params: { model: 'bedrock/agentcore/${redirecting.url}' } }
${keys}${reachAll(redirecting.url)}`,
  );

  it.each([301, 302, 303, 307, 308].flatMap((code) => [...models, 'jwt', 'container'].map((model) => [code, model])))(
    'is an error and followed by nobody: %s for %s',
    async (code, model) => {
      status = Number(code);
      for (const stream of [false, true]) {
        const response = await redirected.post({ model, messages, stream });
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(response.headers.has('location')).toBe(false);
        await response.text();
      }
      expect(redirecting.received.splice(0).length).toBe(2);
      expect(trap.received).toEqual([]);
    },
  );
});

describe('a header', () => {
  const names =
    'traceId traceParent traceState baggage accept contentType mcpSessionId mcpMethod mcpName mcpProtocolVersion runtimeUserId runtimeSessionId sessionId litellm_session_id qualifier accountId user actorId memoryId sourceArn litellm_call_id'.split(
      ' ',
    );
  const hostile = ['a\r\nx-evil: 1', 'a\nx-evil: 1', 'a\0b', 'caf\u00e9\u20ac', '\u001b[31m', 'x'.repeat(20_000)];

  it.each(names)('of the call to AWS is never made of more than its value: %s', async (name) => {
    for (const model of models) {
      for (const value of hostile) {
        for (const key of ['sk-one', 'sk-master']) {
          const body = { model, messages, [name]: value, metadata: { [name]: value } };
          const response = await proxy.post(body, key, { 'x-litellm-call-id': 'id-1' });
          expect(await response.text()).not.toContain('unexpected');
          for (const [, sent] of response.headers) expect(sent).toMatch(/^[\x20-\x7e]*$/);
        }
      }
    }
    for (const { headers } of aws.received) {
      expect(headers).not.toHaveProperty('x-evil');
      for (const [at, sent] of Object.entries(headers)) {
        // What is one line and printable may be sent, however long it is.
        expect(`${at}: ${String(sent)}`).toMatch(/^[\x20-\x7e]*$/);
      }
    }
  });

  it("of a request names a session that is its key's own, too", async () => {
    for (const name of ['x-session-id', 'x-litellm-session-id', 'x-openwebui-chat-id', 'x-conversation-id']) {
      for (const key of ['sk-one', 'sk-two', 'sk-master']) {
        expect((await proxy.post({ model: 'agent', messages }, key, { [name]: 'chat-1' })).status).toBe(200);
      }
    }
    const sessions = aws.received.map(({ url }) => /sessions\/([^/]+)/.exec(url)?.[1]);
    expect(sessions).toHaveLength(12);
    expect(new Set(sessions).size).toBe(3);
  });
});

describe('an identity', () => {
  const named = fc.constantFrom(
    ...'sessionId session_id runtimeSessionId memoryId memory_id memory-id MEMORYID actorId actor_id runtimeUserId contextId thread_id mcpSessionId'.split(
      ' ',
    ),
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.dictionary(named, fc.constantFrom('STOLEN-ID', ['STOLEN-ID'], [['STOLEN-ID']]), { maxKeys: 3 }),
      fc.dictionary(fc.constantFrom('a', 'state', '__proto__', 'constructor', 'prototype'), tie('tree'), {
        maxKeys: 3,
      }),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.constantFrom<unknown>(1, null, true, 'text'),
    ),
  }));

  it.each(['agent', 'runtime'])(
    'of another key never reaches AWS, wherever it stands (%s)',
    async (model) => {
      const places = fc.constantFrom('custom', 'extra_body', 'sessionState', 'tenant');
      await fc.assert(
        fc.asyncProperty(places, tree, async (place, value) => {
          aws.received.splice(0);
          const state =
            place === 'sessionState' ? { sessionAttributes: value } : { memory: value, sessionState: value };
          const body = { model, messages, [place]: place === 'custom' ? value : state };
          await (await proxy.post(body)).text();
          expect(JSON.stringify(aws.received)).not.toContain('STOLEN-ID');
          return true;
        }),
        { numRuns: 200 },
      );
    },
    120_000,
  );

  it("of an MCP session is a key's own", async () => {
    for (const key of ['sk-one', 'sk-two', 'sk-master']) {
      expect((await proxy.post({ model: 'runtime', messages, mcpSessionId: 'mcp-1' }, key)).status).toBe(200);
    }
    const sent = aws.received.map(({ headers }: Received) => headers['mcp-session-id']);
    expect(new Set(sent).size).toBe(3);
    expect(sent[2]).toBe('mcp-1');
  });
});

describe('a body', () => {
  it.each(models)('changes no prototype of this process (%s)', async (model) => {
    const evil = '{"polluted":"yes","toString":"x","__proto__":{"polluted":"yes"}}';
    const inner = `{"__proto__":${evil},"constructor":{"prototype":${evil}},"prototype":${evil}}`;
    const fields = ['metadata', 'sessionState', 'extra_body', 'custom', 'tools', 'stream_options', 'stop', '__proto__'];
    for (const field of [...fields, 'constructor', 'litellm_metadata', 'bedrockModelConfig', 'response_format']) {
      const body = `{"model":"${model}","messages":[{"role":"user","content":"Hi","__proto__":${evil}}],"${field}":${inner}}`;
      expect((await proxy.post(body)).status).not.toBe(500);
      expect(({} as { polluted?: string }).polluted).toBeUndefined();
      expect(Object.keys(Object.prototype)).toEqual([]);
    }
  });

  const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

  it.each([
    ['deep', deep(2_000_000), 400, /deeper than 256/],
    ['deep, asked again by a client', deep(20_000), 400, /deeper than 256/],
    ['of very many values', `[${'{},'.repeat(1_500_000)}0]`, 413, /more than 1000000 values/],
  ])('that is %s is refused before it is parsed', async (what, value, status, why) => {
    for (const model of models) {
      for (const field of [
        '"custom":X',
        '"tools":[{"type":"function","function":{"name":"f","parameters":{"a":X}}}]',
      ]) {
        const body = `{"model":"${model}","messages":[{"role":"user","content":"Hi"}],${field.replace('X', value)}}`;
        const headers = what.includes('again') ? { 'x-stainless-retry-count': '1' } : {};
        const error = await errorOf(await proxy.post(body, 'sk-one', headers));
        expect(error).toMatchObject({ status, message: expect.stringMatching(why) as string });
      }
    }
    expect(aws.received).toEqual([]);
  });

  it('with brackets, quotes and backslashes in its texts is neither deep nor long', async () => {
    for (const text of [
      '['.repeat(100_000),
      '"'.repeat(100_000),
      '\\'.repeat(99_999),
      '\\"['.repeat(10_000),
      '{,'.repeat(600_000),
    ]) {
      const response = await proxy.post({ model: 'runtime', messages: [{ role: 'user', content: text }] });
      expect(response.status).toBe(200);
      const { prompt } = JSON.parse(aws.received.at(-1)?.body ?? '{}') as { prompt: string };
      expect(prompt === text).toBe(true);
    }
  });

  it.each([1e9, 2, Number.MAX_SAFE_INTEGER])('cannot ask for %s answers at once', async (n) => {
    for (const model of models) expect((await proxy.post({ model, messages, n })).status).toBe(400);
    expect(aws.received).toEqual([]);
  });

  const calls = Array.from({ length: 50_000 }, (_, index) => ({
    id: `call-${index}`,
    type: 'function',
    function: { name: 'f', arguments: '{}' },
  }));
  const ask = { role: 'user', content: 'Hi' };
  it.each([
    [
      'messages',
      { messages: Array.from({ length: 100_001 }, (_, at) => (at % 2 ? { ...ask, role: 'assistant' } : ask)) },
    ],
    [
      'parts',
      { messages: [{ role: 'user', content: Array.from({ length: 100_000 }, () => ({ type: 'text', text: 'a' })) }] },
    ],
    [
      'calls and results',
      {
        messages: [
          ask,
          { role: 'assistant', tool_calls: calls },
          ...calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'x' })),
          { role: 'assistant', content: 'So.' },
          ask,
        ],
      },
    ],
    ['parameters', { messages: [ask], ...Object.fromEntries(calls.map(({ id }) => [id, 'v'])) }],
    ['names to drop', { messages: [ask], additional_drop_params: calls.map(({ id }) => id) }],
    ['mistakes', { messages: calls.map(() => ({ role: 'nobody' })) }],
    ['words', { messages: [{ role: 'user', content: 'word '.repeat(2_000_000) }] }],
    ['blanks before a word', { messages: [{ role: 'user', content: `${' '.repeat(10_000_000)}word` }] }],
  ])(
    'of very many %s takes a time that grows with their number, and not with its square',
    async (_, many) => {
      for (const model of ['agent', 'runtime']) {
        // Of the processor, and not of the clock, which goes on while a busy machine does something else.
        const before = process.cpuUsage();
        const text = await (await proxy.post({ model, ...many })).text();
        // Microseconds; a square would take minutes.
        expect(process.cpuUsage(before).user).toBeLessThan(20_000_000);
        expect(text.length).toBeLessThan(1000);
      }
    },
    300_000,
  );
});
