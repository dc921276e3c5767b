import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { awsException, startLocalBedrock } from '../../src/local.ts';
import { serve, within } from '../support/loopback.ts';
import { runProxy, startProxy } from '../support/proxy.ts';

let asked: string[] = [];
const left: number[] = [];
beforeEach(() => void (asked = []));

const aws = await startLocalBedrock({
  agents: {
    'A/LIVE': async function* ({ inputText = '', agentId, signal }) {
      asked.push(agentId);
      if (inputText.startsWith('fail')) throw awsException('ValidationException', 'OPENSESAME is not allowed.');
      if (inputText.startsWith('throttle')) throw awsException('ThrottlingException', 'OPENSESAME');
      signal.addEventListener('abort', () => left.push(performance.now()));
      for (let word = 0; word < Number(/^slow (\d+)/.exec(inputText)?.[1] ?? 1); word++) {
        yield `OPENSESAME ${word} `;
        await sleep(100, undefined, { signal });
      }
      if (inputText.startsWith('break')) throw awsException('InternalServerException', 'OPENSESAME');
      if (inputText.startsWith('much')) for (let block = 0; block < 500; block++) yield 'x'.repeat(100_000);
      yield {
        usage: { inputTokens: 10, outputTokens: 20, foundationModel: 'anthropic.claude-3-5-sonnet-20240620-v1:0' },
      };
    },
  },
});
afterAll(aws.close);

const rows = `
model_list:
  - { model_name: agent, litellm_params: { model: bedrock/agent/A/LIVE, num_retries: 0 } }
`;

const user = (content: string) => [{ role: 'user' as const, content }];

async function errorOf(response: Response) {
  const { error } = (await response.json()) as { error: { message: string; code: string | null; type: string } };
  return { status: response.status, ...error };
}

