import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { APIError, completion, type CompletionParameters } from '../../../src/index.ts';
import { type Received, serve } from '../../support/loopback.ts';

const messages = [{ role: 'user', content: 'hello agent' }] as const;
const sessionHeader = 'x-amzn-bedrock-agentcore-runtime-session-id';

let answer: (response: ServerResponse, request: Received) => unknown;
const container = await serve((response, request) => answer(response, request));
const { port } = new URL(container.url);
beforeEach(() => {
  container.received.splice(0);
  answer = reply(200, '{"result":"Hi"}');
});
afterEach(() => vi.unstubAllEnvs());

function reply(status: number, body: string, headers: Record<string, string> = {}) {
  return (response: ServerResponse) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

async function ask(parameters: Partial<CompletionParameters> = {}) {
  return completion({ model: `bedrock/agentcore/${container.url}`, messages, ...parameters, stream: false });
}

async function fail(parameters: Partial<CompletionParameters> = {}): Promise<APIError> {
  const thrown: unknown = await ask(parameters).then(
    () => expect.unreachable('the call succeeded'),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(APIError);
  return thrown as APIError;
}

describe('a container on this machine', () => {
  it('is asked as AgentCore asks it, and nothing of AWS or of a runtime is sent', async () => {
    const { choices, model } = await ask({
      runtimeSessionId: 'a-session-that-is-long-enough-for-aws',
      runtimeUserId: 'alice',
      traceParent: '00-1-2-01',
      extra_headers: { 'x-tenant': 'ours' },
      colour: 'red',
      // Of the runtime that this container will be.
      qualifier: 'prod',
      accountId: '123456789012',
      endSession: true,
      api_key: 'a-token-of-someone',
      aws_access_key_id: 'AKIDEXAMPLE',
      aws_secret_access_key: 'secret-EXAMPLE-KEY',
      aws_region_name: 'eu-west-1',
    });
    expect(choices[0]?.message.content).toBe('Hi');
    expect(model).toBe(`bedrock/agentcore/${container.url}`);
    expect(container.received).toHaveLength(1);
    const [received] = container.received;
    expect(received).toMatchObject({ method: 'POST', url: '/invocations' });
    expect(JSON.parse(received?.body ?? '')).toEqual({ prompt: 'hello agent', colour: 'red' });
    expect(received?.headers).toEqual({
      host: `127.0.0.1:${port}`,
      connection: 'keep-alive',
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'content-length': String(received?.body.length),
      [sessionHeader]: 'a-session-that-is-long-enough-for-aws',
      'x-amzn-bedrock-agentcore-runtime-user-id': 'alice',
      traceparent: '00-1-2-01',
      'x-tenant': 'ours',
    });
  });

  it('gets a session of its own where nobody named one, and it is handed back', async () => {
    const { _hidden_params } = await ask();
    const sent = container.received[0]?.headers[sessionHeader];
    expect(sent).toMatch(/^session-[\w-]{30,}$/);
    expect(_hidden_params).toMatchObject({ session_id: sent });
  });

  it('needs no credentials and looks for none', async () => {
    const { url, received } = await serve((response) => response.writeHead(500).end());
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', url);
    vi.stubEnv('AWS_ENDPOINT_URL', url);
    await ask();
    expect(received).toEqual([]);
  });

  it.each([
    ['http://localhost:PORT', '/invocations'],
    ['http://localhost:PORT/', '/invocations'],
    ['http://127.0.0.1:PORT/agents/one', '/agents/one/invocations'],
    ['http://127.0.0.1:PORT/agents/one//', '/agents/one/invocations'],
    ['http://127.0.0.1:PORT/agents/one/invocations', '/agents/one/invocations'],
    ['http://0.0.0.0:PORT', '/invocations'],
    ['http://agent.localhost:PORT', '/invocations', 'http://127.0.0.1:PORT'],
  ])('is reached by %s', async (url, path, base?: string) => {
    const to = (text: string) => text.replace('PORT', port);
    await ask({ model: `bedrock/agentcore/${to(url)}`, ...(base !== undefined && { api_base: to(base) }) });
    expect(container.received).toMatchObject([{ url: path }]);
  });

  it('keeps its path where api_base replaces its host', async () => {
    await ask({ model: 'bedrock/agentcore/http://localhost:1/agents/one', api_base: container.url });
    expect(container.received).toMatchObject([{ url: '/agents/one/invocations' }]);
  });

  it.each([
    'http://example.com',
    'http://169.254.169.254/latest',
    'https://localhost.example.com:8080',
    'http://127.0.0.1.example.com',
    'http://localhost:8080?x=1',
    'http://localhost:8080#x',
    'http://me:secret@localhost:8080',
    'http://',
    'http://localhost:99999',
    'ftp://localhost',
  ])('is not %s, which is a 400', async (url) => {
    expect(await fail({ model: `bedrock/agentcore/${url}` })).toMatchObject({
      name: 'BadRequestError',
      param: 'model',
      message: expect.stringMatching(/http:\/\/localhost:8080|ARN/) as string,
    });
  });

  it('is retried while it starts, and only then', async () => {
    const late = await serve(() => undefined);
    await late.close();
    const refused = await fail({ model: `bedrock/agentcore/${late.url}` });
    expect(refused).toMatchObject({ name: 'APIConnectionError', retryable: true });
    expect(refused.message).toBe(`Cannot connect to the container at ${late.url} (ECONNREFUSED); is it running?`);

    answer = (response) => response.socket?.resetAndDestroy();
    const lost = await fail({ num_retries: 2 });
    expect(lost).toMatchObject({ name: 'APIConnectionError', retryable: false });
    expect(lost.message).toContain(`container at ${container.url} was lost (ECONNRESET)`);
    expect(container.received).toHaveLength(1);
  });

  it('that speaks A2A may stand at / as AWS has it, or at /invocations', async () => {
    await ask({ payload_format: 'a2a' });
    answer = (response, { url }) => (url === '/' ? reply(200, '{"result":"Hi"}') : reply(404, 'No.'))(response);
    await ask({ payload_format: 'a2a' });
    expect(container.received.map(({ url }) => url)).toEqual(['/invocations', '/invocations', '/']);
    expect(await fail()).toMatchObject({ name: 'NotFoundError' });
  });
});

describe("a container's HTTP error", () => {
  it.each([
    [400, '{"error":"Missing sessionId."}', 'BadRequestError', 'Missing sessionId.'],
    [400, '{"error":"Invalid JSON","details":"x"}', 'BadRequestError', 'Invalid JSON'],
    [401, '{"detail":"Who are you?"}', 'AuthenticationError', 'Who are you?'],
    [404, '{"detail":"Not Found"}', 'NotFoundError', 'Not Found'],
    [406, '{"error":"Streaming response requires Accept"}', 'BadRequestError', 'Streaming response'],
    [422, '{"detail":[{"loc":["prompt"],"msg":"field required"}]}', 'UnprocessableEntityError', 'field required'],
    [429, '{"jsonrpc":"2.0","error":{"code":-32053,"message":"Slow."}}', 'RateLimitError', 'Slow.'],
    [500, '{"error":"division by zero","error_type":"ZeroDivisionError"}', 'InternalServerError', 'division by zero'],
    [500, '"a JSON string"', 'InternalServerError', 'a JSON string'],
    [500, 'Internal Server Error', 'InternalServerError', 'Internal Server Error'],
    [500, '', 'InternalServerError', 'own log'],
    [503, 'data: {"type":"RUN_ERROR","message":"No model."}\n\n', 'ServiceUnavailableError', 'No model.'],
    [302, '', 'BadGatewayError', 'HTTP 302'],
  ])('%i %s has its status and the words of the agent', async (status, body, name, words) => {
    answer = reply(status, body);
    const error = await fail({ num_retries: 2 });
    expect(error).toMatchObject({ name, retryable: false });
    expect(error.message).toContain(words);
    expect(error.message).toContain(`HTTP ${status}`);
    expect(container.received).toHaveLength(1);
  });

  it('has its code', async () => {
    answer = reply(500, '{"error":"division by zero","error_type":"ZeroDivisionError"}');
    expect(await fail()).toMatchObject({ code: 'ZeroDivisionError' });
  });

  it('is short however long the body is, and ends with it', async () => {
    answer = (response) => {
      response.writeHead(500, { 'content-type': 'text/html' });
      const write = (): boolean | undefined => response.destroyed || response.write('<p>'.repeat(10_000), write);
      write();
    };
    expect((await fail()).message.length).toBeLessThan(1200);
  });

  it('whose body does not end is a Timeout', async () => {
    answer = (response) => response.writeHead(500).write('It ');
    expect(await fail({ timeout: 0.1 })).toMatchObject({ name: 'Timeout' });
  });
});
