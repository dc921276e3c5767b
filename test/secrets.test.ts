import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { APIError, completion } from '../src/index.ts';
import { chunk, event, exception, frame } from './support/frames.ts';
import { serve, type Received } from './support/loopback.ts';
import { agentModel, runtimeModel } from './support/models.ts';

const secrets = {
  secretAccessKey: 'wJalrSECRETKEYexample',
  sessionToken: 'FwoGSESSIONTOKENexample==',
  prompt: 'PROMPT of a patient',
  history: 'HISTORY of a patient',
  instructions: 'INSTRUCTIONS of the house',
  answer: 'ANSWER about a patient',
  custom: 'CUSTOM value',
  header: 'HEADER value',
};
const accessKeyId = 'AKIAIOSFODNN7EXAMPLE';

let answer: (response: ServerResponse, request: Received) => unknown;
const aws = await serve((response, request) => answer(response, request));
beforeEach(() => void aws.received.splice(0));

const base = {
  api_base: aws.url,
  aws_access_key_id: accessKeyId,
  aws_secret_access_key: secrets.secretAccessKey,
  aws_session_token: secrets.sessionToken,
  aws_region_name: 'us-west-2',
  extra_headers: { 'x-tenant': secrets.header },
  tenant: secrets.custom,
  messages: [
    { role: 'system', content: secrets.instructions },
    { role: 'user', content: secrets.history },
    { role: 'assistant', content: secrets.answer },
    { role: 'user', content: secrets.prompt },
  ],
} as const;

const ways = [
  { service: 'Bedrock Agents', model: agentModel, stream: false },
  { service: 'Bedrock Agents', model: agentModel, stream: true },
  { service: 'AgentCore', model: runtimeModel, stream: false },
  { service: 'AgentCore', model: runtimeModel, stream: true },
];
const agents = ways.slice(0, 2);
const agentcore = ways.slice(2);

/** Asks to the end. */
async function ask(parameters: object): Promise<unknown> {
  const answered = await completion({ ...base, ...parameters } as never);
  if (!(Symbol.asyncIterator in answered)) return answered;
  const chunks = [];
  for await (const one of answered) chunks.push(one);
  return chunks;
}

async function failure(parameters: object): Promise<Error> {
  const thrown: unknown = await ask(parameters).then(
    () => expect.unreachable('the call succeeded'),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(Error);
  return thrown as Error;
}

/** Everything that a log may write of an error. */
function logged(error: Error): string {
  const causes: unknown[] = [];
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    causes.push(cause.message, cause.stack, JSON.stringify(cause), String(cause));
  }
  const own = Object.getOwnPropertyNames(error).map((name) => Reflect.get(error, name) as unknown);
  return [
    error.message,
    error.stack,
    String(error),
    JSON.stringify(error),
    JSON.stringify(Object.assign({}, error)),
    inspect(error),
    inspect(error, { depth: Infinity, showHidden: false }),
    inspect(own, { depth: Infinity }),
    ...causes,
  ].join('\n');
}

function expectNoSecret(text: string): void {
  for (const [name, secret] of Object.entries({ ...secrets, accessKeyId })) {
    expect(text.includes(secret), `${name} in ${text}`).toBe(false);
    expect(text.includes(Buffer.from(secret).toString('base64')), `base64 of ${name}`).toBe(false);
    expect(text.includes(encodeURIComponent(secret)), `${name}, percent-encoded`).toBe(false);
  }
}

/** What was sent, less the places where each value belongs. */
function expectCleanRequests(): void {
  for (const { url, body, headers } of aws.received) {
    for (const text of [url, body]) {
      expect(text).not.toMatch(/aws_/i);
      for (const value of [accessKeyId, secrets.secretAccessKey, secrets.sessionToken, secrets.header]) {
        expect(text).not.toContain(value);
        expect(text).not.toContain(encodeURIComponent(value));
      }
    }
    expect(decodeURIComponent(url)).not.toMatch(/PROMPT|HISTORY|ANSWER|INSTRUCTIONS|CUSTOM/);
    expect(JSON.stringify(headers)).not.toMatch(/PROMPT|HISTORY|ANSWER|INSTRUCTIONS|CUSTOM|SECRETKEY/);
    const holders = Object.entries(headers).filter(([, value]) => String(value).includes(secrets.sessionToken));
    expect(holders.map(([name]) => name)).toEqual(['x-amz-security-token']);
  }
}

const eventStream = { 'content-type': 'application/vnd.amazon.eventstream' };
const serverSentEvents = { 'content-type': 'text/event-stream' };
const json = { 'content-type': 'application/json' };

function send(status: number, headers: Record<string, string>, body: string | Buffer) {
  return (response: ServerResponse) => {
    response.writeHead(status, headers);
    response.end(body);
  };
}

/** Ends the connection after `body`, without an end. */
function breakOff(headers: Record<string, string>, body: string | Buffer) {
  return (response: ServerResponse) => {
    response.writeHead(200, headers);
    response.write(body, () => response.socket?.destroy());
  };
}