describe('a proxy with keys', async () => {
  const proxy = await startProxy(
    `${rows}
  - { model_name: other, litellm_params: { model: bedrock/agent/A/LIVE, num_retries: 0 }, allow_client: [aws_region_name] }
  - { model_name: '*', litellm_params: { model: '*' } }
general_settings:
  master_key: os.environ/MASTER
  max_request_size_mb: 0.01
  request_timeout: 1
  idle_timeout: 2
  keys:
    - { name: some, key: sk-some, models: [agent] }
    - { name: few, key: sk-few, rpm: 2 }
    - { name: small, key: sk-small, tpm: 30 }
`,
    { ...aws.env, MASTER: 'sk-master' },
  );

  it.each([
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer sk-wrong' }],
  ])('answers 401 to %s, on every path of the API', async (_, headers) => {
    for (const path of ['/v1/models', '/v1/chat/completions', '/health', '/anything']) {
      const response = await fetch(proxy.url + path, { headers });
      expect(response.status).toBe(401);
      expect(response.headers.get('x-should-retry')).toBe('false');
    }
    expect(asked).toEqual([]);
  });

  it('lets a key ask its models only, and shows it no others', async () => {
    const client = proxy.client('sk-some');
    const answer = await client.chat.completions.create({ model: 'agent', messages: user('OPENSESAME') });
    expect(answer.choices[0]?.message.content).toContain('OPENSESAME 0');
    await expect(client.chat.completions.create({ model: 'other', messages: user('Hi') })).rejects.toBeInstanceOf(
      OpenAI.PermissionDeniedError,
    );
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['agent']);
    expect((await proxy.client('sk-master').models.list()).data.map(({ id }) => id)).toEqual(['agent', 'other']);
  });

  it('holds a key to its requests in a minute', async () => {
    await sleep(Math.max(0, new Date().getUTCSeconds() - 55) * 1000);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => proxy.post({ model: 'agent', messages: user('Hi') }, 'sk-few')),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 429, 429, 429]);
    expect(asked).toHaveLength(2);
    const refused = answers.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
  }, 30_000);

  it('holds a key to its tokens in a minute, streamed or not', async () => {
    await sleep(Math.max(0, new Date().getUTCSeconds() - 55) * 1000);
    const body = { model: 'agent', messages: user('Hi'), stream: true };
    const first = await proxy.post(body, 'sk-small');
    expect(first.status).toBe(200);
    await first.text();
    expect((await proxy.post(body, 'sk-small')).status).toBe(429);
  }, 30_000);

  it.each([
    ['api_base', 'http://127.0.0.1:1'],
    ['base_url', 'http://127.0.0.1:1'],
    ['aws_bedrock_runtime_endpoint', 'http://127.0.0.1:1'],
    ['aws_access_key_id', 'AKID'],
    ['aws_region_name', 'eu-west-1'],
    ['api_key', 'x'],
    ['extra_headers', { host: 'x' }],
    ['fallbacks', ['other']],
    ['model_list', []],
    ['mock_response', 'x'],
  ])('refuses %s from a caller and says so', async (name, value) => {
    const response = await proxy.post({ model: 'agent', messages: user('Hi'), [name]: value }, 'sk-master');
    expect(await errorOf(response)).toMatchObject({ status: 400, message: expect.stringContaining(name) as string });
    expect(asked).toEqual([]);
  });

  it('lets a row allow a name', async () => {
    const body = { messages: user('Hi'), aws_region_name: 'eu-west-1' };
    expect((await proxy.post({ model: 'other', ...body }, 'sk-master')).status).toBe(200);
  });

  it('is not led to other hosts', async () => {
    const trap = await serve((response) => response.end('caught'));
    const model = `bedrock/agentcore/${trap.url}`;
    for (const path of ['/v1/chat/completions', `/openai/deployments/${encodeURIComponent(model)}/chat/completions`]) {
      const response = await fetch(proxy.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer sk-master', 'x-forwarded-host': 'x' },
        body: JSON.stringify({ model, messages: user('Hi') }),
      });
      expect(response.status).toBe(400);
    }
    expect(trap.received).toEqual([]);
  });

  it.each([
    ['no JSON', '{"model": OPENSESAME'],
    ['no object', '["OPENSESAME"]'],
    ['no messages', '{"model":"agent"}'],
    ['a wrong type', '{"model":"agent","messages":"OPENSESAME"}'],
    [
      'too deep',
      `{"model":"agent","messages":[{"role":"user","content":"x"}],"a":${'['.repeat(4000)}${']'.repeat(4000)}}`,
    ],
  ])('answers a body with %s by one clear error, without repeating it', async (_, body) => {
    const error = await errorOf(await proxy.post(body, 'sk-some'));
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect(error.message).not.toContain('OPENSESAME');
  });

  it('refuses a body that is too long, announced or not', async () => {
    const content = 'OPENSESAME'.repeat(2000);
    const body = JSON.stringify({ model: 'agent', messages: user(content) });
    expect((await proxy.post(body, 'sk-master')).status).toBe(413);
    const stream = new Blob([body]).stream();
    const unannounced = await proxy.post('', 'sk-master', { body: stream, duplex: 'half' } as RequestInit as never);
    expect(unannounced.status).toBe(413);
    expect(asked).toEqual([]);
  });

  it.each([
    ['headers that never end', 'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n', 'x-a: b\r\n'],
    [
      'a body that never ends',
      'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-master\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n',
      ' ',
    ],
    ['nothing at all', '', ''],
  ])('closes a connection with %s', async (_, head, drip) => {
    const { hostname, port } = new URL(proxy.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined).resume();
    let closed = false;
    socket.on('close', () => (closed = true));
    socket.write(head);
    const dripping = setInterval(() => socket.writable && drip && socket.write(drip), 50);
    expect(await within(5000, () => closed)).toBe(true);
    clearInterval(dripping);
  });

  it('lets go of a client that does not read', async () => {
    const { hostname, port } = new URL(proxy.url);
    const before = left.length;
    const body = JSON.stringify({ model: 'agent', messages: user('much'), stream: true });
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined).pause();
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-master\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(await within(10_000, () => left.length > before)).toBe(true);
    socket.destroy();
  });

  it('closes the call to AWS within 200 ms when its client leaves, whole or streamed', async () => {
    for (const stream of [true, false]) {
      const before = left.length;
      const controller = new AbortController();
      const body = { model: 'agent', messages: user('slow 50'), stream };
      const asking = proxy.post(body, 'sk-master', { signal: controller.signal }).then((it) => it.text());
      asking.catch(() => undefined);
      await within(2000, () => asked.length > (stream ? 0 : 1));
      await sleep(150);
      const leaving = performance.now();
      controller.abort();
      expect(await within(1000, () => left.length > before)).toBe(true);
      expect((left.at(-1) ?? Infinity) - leaving).toBeLessThan(200);
      const isTold = () => proxy.lines().some((line) => line['left'] === true && line['stream'] === stream);
      expect(await within(1000, isTold)).toBe(true);
    }
  });

  it("sends one InvokeAgent for a turn that may have run, with OpenAI's client as it comes", async () => {
    const client = proxy.client('sk-master', { maxRetries: 2 });
    const answer = client.chat.completions.create({ model: 'agent', messages: user('break') });
    await expect(answer).rejects.toBeInstanceOf(OpenAI.InternalServerError);
    expect(asked).toHaveLength(1);
  });

  it('tells who asked what and how it went in one line, and nothing of what was said', async () => {
    const headers = { 'x-litellm-call-id': 'line-1' };
    await proxy.post({ model: 'agent', messages: user('fail OPENSESAME') }, 'sk-some', { headers });
    const ok = await proxy.post({ model: 'agent', messages: user('Hi'), stream: true }, 'sk-master', { headers });
    await ok.text();
    await within(1000, () => proxy.lines().at(-1)?.['status'] === 200);
    const lines = proxy.lines().filter((line) => line['call_id'] === 'line-1');
    expect(lines).toMatchObject([
      { route: 'chat', status: 400, key: 'some', model: 'agent', error: 'BadRequestError' },
      { route: 'chat', status: 200, model: 'agent', stream: true, prompt_tokens: 10, completion_tokens: 20 },
    ]);
    expect(lines[1]).toHaveProperty('first_chunk_ms');
    expect(lines[1]?.['cost']).toBeGreaterThan(0);
  });

  it('says that it lives and is ready, to anybody', async () => {
    for (const path of ['/health/liveliness', '/health/liveness']) {
      expect(await (await fetch(proxy.url + path)).json()).toBe("I'm alive!");
    }
    expect((await fetch(`${proxy.url}/health/readiness`)).status).toBe(200);
  });

  it('runs agents for its health only when the master asks for it', async () => {
    const health = async (query: string, key: string) => {
      const response = await fetch(`${proxy.url}/health${query}`, { headers: { authorization: `Bearer ${key}` } });
      return { status: response.status, ...((await response.json()) as object) };
    };
    expect(await health('', 'sk-some')).toMatchObject({ status: 200, unchecked_endpoints: [{ model: 'agent' }] });
    expect(await health('?run=true', 'sk-some')).toMatchObject({ status: 403 });
    expect(asked).toEqual([]);
    expect(await health('?run=true', 'sk-master')).toMatchObject({ healthy_count: 2, unhealthy_count: 0 });
    expect(asked).toHaveLength(2);
  });

  it('counts for Prometheus under names of the configuration only', async () => {
    await proxy.post({ model: 'bedrock/agent/X/LIVE', messages: user('Hi') }, 'sk-master');
    await (await proxy.post({ model: 'agent', messages: user('Hi'), stream: true }, 'sk-master')).text();
    const text = await (await fetch(`${proxy.url}/metrics`)).text();
    expect(text).toMatch(/bedrock_agents_openai_requests_total\{route="chat",model="agent",status="200"\} \d+/);
    expect(text).toMatch(/bedrock_agents_openai_requests_total\{route="chat",model="\*",status="\d+"\} \d+/);
    expect(text).toMatch(/bedrock_agents_openai_errors_total\{model="agent",error="BadRequestError"\} \d+/);
    expect(text).toMatch(/bedrock_agents_openai_errors_total\{model="agent",error="client_left"\} \d+/);
    expect(text).toMatch(/bedrock_agents_openai_first_chunk_seconds_count\{model="agent"\} \d+/);
    expect(text).toMatch(/bedrock_agents_openai_tokens_total\{model="agent",type="completion"\} \d+/);
    expect(text).toMatch(/bedrock_agents_openai_cost_dollars_total\{model="agent"\} 0\.\d+/);
    expect(text).toMatch(/bedrock_agents_openai_open_streams 0/);
    expect(text).not.toMatch(/OPENSESAME|sk-/);
  });
});

