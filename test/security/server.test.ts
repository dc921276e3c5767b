// What anybody who reaches the port of a proxy may do without a key: nothing, and at no great cost to others.
import { connect } from 'node:net';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { serve, within } from '../support/loopback.ts';
import { agentModel } from '../support/models.ts';
import { createQuietProxy, reachAll } from '../support/quiet-proxy.ts';

const aws = await serve((response) => response.end());
beforeEach(() => void aws.received.splice(0));
const rows = `model_list: [{ model_name: secret-model, litellm_params: { model: ${agentModel} } }]\n${reachAll(aws.url)}`;
const keys = 'general_settings: { master_key: sk-master, keys: [{ name: one, key: sk-one, models: [] }] }\n';

const proxy = await createQuietProxy(`${rows}${keys}`);
const listening = await proxy.listen({ port: 0 });
const open = await createQuietProxy(rows);
const listeningOpen = await open.listen({ port: 0 });
afterAll(() => Promise.all([listening.close(), listeningOpen.close()]));

/** Sends bytes; resolves with all that comes until the server closes, or until `isEnough`. */
async function send(text: string, isEnough = (answer: string) => answer.includes('\r\n\r\n'), url = listening.url) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  let isClosed = false;
  socket.on('data', (bytes: Buffer) => (answer += bytes.toString('latin1')));
  socket.on('error', () => undefined);
  socket.on('close', () => (isClosed = true));
  socket.write(Buffer.from(text, 'latin1'));
  await within(10_000, () => isClosed || isEnough(answer));
  socket.destroy();
  return answer;
}

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

const body = JSON.stringify({ model: 'secret-model', messages: [{ role: 'user', content: 'Hi' }] });
const head =
  'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sk-master\r\nContent-Type: application/json\r\n';
const length = `Content-Length: ${body.length}\r\n`;
const hidden = 'GET /health?run=true HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sk-master\r\n\r\n';

describe('a request that two servers could read in two ways', () => {
  it.each([
    ['a length and chunks', `${head}${length}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`],
    ['chunks and a length', `${head}Transfer-Encoding: chunked\r\n${length}\r\n0\r\n\r\n${hidden}`],
    ['two lengths', `${head}Content-Length: 3\r\n${length}\r\n${body}`],
    ['one length twice', `${head}${length}${length}\r\n${body}`],
    ['two lengths in one', `${head}Content-Length: ${body.length}, 3\r\n\r\n${body}`],
    ['a length with a sign', `${head}Content-Length: +${body.length}\r\n\r\n${body}`],
    ['a length below nothing', `${head}Content-Length: -1\r\n\r\n${body}`],
    ['a length in hexadecimal', `${head}Content-Length: 0x10\r\n\r\n${body}`],
    ['an encoding that nobody knows', `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`],
    ['chunks that are not the last encoding', `${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${hidden}`],
    ['a blank before the colon', `${head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${hidden}`],
    ['a folded header', `${head}X-A: b\r\n Transfer-Encoding: chunked\r\n${length}\r\n${body}`],
    ['lines that end in a line feed alone', `${head}${length}\r\n${body}`.replaceAll('\r\n', '\n')],
    [
      'a line that ends in a carriage return alone',
      `${head}X-A: b\rTransfer-Encoding: chunked\r\n${length}\r\n${body}`,
    ],
    ['a chunk without its line end', `${head}Transfer-Encoding: chunked\r\n\r\n1\r\n{X0\r\n\r\n${hidden}`],
    ['a chunk of a length beyond all numbers', `${head}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n${body}`],
    ['a character zero in a header', `${head}X-A: a\0b\r\n${length}\r\n${body}`],
    ['a name with a character that no name has', `${head}X(A): b\r\n${length}\r\n${body}`],
  ])('is refused, and what follows it is not read: %s', async (_, text) => {
    // Node closes such connections itself.
    const answer = await send(text, () => false);
    expect(statusOf(answer)).toBe(400);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(aws.received).toEqual([]);
  });
});

describe('a request that is too much', () => {
  it.each([
    ['one header', `${head}X-A: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['many headers', `${head}${'X-A: b\r\n'.repeat(5000)}\r\n`, 431],
    ['a path', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431],
    ['what stands beside a chunk', `${head}Transfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(40_000)}\r\n{\r\n`, 413],
  ])('is refused: %s', async (_, text, status) => {
    expect(statusOf(await send(text))).toBe(status);
  });

  it('is refused as soon as its length is announced, and without a key whatever its length', async () => {
    const announced = head.replace('Content-Type', 'Content-Length: 99999999999\r\nContent-Type');
    expect(statusOf(await send(`${announced}\r\n`))).toBe(413);
    expect(statusOf(await send(`${announced.replace('sk-master', 'sk-wrong')}\r\n`))).toBe(401);
  });

  it('of slashes takes a time that grows with their number, and not with its square', async () => {
    const began = performance.now();
    for (const path of [
      `${'/'.repeat(1_000_000)}a`,
      `/models/${'/'.repeat(1_000_000)}a`,
      `/x${'/'.repeat(1_000_000)}`,
    ]) {
      expect((await proxy.fetch(`http://proxy${path}`)).status).toBe(401);
    }
    // The square of a million steps would be many minutes.
    expect(performance.now() - began).toBeLessThan(20_000);
  }, 60_000);
});

