import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { APIError, bedrock, completion, type CompletionParameters, createCompletion } from '../../../src/index.ts';
import { type Received, serve } from '../../support/loopback.ts';
import { agentModel, runtimeArn, runtimeModel as model } from '../../support/models.ts';

const token = 'eyJhbGciOi.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl';
const messages = [{ role: 'user', content: 'hello agent' }] as const;

let answer: (response: ServerResponse) => unknown;
const aws = await serve((response) => answer(response));
beforeEach(() => {
  aws.received.splice(0);
  answer = reply(200, '{"result":"Hi"}');
});
afterEach(() => vi.unstubAllEnvs());

function reply(status: number, body: string, headers: Record<string, string> = {}) {
  return (response: ServerResponse) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

async function ask(parameters: Partial<CompletionParameters> = {}): Promise<unknown> {
  const asked = await completion({ api_base: aws.url, model, messages, api_key: token, ...parameters });
  return 'finalChatCompletion' in asked ? asked.finalChatCompletion() : asked;
}

async function send(parameters: Partial<CompletionParameters> = {}): Promise<Received> {
  await ask(parameters);
  const [received] = aws.received;
  if (!received) throw new Error('nothing was received');
  return received;
}

async function fail(parameters: Partial<CompletionParameters> = {}): Promise<APIError> {
  const thrown: unknown = await ask(parameters).then(
    () => expect.unreachable('the call succeeded'),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(APIError);
  return thrown as APIError;
}

/** Everything that a log may write of a value. */
function logged(value: unknown): string {
  return (
    inspect(value, { depth: 12, showHidden: true }) +
    JSON.stringify(value) +
    (value instanceof Error ? (value.stack ?? '') : '')
  );
}

describe('a call with a JWT', () => {
  it.each([false, true])('is the same request, unsigned, with the token in its place (stream: %s)', async (stream) => {
    const { method, url, headers, body } = await send({
      stream,
      qualifier: 'prod',
      runtimeUserId: 'alice',
      runtimeSessionId: 'a-session-that-is-long-enough-for-aws',
      extra_headers: { 'x-tenant': 'ours' },
      colour: 'red',
    });
    expect([method, url]).toEqual(['POST', `/runtimes/${encodeURIComponent(runtimeArn)}/invocations?qualifier=prod`]);
    expect(headers).toMatchObject({
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'x-amzn-bedrock-agentcore-runtime-user-id': 'alice',
      'x-amzn-bedrock-agentcore-runtime-session-id': 'a-session-that-is-long-enough-for-aws',
      'x-tenant': 'ours',
    });
    expect(Object.keys(headers).filter((name) => /^x-amz-(date|content-sha256|security-token)$/.test(name))).toEqual(
      [],
    );
    expect(JSON.parse(body)).toEqual({ prompt: 'hello agent', colour: 'red' });
  });

  it('looks for no credentials', async () => {
    const { url, received } = await serve((response) => response.writeHead(500).end());
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', url);
    const provider = vi.fn(() => Promise.reject(new Error('asked')));
    const complete = createCompletion(bedrock({ api_base: aws.url, aws_credentials: provider }));
    await complete({ model, messages, api_key: token });
    await ask({ aws_credentials: provider });
    expect(aws.received).toHaveLength(2);
    expect(provider).not.toHaveBeenCalled();
    expect(received).toEqual([]);
  });

  it('asks a function for a token with every attempt', async () => {
    const answers = [reply(429, '{}'), reply(429, '{}'), reply(200, '"Hi"'), reply(200, '"Hi"')];
    answer = (response) => answers.shift()?.(response);
    let count = 0;
    await ask({ api_key: () => `token-number-${++count}`, num_retries: 2 });
    await ask({ api_key: () => Promise.resolve(`token-number-${++count}`) });
    expect(aws.received.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-number-1',
      'Bearer token-number-2',
      'Bearer token-number-3',
      'Bearer token-number-4',
    ]);
  });

  it('keeps the tokens of two callers apart', async () => {
    const tokens = Array.from({ length: 20 }, (_, index) => `token-of-caller-${index}`);
    await Promise.all(tokens.map((each) => ask({ api_key: each, caller: each })));
    for (const { headers, body } of aws.received) {
      expect(headers.authorization).toBe(`Bearer ${(JSON.parse(body) as { caller: string }).caller}`);
    }
    expect(aws.received).toHaveLength(20);
  });

  it('has the token in no other place', async () => {
    const { url, headers, body } = await send();
    const { authorization, ...others } = headers;
    expect(authorization).toBe(`Bearer ${token}`);
    expect(JSON.stringify([url, others, body])).not.toContain(token);
    expect(logged(await ask())).not.toContain(token);
  });

  it('does not follow a redirect with it', async () => {
    const other = await serve((response) => response.end('{"result":"Hi"}'));
    answer = (response) => response.writeHead(307, { location: `${other.url}/` }).end();
    await fail();
    expect(other.received).toEqual([]);
  });
});

describe('an error of a call with a JWT', () => {
  it.each([
    ['UnauthorizedException', 401, 'AuthenticationError'],
    ['AccessDeniedException', 403, 'PermissionDeniedError'],
    ['ValidationException', 400, 'BadRequestError'],
    ['ThrottlingException', 429, 'RateLimitError'],
    ['RuntimeClientError', 424, 'BadGatewayError'],
  ])('is told by its name: %s', async (name, status, expected) => {
    answer = reply(status, '{"message":"AWS says why."}', { 'x-amzn-errortype': name, 'x-amzn-requestid': 'r-1' });
    const error = await fail();
    expect(error).toMatchObject({ name: expected, code: name, request_id: 'r-1', model });
    expect(error.message).toMatch(/^AWS says why\./);
  });

  it.each(['{"message":"No."}', '', '<html>'])('is told by its status where it has no name: 401 %j', async (body) => {
    answer = reply(401, body);
    expect(await fail()).toMatchObject({ name: 'AuthenticationError', status: 401 });
  });

  it("has the words of an A2A server's JSON-RPC error", async () => {
    answer = reply(429, '{"jsonrpc":"2.0","id":"1","error":{"code":-32053,"message":"Rate exceeded."}}');
    expect(await fail()).toMatchObject({ name: 'RateLimitError', message: 'Rate exceeded.' });
  });

  it.each<[string, (response: ServerResponse) => unknown]>([
    ['quotes it', reply(401, JSON.stringify({ message: `The token ${token} has expired.` }))],
    ['has it in another field', reply(401, JSON.stringify({ message: 'Expired.', detail: { seen: [token] } }))],
    ['is no JSON and quotes it', reply(403, `<html>${token}</html>`)],
    ['is a JSON-RPC error that quotes it', reply(401, JSON.stringify({ error: { message: `Bad ${token}` } }))],
    ['has nothing to say', (response) => response.writeHead(401).end()],
    ['redirects', (response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end()],
    ['answers with an error of the agent that quotes it', reply(200, JSON.stringify({ error: `Bad ${token}` }))],
    [
      'streams an error of the agent that quotes it',
      reply(200, `data: "Hi"\n\ndata: ${JSON.stringify({ error: `Bad ${token}`, error_type: token })}\n\n`, {
        'content-type': 'text/event-stream',
      }),
    ],
    ['breaks the connection', (response) => response.socket?.destroy()],
  ])('does not tell the token where AWS %s', async (_, how) => {
    answer = how;
    for (const stream of [false, true]) expect(logged(await fail({ stream }))).not.toContain(token);
  });
});

describe('an error of an agent that quotes a JWT', () => {
  it('keeps its own words and what else it says', async () => {
    answer = reply(
      200,
      JSON.stringify({ error: `Bad token ${token}, my friend.`, error_type: 'NotMine', status_code: 403 }),
    );
    expect(await fail()).toMatchObject({
      name: 'PermissionDeniedError',
      message: expect.stringContaining('Bad token […], my friend.') as string,
      code: 'NotMine',
      retryable: false,
    });
  });
});

describe('api_key', () => {
  it.each<[string, unknown]>([
    ['empty', ''],
    ['a line break', `${token}\n`],
    ['a header of its own', `${token}\r\nx-evil: 1`],
    ['the word Bearer', `Bearer ${token}`],
    ['letters that no header may have', `${token}é`],
    ['an object', { token }],
    ['a number', 7],
    ['a function that gives an empty one', () => ''],
    ['a function that gives one with a line break', () => Promise.resolve(`${token}\n`)],
    ['a function that gives nothing', () => undefined],
  ])('is a 400 where it is or has %s, and is not repeated', async (_, apiKey) => {
    const error = await fail({ api_key: apiKey as string });
    expect(error).toMatchObject({ name: 'BadRequestError', param: 'api_key', status: 400 });
    expect(logged(error)).not.toContain(token);
    expect(aws.received).toEqual([]);
  });

  it('that is a function which fails is an AuthenticationError with its cause', async () => {
    const cause = new Error('The login page was closed.');
    const error = await fail({ api_key: () => Promise.reject(cause), num_retries: 2 });
    expect(error).toMatchObject({ name: 'AuthenticationError', param: 'api_key', cause });
    expect(aws.received).toEqual([]);
  });

  it('that never comes is a Timeout, and an abort does not wait for it', async () => {
    const never = () => new Promise<string>(() => undefined);
    expect(await fail({ api_key: never, timeout: 0.1 })).toMatchObject({ name: 'Timeout' });
    const asked = ask({ api_key: never, signal: AbortSignal.timeout(20) });
    await expect(asked).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it.each(['api_key', 'aws_credentials'])('of the call wins over defaults, as keys do: %s', async (name) => {
    const identity = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret-EXAMPLE-KEY' };
    const [defaults, given] =
      name === 'api_key'
        ? [{ aws_credentials: identity }, { api_key: token }]
        : [{ api_key: token }, { aws_credentials: identity }];
    await createCompletion(bedrock({ api_base: aws.url, ...defaults }))({ model, messages, ...given });
    expect(aws.received[0]?.headers.authorization).toMatch(name === 'api_key' ? /^Bearer / : /^AWS4-HMAC-SHA256 /);
  });

  it.each([token, () => token])('on an agent is a 400: agents accept SigV4 only', async (apiKey) => {
    const error = await fail({ model: agentModel, api_key: apiKey });
    expect(error).toMatchObject({ name: 'BadRequestError', param: 'api_key' });
    expect(error.message).toContain('SigV4');
    expect(logged(error)).not.toContain(token);
    expect(aws.received).toEqual([]);
  });
});