describe('a proxy under load', () => {
  it('keeps 500 streams, ends them all when it is told to stop, and takes nothing new', async () => {
    const proxy = await startProxy(`${rows}general_settings: { drain_timeout: 20 }\n`, { ...aws.env });
    const body = { model: 'agent', messages: user('slow 30'), stream: true };
    const streams = Array.from({ length: 500 }, async () => (await proxy.post(body)).text());
    expect(await within(15_000, () => asked.length === 500)).toBe(true);
    proxy.signal('SIGTERM');
    await within(2000, () => proxy.output().includes('draining'));
    const late = await proxy.post(body);
    expect(late.status).toBe(503);
    expect(late.headers.get('connection')).toBe('close');
    expect((await fetch(`${proxy.url}/health/readiness`)).status).toBe(503);
    expect((await fetch(`${proxy.url}/health/liveliness`)).status).toBe(200);
    const texts = await Promise.all(streams);
    for (const text of texts) {
      expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
      expect(text).toContain('OPENSESAME 29');
    }
    expect(await proxy.exit).toBe(0);
    expect(proxy.output()).toContain('"cut":0');
  }, 60_000);

  it('cuts what does not end in time, and exits 0', async () => {
    const proxy = await startProxy(`${rows}general_settings: { drain_timeout: 0.3 }\n`, { ...aws.env });
    const before = left.length;
    const response = await proxy.post({ model: 'agent', messages: user('slow 600'), stream: true });
    proxy.signal('SIGTERM');
    await expect(response.text()).rejects.toThrow();
    expect(await proxy.exit).toBe(0);
    expect(await within(1000, () => left.length > before)).toBe(true);
  });

  it('takes no more connections than it is given', async () => {
    const proxy = await startProxy(`${rows}general_settings: { max_connections: 2 }\n`, { ...aws.env });
    const { hostname, port } = new URL(proxy.url);
    const sockets = [1, 2, 3].map(() =>
      connect(Number(port), hostname)
        .on('error', () => undefined)
        .resume(),
    );
    const closed = await Promise.race(
      sockets.map((each, at) => new Promise((done) => each.on('close', () => done(at)))),
    );
    expect(closed).toBe(2);
    for (const socket of sockets) socket.destroy();
  });
});

