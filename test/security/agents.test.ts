// What the answer of an agent, or whoever answers in its place, may do to a proxy and to its log.
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { serve } from '../support/loopback.ts';
import { agentModel, runtimeModel } from '../support/models.ts';
import { createQuietProxy, reachAll } from '../support/quiet-proxy.ts';

const rows = `
model_list:
  - { model_name: agent, litellm_params: { model: ${agentModel} } }
  - { model_name: runtime, litellm_params: { model: '${runtimeModel}' } }
general_settings: { master_key: sk-master, keys: [{ name: one, key: sk-one }] }
`;
let answer: (response: ServerResponse) => unknown;
const aws = await serve((response) => answer(response));
const proxy = await createQuietProxy(rows + reachAll(aws.url));

/** Answers with these bytes, whatever HTTP allows. */
let bytes = Buffer.alloc(0);
const raw = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.once('data', () => socket.end(bytes));
});
await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
afterAll(() => raw.close());
// A server on a port has an address, and no path.
const rawProxy = await createQuietProxy(rows + reachAll(`http://127.0.0.1:${(raw.address() as AddressInfo).port}`));

const messages = [{ role: 'user', content: 'Hi' }];
const lines = (log: string) => log.trimEnd().split('\n');

describe('the log', () => {
  it.each([
    ['as the code of an error', { error: { message: 'No.', code: 'OPENSESAME for everybody\n{"msg":"request"}' } }],
    ['as its type', { error: 'No.', error_type: 'OPENSESAME\u001b[31m\u009b31m' }],
    ['as a very long code', { error: { message: 'No.', code: 'OPENSESAME'.repeat(1000) } }],
    ['as its message', { error: 'OPENSESAME\r\n\u2028{"level":30}' }],
  ])('holds no words that an agent says %s, and one line for a request', async (_, said) => {
    answer = (response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(said));
    const before = lines(proxy.log()).length;
    expect((await proxy.post({ model: 'runtime', messages })).status).toBe(502);
    expect(lines(proxy.log()).length - before).toBeLessThanOrEqual(1);
    for (const line of lines(proxy.log())) JSON.parse(line);
    expect(proxy.log()).not.toContain('OPENSESAME');
  });

  it('keeps a code that is a word, for it says what is wrong', async () => {
    answer = (response) =>
      response.setHeader('content-type', 'application/json').end('{"error":"No.","error_type":"QUOTA_1"}');
    await proxy.post({ model: 'runtime', messages });
    expect(lines(proxy.log()).at(-1)).toContain('"code":"QUOTA_1"');
  });

  it('has one line for a request, and nothing that a terminal acts on, whatever its caller names', async () => {
    const hostile = 'OPENSESAME\u001b[2J\r\n{"level":30}\u009b31m\u2028';
    const quiet = await createQuietProxy(`${rows}${reachAll(aws.url)}`);
    const bodies: readonly object[] = [
      { model: hostile },
      { model: 'agent', litellm_call_id: hostile },
      { model: 'agent', [hostile]: hostile, user: hostile, metadata: { [hostile]: hostile } },
      { model: 'agent', sessionId: hostile },
      { model: 'agent', api_key: hostile, [`aws_${hostile}`]: hostile },
      { model: 'agent', messages: [{ role: hostile, content: hostile }] },
      { model: 'agent', tools: [{ type: hostile }] },
    ];
    answer = (response) => response.writeHead(400, { 'content-type': 'application/json' }).end('{"message":"No."}');
    for (const body of bodies) await (await quiet.post({ messages, ...body })).text();
    const path = `http://proxy/v1/models/${encodeURIComponent(hostile)}`;
    await quiet.fetch(path, { headers: { authorization: `Bearer sk-one`, 'x-litellm-call-id': '\u009b31m' } });
    await quiet.fetch(path, { headers: { authorization: 'Bearer OPENSESAME', 'user-agent': 'OPENSESAME' } });
    expect(lines(quiet.log())).toHaveLength(bodies.length + 2);
    expect(quiet.log()).toMatch(/^[\x20-\x7e\n]+$/);
    expect(quiet.log()).not.toContain('OPENSESAME');
  });
});

describe('a header of the answer', () => {
  const head = (status: string, headers: string, body: string) =>
    Buffer.from(
      `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n${headers}connection: close\r\n\r\n${body}`,
      'latin1',
    );
  const hostile = 'caf\u00e9\u009b31m';

  it.each([
    ['an answer', '200 OK', '{"result":"Hello"}', 200],
    ['an error', '400 Bad Request', '{"message":"No."}', 400],
    ['an error that names a time', '429 Too Many Requests', '{"message":"No."}', 429],
  ])('that is no plain text is not handed on: %s', async (_, status, body, expected) => {
    const names = ['x-amzn-requestid', 'x-amzn-bedrock-agentcore-runtime-session-id', 'retry-after', 'set-cookie'];
    const more = ['location', 'x-should-retry', 'access-control-allow-origin', 'x-evil'];
    bytes = head(status, [...names, ...more].map((name) => `${name}: ${hostile}\r\n`).join(''), body);
    for (const key of ['sk-one', 'sk-master']) {
      const response = await rawProxy.post({ model: 'runtime', messages }, key);
      expect(response.status).toBe(expected);
      for (const [, value] of response.headers) expect(value).toMatch(/^[\x20-\x7e]*$/);
      for (const name of ['set-cookie', ...more.filter((name) => name !== 'x-should-retry')]) {
        expect(response.headers.has(name)).toBe(false);
      }
    }
  });

  it("of another server's making cannot be added to ours", async () => {
    bytes = head('200 OK', 'x-amzn-bedrock-agentcore-runtime-session-id: a\rx-evil: 1\r\n', '{"result":"Hello"}');
    const response = await rawProxy.post({ model: 'runtime', messages }, 'sk-master');
    expect(response.headers.has('x-evil')).toBe(false);
  });
});

it('an error of very many blanks takes a time that grows with their number, and not with its square', async () => {
  answer = (response) =>
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ error: `${' '.repeat(1_000_000)}No.` }));
  const began = performance.now();
  expect((await proxy.post({ model: 'runtime', messages })).status).toBe(502);
  // The square of a million steps would be many minutes.
  expect(performance.now() - began).toBeLessThan(20_000);
}, 60_000);