describe('without a key', () => {
  const asked = [
    ['GET', '/v1/models'],
    ['GET', '/v1/models/secret-model'],
    ['GET', '/health'],
    ['GET', '/health?run=true'],
    ['POST', '/v1/chat/completions'],
    ['POST', '/openai/deployments/secret-model/chat/completions'],
    ['DELETE', '/v1/models'],
    ['OPTIONS', '/v1/chat/completions'],
    ['GET', '/'],
    ['GET', '/..%2f..%2fetc/passwd'],
    ['GET', '/health/../v1/models'],
    ['GET', '//v1/models'],
    ['GET', '/health/liveness/../../v1/models'],
    ['GET', '/metrics/../v1/models'],
  ] as const;

  it.each(asked)('nothing is told: %s %s', async (method, path) => {
    for (const headers of ['', 'Authorization: Bearer sk-on\r\n', 'x-litellm-api-key:\r\n', 'api-key:  \r\n']) {
      const answer = await send(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}Connection: close\r\n\r\n`);
      expect(statusOf(answer)).toBe(401);
      expect(answer).not.toMatch(
        /secret-model|bedrock\/agent|sk-|AKID|127\.0\.0\.1|\.ts|node_modules|x-powered-by|^server:/im,
      );
    }
    expect(aws.received).toEqual([]);
  });

  it.each(['/health/liveliness', '/health/readiness'])('%s tells that it lives, and nothing else', async (path) => {
    const text = await (await fetch(listening.url + path)).text();
    expect(["I'm alive!", { status: 'healthy' }]).toContainEqual(JSON.parse(text));
  });

  it('what it counts is told to holders of a key only, where that is asked for', async () => {
    const shy = await createQuietProxy(`${rows}${keys}litellm_settings: { require_auth_for_metrics_endpoint: true }\n`);
    const ask = (headers: Record<string, string>) => shy.fetch('http://proxy/metrics', { headers });
    expect((await ask({})).status).toBe(401);
    expect((await ask({ authorization: 'Bearer sk-wrong' })).status).toBe(401);
    expect(await (await ask({ authorization: 'Bearer sk-one' })).text()).toContain('bedrock_agents_openai');
  });

  it('and with any other proxy it holds no text and no key', async () => {
    await proxy.post({ model: 'secret-model', messages: [{ role: 'user', content: 'A PROMPT' }] }, 'sk-master');
    const text = await (await fetch(`${listening.url}/metrics`)).text();
    expect(text).toContain('model="secret-model"');
    expect(text).not.toMatch(/PROMPT|sk-|AKID|L1RT58GYRW/);
  });
});

describe('a proxy without keys', () => {
  const ask = (headers: string, path = '/v1/models') =>
    send(`GET ${path} HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`, undefined, listeningOpen.url).then(statusOf);

  it.each([
    'localhost',
    '127.0.0.1:4000',
    '[::1]:4000',
    'proxy',
    'proxy:4000',
    'host.docker.internal',
    'a.localhost',
    'box.local',
  ])('answers to this machine, by whatever name: %s', async (host) => {
    expect(await ask(`Host: ${host}\r\n`)).toBe(200);
  });

  it.each(['evil.example', 'evil.example:4000', '127.0.0.1.evil.example', 'localhost.evil.example', 'local.evil'])(
    'answers to no name that a stranger may have led here: %s',
    async (host) => {
      for (const path of ['/v1/models', '/health?run=true', '/metrics']) {
        expect(await ask(`Host: ${host}\r\n`, path)).toBe(403);
      }
      expect(aws.received).toEqual([]);
    },
  );

  it('answers to no page of another site, whose browser says so', async () => {
    expect(await ask('Host: localhost\r\nSec-Fetch-Site: cross-site\r\n', '/health?run=true')).toBe(403);
    expect(await ask('Host: localhost\r\nSec-Fetch-Site: none\r\n')).toBe(200);
    const form = { method: 'POST', headers: { 'content-type': 'text/plain' }, body };
    expect((await fetch(`${listeningOpen.url}/v1/chat/completions`, form)).status).toBe(400);
    const asking = await fetch(`${listeningOpen.url}/v1/chat/completions`, { method: 'OPTIONS' });
    expect([...asking.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(aws.received).toEqual([]);
  });

  it('answers to any name where it is told that something else keeps strangers away', async () => {
    const anonymous = await createQuietProxy(`${rows}general_settings: { allow_anonymous: true }\n`);
    const { url, close } = await anonymous.listen({ port: 0 });
    const answer = await send('GET /v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n', undefined, url);
    expect(statusOf(answer)).toBe(200);
    await close();
  });
});