/** What AWS says of a wrong signature: all that was sent but the body. */
const mismatch =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key ' +
  'and signing method. Consult the service documentation for details.\n\n' +
  `The Canonical String for this request should have been\n'POST\n/agents/A/agentAliases/B/sessions/c/text\n\n` +
  `host:bedrock-agent-runtime.us-west-2.amazonaws.com\nx-amz-security-token:${secrets.sessionToken}\n` +
  `x-tenant:${secrets.header}\n\nhost;x-amz-security-token\n0123456789abcdef'\n\n` +
  `The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20260101T000000Z\n${accessKeyId}'\n`;

type Failing = readonly [what: string, answer: (response: ServerResponse) => unknown];

const everywhere: readonly Failing[] = [
  [
    'a wrong signature',
    send(403, { ...json, 'x-amzn-errortype': 'InvalidSignatureException' }, JSON.stringify({ message: mismatch })),
  ],
  [
    'a wrong signature under another name',
    send(403, { ...json, 'x-amzn-errortype': 'SignatureDoesNotMatch' }, JSON.stringify({ Message: mismatch })),
  ],
  ['a wrong signature without a name', send(403, json, JSON.stringify({ message: mismatch }))],
  ['an unknown token', send(403, json, '{"message":"The security token included in the request is invalid."}')],
  ['an error in HTML', send(502, { 'content-type': 'text/html' }, `<html>${secrets.prompt} ${secrets.answer}</html>`)],
  ['an error in plain text', send(424, { 'content-type': 'text/plain' }, `failed on ${secrets.prompt}`)],
  ['an error in JSON that is cut', send(500, json, `{"message":"${secrets.prompt}`)],
  ['an error in JSON that is a string', send(500, json, JSON.stringify(secrets.prompt))],
  ['an error with other fields', send(400, json, '{"message":"No.","fieldList":[{"name":"payload"}]}')],
  ['an error without a body', send(503, json, '')],
  ['a lost connection before the headers', (response) => response.socket?.destroy()],
];

const onAgents: readonly Failing[] = [
  ['an exception in the stream', send(200, eventStream, exception('throttlingException', 'Slow down.'))],
  [
    'an exception after text',
    send(200, eventStream, Buffer.concat([chunk(secrets.answer), exception('validationException', 'No.')])),
  ],
  ['a stream that is cut inside a frame', send(200, eventStream, chunk(secrets.answer).subarray(0, -7))],
  [
    'a frame with a wrong checksum',
    send(200, eventStream, Buffer.from(chunk(secrets.answer).map((byte, index) => (index === 40 ? byte ^ 1 : byte)))),
  ],
  ['a frame that is not JSON', send(200, eventStream, event('chunk', `${secrets.answer} is no JSON`))],
  ['an event with a wrong type', send(200, eventStream, event('chunk', { bytes: { text: secrets.answer } }))],
  ['an event that is null', send(200, eventStream, event('chunk', 'null'))],
  ['a trace that is no trace', send(200, eventStream, event('trace', { trace: [secrets.answer] }))],
  [
    'an exception that is not JSON',
    send(200, eventStream, frame({ ':message-type': 'exception', ':exception-type': 'x' }, secrets.answer)),
  ],
  ['an answer that is HTML', send(200, { 'content-type': 'text/html' }, `<html>${secrets.answer}</html>`)],
  ['a lost connection after text', breakOff(eventStream, chunk(secrets.answer))],
  ['a stream without an answer', send(200, eventStream, event('trace', { trace: {} }))],
];

const onAgentCore: readonly Failing[] = [
  ['JSON that is cut', send(200, json, `{"result":"${secrets.answer}`)],
  ['a lost connection after text', breakOff(serverSentEvents, `data: "${secrets.answer}"\n\n`)],
  ['an error of the agent', send(200, json, '{"error":"No more tools."}')],
  ['an error event after text', send(200, serverSentEvents, `data: "${secrets.answer}"\n\ndata: {"error":"No."}\n\n`)],
  ['a message that does not end', send(200, serverSentEvents, 'data: {"event":{"messageStart":{}}}\n\n')],
  ['a stream in a format that nobody knows', send(200, serverSentEvents, `data: {"q":["${secrets.answer}"]}\n\n`)],
];