describe('a proxy whose log nobody reads', async () => {
  const proxy = await startProxy(rows, aws.env);

  it('goes on answering, and ends when it is told to', async () => {
    proxy.neglect();
    // Several times what a pipe takes.
    for (let hundred = 0; hundred < 40; hundred++) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => proxy.post({ model: 'nothing' })));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]));
      await Promise.all(answers.map((answer) => answer.text()));
    }
    proxy.signal('SIGTERM');
    expect(await Promise.race([proxy.exit, sleep(30_000, 'still there')])).not.toBe('still there');
  }, 60_000);
});

describe('the command', () => {
  it.each([
    ['0.0.0.0', ''],
    ['::', 'general_settings: {}'],
  ])('does not listen on %s without a key', async (host, more) => {
    const proxy = await runProxy(`${rows}${more}`, {}, ['--host', host]);
    expect(await proxy.exit).toBe(1);
    expect(proxy.output()).toMatch(/Without a key.*master_key.*allow_anonymous/s);
  });

  it('does so where it is told to', async () => {
    const proxy = await startProxy(`${rows}general_settings: { allow_anonymous: true }`, {}, ['--host', '0.0.0.0']);
    expect((await fetch(`${proxy.url}/v1/models`)).status).toBe(200);
  });

  it('checks a configuration and ends', async () => {
    const [good, bad, missing] = await Promise.all([
      runProxy(`${rows}strange: 1\n`, {}, ['--check']),
      runProxy('model_list: [{ model_name: 1 }]', {}, ['--check']),
      runProxy(rows.replace('num_retries: 0', 'api_key: os.environ/NOWHERE'), {}, ['--check']),
    ]);
    expect([await good.exit, await bad.exit, await missing.exit]).toEqual([0, 1, 1]);
    expect(good.output()).toMatch(/warning: .*config\.yaml:\d+: strange is not known here.*is fine: 1 rows/s);
    expect(bad.output()).toMatch(/config\.yaml:1: model_list\.0\.model_name: expected a text, got a number/);
    expect(missing.output()).toContain('the environment variable NOWHERE is not set');
  });
});
