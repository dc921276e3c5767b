import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startLocalBedrock } from '../../src/local.ts';
import type { LocalBedrock, LocalFaults } from '../../src/local.ts';
import { agentRuntimeArn, invokeRuntime, start } from './clients.ts';

/** A container, and a local Bedrock that forwards to it. */
async function forward(listener: RequestListener, path = '', faults: LocalFaults = {}): Promise<LocalBedrock> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return start({ runtimes: { [agentRuntimeArn]: `http://127.0.0.1:${port}${path}` }, faults });
}

test.each(['', '/', '/base', '/base/'])('a call goes to /invocations of a URL that ends with "%s"', async (path) => {
  const bedrock = await forward((incoming, outgoing) => outgoing.end(`${incoming.method} ${incoming.url}`), path);
  const base = path.replace(/\/$/, '');
  expect(await invokeRuntime(bedrock)).toMatchObject({ status: 200, text: `POST ${base}/invocations` });
});

test('the container gets the payload and the headers that AgentCore hands on, and no credentials', async () => {
  let headers: IncomingHttpHeaders = {};
  const payload = new Uint8Array([0, 255, 128, 10]);
  const bodies: Uint8Array[] = [];
  const bedrock = await forward((incoming, outgoing) => {
    headers = incoming.headers;
    incoming.on('data', (bytes: Buffer) => bodies.push(bytes));
    incoming.on('end', () => outgoing.end('{}'));
  });
  const prefix = 'x-amzn-bedrock-agentcore-runtime';
  await fetch(`${bedrock.url}/runtimes/${encodeURIComponent(agentRuntimeArn)}/invocations`, {
    method: 'POST',
    body: payload,
    headers: {
      'content-type': 'application/octet-stream',
      accept: 'text/event-stream, application/json',
      authorization: 'AWS4-HMAC-SHA256 secret',
      'x-amz-security-token': 'secret',
      [`${prefix}-user-id`]: 'me',
      [`${prefix}-custom-tenant`]: 'ours',
      traceparent: '00-1-2-01',
      baggage: 'a=b',
      'mcp-session-id': 'mcp',
      'x-other': 'dropped',
    },
  });
  expect(Buffer.concat(bodies)).toEqual(Buffer.from(payload));
  expect(headers).toEqual({
    host: expect.any(String) as string,
    connection: 'close',
    'content-length': '4',
    'content-type': 'application/octet-stream',
    accept: 'text/event-stream, application/json',
    [`${prefix}-session-id`]: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    [`${prefix}-user-id`]: 'me',
    [`${prefix}-custom-tenant`]: 'ours',
    traceparent: '00-1-2-01',
    baggage: 'a=b',
    'mcp-session-id': 'mcp',
  });
});

test('the answer streams back as it comes', async () => {
  let release = (): void => undefined;
  const bedrock = await forward((_, outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'text/event-stream', 'x-other': 'dropped' });
    outgoing.write('data: "early"\n\n');
    release = () => outgoing.end('data: "late"\n\n');
  });
  const response = await fetch(`${bedrock.url}/runtimes/${encodeURIComponent(agentRuntimeArn)}/invocations`, {
    method: 'POST',
    body: '{}',
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  expect(response.headers.get('x-other')).toBeNull();
  const seen: string[] = [];
  const decoder = new TextDecoder();
  for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
    seen.push(decoder.decode(bytes));
    release();
  }
  expect(seen).toEqual(['data: "early"\n\n', 'data: "late"\n\n']);
});

test.each([201, 202, 204])('status %i passes through', async (status) => {
  const bedrock = await forward((_, outgoing) => {
    outgoing.writeHead(status, { 'content-type': 'application/json' });
    outgoing.end(status === 204 ? undefined : '{}');
  });
  expect(await invokeRuntime(bedrock)).toMatchObject({ status, text: status === 204 ? '' : '{}' });
});

test.each([301, 400, 404, 500])(
  'status %i is a RuntimeClientError without the words of the container',
  async (status) => {
    const bedrock = await forward((_, outgoing) => {
      outgoing.writeHead(status, { location: '/' });
      outgoing.end('{"error":"secret"}');
    });
    expect((await invokeRuntime(bedrock)).error).toMatchObject({
      name: 'RuntimeClientError',
      message: `Received error (${status}) from runtime. Please check your CloudWatch logs for more information.`,
      $metadata: { httpStatusCode: 424 },
    });
  },
);

test('a container that is not there is a RuntimeClientError that says where it was sought', async () => {
  const bedrock = await start({ runtimes: { [agentRuntimeArn]: 'http://127.0.0.1:9/' } });
  expect((await invokeRuntime(bedrock)).error).toMatchObject({
    name: 'RuntimeClientError',
    message: 'The container at http://127.0.0.1:9 cannot be reached (ECONNREFUSED).',
    $metadata: { httpStatusCode: 424 },
  });
});

test('a container that hangs up before it answers is a RuntimeClientError', async () => {
  const bedrock = await forward((incoming) => incoming.socket.destroy());
  expect((await invokeRuntime(bedrock)).error).toMatchObject({ name: 'RuntimeClientError' });
});

test('a container that breaks off breaks the connection', async () => {
  const bedrock = await forward((incoming, outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
    outgoing.write('data: "part"\n\n', () => setTimeout(() => incoming.socket.resetAndDestroy(), 20));
  });
  const { text, error } = await invokeRuntime(bedrock);
  expect(text).toBe('data: "part"\n\n');
  expect(error).toMatchObject({ code: 'ECONNRESET' });
});

test.each([0, 1])('the connection to the container closes when the caller leaves: %i events in', async (events) => {
  let closed: Promise<unknown> | undefined;
  const controller = new AbortController();
  const bedrock = await forward((incoming, outgoing) => {
    closed = once(outgoing, 'close');
    if (events > 0) outgoing.write('data: "part"\n\n');
    incoming.resume();
    setTimeout(() => controller.abort(), 50);
  });
  expect((await invokeRuntime(bedrock, {}, controller.signal)).error).toBeDefined();
  await closed;
});

test('faults strike what a container streams', async () => {
  const answer: RequestListener = (_, outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
    outgoing.write('data: "one"\n\n');
    setTimeout(() => outgoing.end('data: "two"\n\n'), 20);
  };
  const { text } = await invokeRuntime(await forward(answer, '', { 'throttling@stream': 1 }));
  expect(text).toMatch(/^data: "one"\n\ndata: \{"error":".*","error_type":"ThrottlingException"/);
});

test.each(['localhost:8080', 'ftp://localhost', ''])('"%s" is refused as the URL of a container', async (url) => {
  await expect(startLocalBedrock({ runtimes: { [agentRuntimeArn]: url } })).rejects.toThrow(
    /a URL like 'http:\/\/localhost:8080'/,
  );
});