describe.each(ways)('$service, stream: $stream', ({ model, stream }) => {
  it.each(everywhere)('an error tells no secret: %s', async (_, how) => {
    answer = how;
    expectNoSecret(logged(await failure({ model, stream })));
    expect(aws.received.length).toBeGreaterThan(0);
    expectCleanRequests();
  });

  it.each([
    ['no connection', { api_base: 'http://127.0.0.1:1' }],
    ['an answer that is too long', { max_response_bytes: 3 }],
    ['a header that is none', { extra_headers: { 'x-tenant': `${secrets.header}\n` } }],
    ['a type that is wrong', { enableTrace: secrets.prompt, qualifier: { a: secrets.prompt } }],
    ['a setting that is not supported', { stop: secrets.prompt }],
    ['a name of LiteLLM', { guardrails: secrets.answer }],
    ['half of the keys', { aws_access_key_id: undefined }],
    ['a key of a wrong type', { aws_secret_access_key: [secrets.secretAccessKey] }],
    ['a way to authenticate that is not built', { aws_web_identity_token: secrets.sessionToken }],
    ['an api_key', { api_key: model === agentModel ? secrets.sessionToken : [secrets.sessionToken] }],
    ['an aws_* name that nobody knows', { aws_secret: secrets.secretAccessKey }],
    ['an endpoint that is no URL', { api_base: `user:${secrets.secretAccessKey}@host` }],
    ['a region that is none', { aws_region_name: secrets.secretAccessKey }],
    ['a message that is none', { messages: [{ role: secrets.prompt, content: secrets.prompt }] }],
    ['content that is none', { messages: [{ role: 'user', content: { [secrets.prompt]: secrets.prompt } }] }],
    ['nothing new', { messages: base.messages.slice(0, 3) }],
    ['a session that is none', { sessionId: secrets.prompt, runtimeSessionId: secrets.prompt }],
  ])('a refused request tells no secret: %s', async (_, parameters) => {
    answer = send(200, json, JSON.stringify({ result: secrets.answer }));
    expectNoSecret(logged(await failure({ model, stream, ...parameters })));
    expectCleanRequests();
  });

  it('a Timeout tells no secret', async () => {
    answer = () => undefined;
    expectNoSecret(logged(await failure({ model, stream, timeout: 0.05 })));
    expectCleanRequests();
  });

  it('an answer tells no credential', async () => {
    answer =
      model === agentModel
        ? send(200, eventStream, chunk('Hello'))
        : send(200, json, JSON.stringify({ result: 'Hello' }));
    const answered = await completion({ ...base, model, stream } as never);
    const whole = 'finalChatCompletion' in (answered as object) ? answered : [answered];
    const text = inspect(whole, { depth: Infinity, showHidden: true }) + JSON.stringify(answered);
    for (const value of [accessKeyId, secrets.secretAccessKey, secrets.sessionToken]) expect(text).not.toContain(value);
    if ('abort' in (answered as object)) (answered as unknown as { abort(): void }).abort();
    expectCleanRequests();
  });

  it('a credential in every parameter that takes one stays out of the body', async () => {
    answer =
      model === agentModel
        ? send(200, eventStream, chunk('Hello'))
        : send(200, json, JSON.stringify({ result: 'Hello' }));
    const extra_body = model === agentModel ? { memoryId: 'm-1' } : { input: 1 };
    await ask({ model, stream, extra_body, headers: { 'x-more': secrets.header }, tags: ['a'], user: 'u' });
    expect(aws.received).toHaveLength(1);
    expectCleanRequests();
  });
});

describe.each(agents)('$service, stream: $stream', ({ model, stream }) => {
  it.each(onAgents)('a damaged answer tells no secret: %s', async (_, how) => {
    answer = how;
    expectNoSecret(logged(await failure({ model, stream })));
    expectCleanRequests();
  });
});

describe.each(agentcore)('$service, stream: $stream', ({ model, stream }) => {
  it.each(onAgentCore)('a damaged answer tells no secret: %s', async (_, how) => {
    answer = how;
    expectNoSecret(logged(await failure({ model, stream })));
    expectCleanRequests();
  });
});

describe("AWS's own message", () => {
  const echo = (message: string, name: string) =>
    send(400, { ...json, 'x-amzn-errortype': name }, JSON.stringify({ message }));

  it('that quotes a value of the request is handed on: it is how a caller finds the mistake', async () => {
    const message = "1 validation error detected: Value 'm 1' at 'memoryId' failed to satisfy constraint";
    answer = echo(message, 'ValidationException');
    const error = await failure({ model: agentModel });
    expect(error).toMatchObject({ message });
    expectNoSecret(logged(error));
  });

  // Fail until the credentials of a call are cut out of whatever AWS says of it, `cause` included.
  it.each([
    ['the session token', `The token ${secrets.sessionToken} is not valid.`, 'UnrecognizedClientException'],
    ['the key id', `The key ${accessKeyId} may not do this.`, 'AccessDeniedException'],
    [
      'the Authorization header',
      `Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101`,
      'IncompleteSignatureException',
    ],
  ])('that quotes %s is handed on without it', async (_, message, name) => {
    answer = echo(message, name);
    const error = await failure({ model: agentModel });
    expect(error).toBeInstanceOf(APIError);
    expectNoSecret(logged(error));
  });

  it.each([
    ['in one line', mismatch.replaceAll('\n', ' ')],
    ['with the line breaks escaped', mismatch.replaceAll('\n', '\\n')],
  ])('about a wrong signature is cut wherever the canonical request begins: %s', async (_, message) => {
    answer = echo(message, 'InvalidSignatureException');
    expectNoSecret(logged(await failure({ model: agentModel })));
  });

  it.each([false, true])('about a wrong signature in a stream is cut too (stream: %s)', async (stream) => {
    answer = send(200, eventStream, exception('invalidSignatureException', mismatch));
    expectNoSecret(logged(await failure({ model: agentModel, stream })));
  });
});
