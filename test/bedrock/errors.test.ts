import type { ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import { APIError, completion } from '../../src/index.ts';
import { chunk, event, exception, frame } from '../support/frames.ts';
import { serve } from '../support/loopback.ts';
import { agentModel, reach, runtimeModel } from '../support/models.ts';

let answer: (response: ServerResponse) => unknown;
const aws = await serve((response) => answer(response));
beforeEach(() => void aws.received.splice(0));

/** A closed port. */
const nowhere = await serve(() => undefined);
await nowhere.close();

const messages = [{ role: 'user', content: 'Hello' }] as const;
const models = { 'Bedrock Agents': agentModel, AgentCore: runtimeModel } as const;
const modes = ['whole', 'stream'] as const;
type Service = keyof typeof models;
type Mode = (typeof modes)[number];

const everywhere = (['Bedrock Agents', 'AgentCore'] as const).flatMap((service) =>
  modes.map((mode) => ({ service, mode })),
);

/** Asks to the end; what came before the failure, and the failure. */
async function fail(service: Service, mode: Mode, parameters: object = {}) {
  const texts: string[] = [];
  let began = false;
  try {
    const call = { ...reach(aws.url), model: models[service], messages, ...parameters };
    if (mode === 'whole') {
      await completion(call);
    } else {
      const stream = await completion({ ...call, stream: true });
      began = true;
      for await (const { choices } of stream) texts.push(choices[0]?.delta.content ?? '');
    }
  } catch (error) {
    expect(error).toBeInstanceOf(APIError);
    return { error: error as APIError, text: texts.join(''), began };
  }
  return expect.unreachable('the call succeeded');
}

function http(status: number, body: string, headers: Record<string, string> = {}): void {
  answer = (response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-requestid': 'request-1', ...headers });
    response.end(body);
  };
}

function frames(...parts: readonly Buffer[]): void {
  answer = (response) => {
    const type = 'application/vnd.amazon.eventstream';
    response.writeHead(200, { 'content-type': type, 'x-amzn-requestid': 'request-1' });
    response.end(Buffer.concat(parts));
  };
}

interface Row {
  /** AWS's name. */
  readonly aws: string;
  /** The HTTP status it comes with. */
  readonly http: number;
  readonly name: string;
  readonly status: number;
  readonly type: string;
  readonly code?: string;
}

const byName: readonly Row[] = [
  { aws: 'ValidationException', http: 400, name: 'BadRequestError', status: 400, type: 'invalid_request_error' },
  { aws: 'UnauthorizedException', http: 401, name: 'AuthenticationError', status: 401, type: 'authentication_error' },
  { aws: 'ExpiredTokenException', http: 403, name: 'AuthenticationError', status: 401, type: 'authentication_error' },
  {
    aws: 'UnrecognizedClientException',
    http: 403,
    name: 'AuthenticationError',
    status: 401,
    type: 'authentication_error',
  },
  {
    aws: 'InvalidSignatureException',
    http: 403,
    name: 'AuthenticationError',
    status: 401,
    type: 'authentication_error',
  },
  {
    aws: 'MissingAuthenticationTokenException',
    http: 403,
    name: 'AuthenticationError',
    status: 401,
    type: 'authentication_error',
  },
  {
    aws: 'ServiceQuotaExceededException',
    http: 400,
    name: 'RateLimitError',
    status: 429,
    type: 'rate_limit_error',
    code: 'insufficient_quota',
  },
  {
    aws: 'ServiceQuotaExceededException',
    http: 402,
    name: 'RateLimitError',
    status: 429,
    type: 'rate_limit_error',
    code: 'insufficient_quota',
  },
  { aws: 'AccessDeniedException', http: 403, name: 'PermissionDeniedError', status: 403, type: 'permission_error' },
  { aws: 'ResourceNotFoundException', http: 404, name: 'NotFoundError', status: 404, type: 'invalid_request_error' },
  { aws: 'ConflictException', http: 409, name: 'ConflictError', status: 409, type: 'invalid_request_error' },
  { aws: 'RetryableConflictException', http: 409, name: 'ConflictError', status: 409, type: 'invalid_request_error' },
  { aws: 'DependencyFailedException', http: 424, name: 'BadGatewayError', status: 502, type: 'server_error' },
  { aws: 'RuntimeClientError', http: 424, name: 'BadGatewayError', status: 502, type: 'server_error' },
  { aws: 'ModelNotReadyException', http: 424, name: 'ServiceUnavailableError', status: 503, type: 'server_error' },
  { aws: 'ThrottlingException', http: 429, name: 'RateLimitError', status: 429, type: 'rate_limit_error' },
  { aws: 'ThrottlingException', http: 400, name: 'RateLimitError', status: 429, type: 'rate_limit_error' },
  { aws: 'InternalServerException', http: 500, name: 'InternalServerError', status: 500, type: 'server_error' },
  { aws: 'BadGatewayException', http: 502, name: 'BadGatewayError', status: 502, type: 'server_error' },
  { aws: 'ServiceUnavailableException', http: 503, name: 'ServiceUnavailableError', status: 503, type: 'server_error' },
];

const byStatus: readonly Omit<Row, 'aws'>[] = [
  { http: 400, name: 'BadRequestError', status: 400, type: 'invalid_request_error' },
  { http: 401, name: 'AuthenticationError', status: 401, type: 'authentication_error' },
  { http: 402, name: 'RateLimitError', status: 429, type: 'rate_limit_error', code: 'insufficient_quota' },
  { http: 403, name: 'PermissionDeniedError', status: 403, type: 'permission_error' },
  { http: 404, name: 'NotFoundError', status: 404, type: 'invalid_request_error' },
  { http: 408, name: 'Timeout', status: 408, type: 'timeout_error' },
  { http: 409, name: 'ConflictError', status: 409, type: 'invalid_request_error' },
  { http: 422, name: 'UnprocessableEntityError', status: 422, type: 'invalid_request_error' },
  { http: 424, name: 'BadGatewayError', status: 502, type: 'server_error' },
  { http: 429, name: 'RateLimitError', status: 429, type: 'rate_limit_error' },
  { http: 500, name: 'InternalServerError', status: 500, type: 'server_error' },
  { http: 502, name: 'BadGatewayError', status: 502, type: 'server_error' },
  { http: 503, name: 'ServiceUnavailableError', status: 503, type: 'server_error' },
  { http: 504, name: 'Timeout', status: 504, type: 'timeout_error' },
];

describe.each(everywhere)('$service, $mode: an HTTP error', ({ service, mode }) => {
  it.each(byName)('$aws with HTTP $http is $name $status', async ({ aws: awsName, http: status, ...expected }) => {
    http(status, '{"message":"AWS says why."}', { 'x-amzn-errortype': awsName });
    const { error, began } = await fail(service, mode);
    expect(error).toMatchObject({
      code: awsName,
      param: null,
      ...expected,
      message: expect.stringContaining('AWS says why.') as string,
      llm_provider: 'bedrock',
      model: models[service],
      request_id: 'request-1',
      cause: { name: awsName, message: 'AWS says why.', $metadata: { httpStatusCode: status } },
    });
    expect(began).toBe(false);
    expect(aws.received).toHaveLength(1);
  });

  const isExplained = service === 'Bedrock Agents' && mode === 'stream';
  it.each(byStatus)('HTTP $http without a name is $name $status', async ({ http: status, code, ...expected }) => {
    http(status, '{"message":"AWS says why."}');
    const { error, began } = await fail(service, mode);
    expect(error).toMatchObject({
      ...expected,
      ...((!isExplained || status !== 403) && { code: code ?? null }),
      message: expect.stringContaining('AWS says why.') as string,
      model: models[service],
      request_id: 'request-1',
      cause: { $metadata: { httpStatusCode: status } },
    });
    expect(began).toBe(false);
    expect(aws.received).toHaveLength(1);
  });

  const unread: readonly (readonly [kind: string, status: number, body: string, type: string, name: string])[] = [
    ['HTML', 502, '<html><body>SECRET</body></html>', 'text/html', 'BadGatewayError'],
    ['HTML', 403, '<html><body>SECRET</body></html>', 'text/html', 'PermissionDeniedError'],
    ['HTML', 413, '<html><body>SECRET</body></html>', 'text/html', 'BadRequestError'],
    ['plain text', 424, 'Received error (500) from SECRET', 'text/plain', 'BadGatewayError'],
    ['an empty body', 503, '', 'application/json', 'ServiceUnavailableError'],
    ['an empty body', 400, '', 'application/json', 'BadRequestError'],
    ['JSON that is cut', 500, '{"message":"SECR', 'application/json', 'InternalServerError'],
    ['a JSON string', 500, '"SECRET"', 'application/json', 'InternalServerError'],
    ['a JSON null', 503, 'null', 'application/json', 'ServiceUnavailableError'],
    ['a JSON array', 404, '[]', 'application/json', 'NotFoundError'],
    ['an empty object', 429, '{}', 'application/json', 'RateLimitError'],
  ];
  it.each(unread)('%s with HTTP %i is told by its status', async (_, status, body, type, name) => {
    http(status, body, { 'content-type': type });
    const { error } = await fail(service, mode);
    expect(error).toMatchObject({ name, request_id: 'request-1', model: models[service], param: null });
    expect(error.message).toContain(`HTTP ${status}`);
    expect(error.message).toMatch(/\.$/);
    expect(error.message).not.toContain('SECR');
  });

  it.each([
    ['a header with a URL', { 'x-amzn-errortype': 'ThrottlingException:http://internal.amazon.com/coral/' }, {}],
    ['__type in the body', {}, { __type: 'com.amazon.coral.service#ThrottlingException' }],
    ['code in the body', {}, { code: 'ThrottlingException' }],
  ])('is known by %s', async (_, headers, body) => {
    http(400, JSON.stringify({ message: 'Slow down.', ...body }), headers);
    expect((await fail(service, mode)).error).toMatchObject({ name: 'RateLimitError', code: 'ThrottlingException' });
  });

  // Fails with the message "UnknownError".
  it('with a name and no body has a sentence for a message', async () => {
    http(429, '', { 'x-amzn-errortype': 'ThrottlingException' });
    const { error } = await fail(service, mode);
    expect(error).toMatchObject({ name: 'RateLimitError', code: 'ThrottlingException' });
    expect(error.message).not.toContain('UnknownError');
    expect(error.message).toMatch(/\.$/);
  });

  it.each([
    ['7', 7, 7],
    ['0', 0, 0],
    [new Date(Date.now() + 60_000).toUTCString(), 30, 60],
    [new Date(Date.now() - 60_000).toUTCString(), 0, 0],
  ])('with Retry-After: %s says how long to wait', async (header, least, most) => {
    http(429, '{"message":"Slow down."}', { 'x-amzn-errortype': 'ThrottlingException', 'retry-after': header });
    const { error } = await fail(service, mode);
    expect(error.retry_after).toBeGreaterThanOrEqual(least);
    expect(error.retry_after).toBeLessThanOrEqual(most);
  });

  it.each([undefined, 'soon'])('with Retry-After: %s does not say how long to wait', async (header) => {
    http(503, '{"message":"Busy."}', header === undefined ? {} : { 'retry-after': header });
    expect((await fail(service, mode)).error.retry_after).toBeUndefined();
  });
});

const tooLong = [
  'too many tokens: 300000',
  'Too many input tokens. Max input tokens: 200000',
  'Input is too long for requested model.',
  'prompt is too long: 210000 tokens > 200000 maximum',
  'Malformed input request: expected maxLength: 2048, actual: 3000',
  'prompt: length: 1..2048',
];
const refused = [
  'The response was blocked by the content filter.',
  'Your request was blocked by our content policy.',
  'The input was blocked by a guardrail.',
];

describe.each(everywhere)('$service, $mode: the text of an error', ({ service, mode }) => {
  it.each(tooLong)('of a 400 tells a full context window: %s', async (message) => {
    http(400, JSON.stringify({ message }), { 'x-amzn-errortype': 'ValidationException' });
    const { error } = await fail(service, mode);
    expect(error).toMatchObject({
      name: 'ContextWindowExceededError',
      status: 400,
      code: 'context_length_exceeded',
      cause: { name: 'ValidationException' },
    });
  });

  it.each(refused)('of a 400 tells refused content: %s', async (message) => {
    http(400, JSON.stringify({ message }), { 'x-amzn-errortype': 'ValidationException' });
    const { error } = await fail(service, mode);
    expect(error).toMatchObject({
      name: 'ContentPolicyViolationError',
      status: 400,
      code: 'content_policy_violation',
    });
  });

  it.each([
    [429, 'ThrottlingException', 'Too many tokens, please wait before trying again.', 'RateLimitError'],
    [500, 'InternalServerException', 'Input is too long.', 'InternalServerError'],
    [403, 'AccessDeniedException', 'Your request violates a policy.', 'PermissionDeniedError'],
    [403, 'AccessDeniedException', 'The request timed out; ThrottlingException', 'PermissionDeniedError'],
    [400, 'ValidationException', 'timed out is not a valid value', 'BadRequestError'],
  ])('means nothing in HTTP %i %s', async (status, awsName, message, name) => {
    http(status, JSON.stringify({ message }), { 'x-amzn-errortype': awsName });
    expect((await fail(service, mode)).error).toMatchObject({ name, code: awsName });
  });
});

describe.each(modes)("an exception in InvokeAgent's stream (%s)", (mode) => {
  const camel = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);
  const modeled = byName.filter(
    ({ aws: awsName }, index) =>
      byName.findIndex((row) => row.aws === awsName) === index && awsName !== 'RuntimeClientError',
  );

  it.each(modeled)(
    '$aws first is $name $status and rejects the call',
    async ({ aws: awsName, name, status, type, code = awsName }) => {
      frames(exception(camel(awsName), 'AWS says why.'));
      const { error, began } = await fail('Bedrock Agents', mode);
      expect(error).toMatchObject({
        name,
        status,
        type,
        code,
        message: expect.stringContaining('AWS says why.') as string,
        llm_provider: 'bedrock',
        model: agentModel,
        cause: { name: awsName, message: 'AWS says why.' },
      });
      expect(began).toBe(false);
      expect(aws.received).toHaveLength(1);
    },
  );

  it.each(modeled)(
    '$aws after text is $name $status, after the text',
    async ({ aws: awsName, name, status, type, code = awsName }) => {
      frames(chunk('Hel'), chunk('lo'), exception(camel(awsName), 'AWS says why.'));
      const { error, text } = await fail('Bedrock Agents', mode);
      expect(error).toMatchObject({
        name,
        status,
        type,
        code,
        message: expect.stringContaining('AWS says why.') as string,
        cause: { name: awsName },
      });
      expect(text).toBe(mode === 'stream' ? 'Hello' : '');
      expect(aws.received).toHaveLength(1);
    },
  );

  // Fails: what is thrown inside `readEvents` knows neither the model nor the response.
  it('has the model also after text', async () => {
    frames(chunk('Hello'), exception('throttlingException', 'Slow down.'));
    expect((await fail('Bedrock Agents', mode)).error.model).toBe(agentModel);
  });

  it.each([
    ['first', [exception('throttlingException', 'Slow down.')]],
    ['after text', [chunk('Hello'), exception('throttlingException', 'Slow down.')]],
    ['for an answer that is cut short', [chunk('Hello').subarray(0, 20)]],
  ])("has AWS's request id %s", async (_, parts) => {
    frames(...parts);
    expect((await fail('Bedrock Agents', mode)).error.request_id).toBe('request-1');
  });

  it('that nobody knows is an InternalServerError under its own name', async () => {
    frames(chunk('Hello'), exception('somethingNewException', 'AWS says why.'));
    expect((await fail('Bedrock Agents', mode)).error).toMatchObject({
      name: 'InternalServerError',
      status: 500,
      code: 'SomethingNewException',
      message: 'AWS says why.',
    });
  });

  it('in PascalCase is the same', async () => {
    frames(exception('ThrottlingException', 'Slow down.'));
    expect((await fail('Bedrock Agents', mode)).error).toMatchObject({ name: 'RateLimitError', status: 429 });
  });

  it('without a body has a sentence for a message', async () => {
    const headers = { ':message-type': 'exception', ':exception-type': 'validationException' };
    frames(frame(headers, ''));
    const { error } = await fail('Bedrock Agents', mode);
    expect(error).toMatchObject({ name: 'BadRequestError', code: 'ValidationException' });
    expect(error.message).toMatch(/\.$/);
  });

  it('of the message type "error" is known by its code', async () => {
    const headers = { ':message-type': 'error', ':error-code': 'InternalServerException', ':error-message': 'Broken.' };
    frames(chunk('Hello'), frame(headers, ''));
    expect((await fail('Bedrock Agents', mode)).error).toMatchObject({
      name: 'InternalServerError',
      code: 'InternalServerException',
      message: 'Broken.',
    });
  });

  it.each(tooLong)('tells a full context window by its text: %s', async (message) => {
    frames(exception('validationException', message));
    expect((await fail('Bedrock Agents', mode)).error).toMatchObject({
      name: 'ContextWindowExceededError',
      code: 'context_length_exceeded',
    });
  });

  it('about tokens does not tell a full context window when it throttles', async () => {
    frames(exception('throttlingException', 'Too many tokens, please wait before trying again.'));
    expect((await fail('Bedrock Agents', mode)).error).toMatchObject({ name: 'RateLimitError', status: 429 });
  });
});

describe.each(modes)('an event of a shape that AWS never sends is a BadGatewayError (%s)', (mode) => {
  // Fails with an APIConnectionError over a TypeError of ours, though the connection is fine.
  it.each([
    ['null', event('chunk', 'null')],
    ['bytes that are none', event('chunk', { bytes: { a: 1 } })],
  ])('%s', async (_, damaged) => {
    frames(damaged);
    expect((await fail('Bedrock Agents', mode)).error).toMatchObject({ name: 'BadGatewayError', status: 502 });
  });
});

describe('AccessDenied in a stream', () => {
  const denied = 'Access denied when calling Bedrock. Check your request permissions and retry the request.';
  const ways: readonly (readonly [way: string, deny: () => void])[] = [
    [
      'as an HTTP error',
      () => http(403, JSON.stringify({ message: denied }), { 'x-amzn-errortype': 'AccessDeniedException' }),
    ],
    ['as the first frame', () => frames(exception('accessDeniedException', denied))],
    ['after text', () => frames(chunk('Hello'), exception('accessDeniedException', denied))],
  ];
  const hint = /bedrock:InvokeModelWithResponseStream.*streamFinalResponse: false/s;

  it.each(ways)('that we asked for says what to do (%s)', async (_, deny) => {
    deny();
    const { error } = await fail('Bedrock Agents', 'stream');
    expect(error).toMatchObject({ name: 'PermissionDeniedError', status: 403, code: 'AccessDeniedException' });
    expect(error.message).toContain(denied);
    expect(error.message).toMatch(hint);
    expect(error.cause).toMatchObject({ name: 'AccessDeniedException', message: denied });
  });

  // Fails: any streamingConfigurations passes for a choice of streamFinalResponse.
  it.each(ways)('says it where the caller set only the interval of the guardrail (%s)', async (_, deny) => {
    deny();
    const streamingConfigurations = { applyGuardrailInterval: 20 };
    const { error } = await fail('Bedrock Agents', 'stream', { streamingConfigurations });
    expect(error.message).toMatch(hint);
  });

  const chosen = ways.flatMap(([way, deny]) =>
    [true, false].map((streamFinalResponse) => ({ way, deny, streamFinalResponse })),
  );
  it.each(chosen)('says nothing of it where the caller chose $streamFinalResponse ($way)', async (row) => {
    row.deny();
    const streamingConfigurations = { streamFinalResponse: row.streamFinalResponse };
    const { error } = await fail('Bedrock Agents', 'stream', { streamingConfigurations });
    expect(error.message).toBe(denied);
  });

  // Fails: the choice is looked for in the parameters, not in what is sent.
  it.each(chosen)('nor where extra_body chose $streamFinalResponse ($way)', async (row) => {
    row.deny();
    const extra_body = { streamingConfigurations: { streamFinalResponse: row.streamFinalResponse } };
    const { error } = await fail('Bedrock Agents', 'stream', { extra_body });
    expect(error.message).toBe(denied);
  });

  it.each(ways)('says nothing of it where nothing was streamed (%s)', async (_, deny) => {
    deny();
    expect((await fail('Bedrock Agents', 'whole')).error.message).toBe(denied);
  });

  // Fails: the explained error has the code "".
  it('without a name has no code', async () => {
    http(403, '{"message":"AWS says why."}');
    expect((await fail('Bedrock Agents', 'stream')).error.code).toBeNull();
  });

  it('says nothing of it on AgentCore', async () => {
    http(403, JSON.stringify({ message: denied }), { 'x-amzn-errortype': 'AccessDeniedException' });
    expect((await fail('AgentCore', 'stream')).error.message).toBe(denied);
  });
});

describe.each(everywhere)('$service, $mode: no answer', ({ service, mode }) => {
  it('of a closed port is an APIConnectionError', async () => {
    const { error, began } = await fail(service, mode, { api_base: nowhere.url });
    expect(error).toMatchObject({
      name: 'APIConnectionError',
      status: 500,
      type: 'api_connection_error',
      model: models[service],
      retryable: true,
      cause: { code: 'ECONNREFUSED' },
    });
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.message).toContain('api_base');
    expect(began).toBe(false);
  });

  it('but a lost connection is an APIConnectionError that is not asked again', async () => {
    answer = (response) => response.socket?.destroy();
    const { error } = await fail(service, mode, { num_retries: 2 });
    expect(error).toMatchObject({ name: 'APIConnectionError', retryable: false, model: models[service] });
    expect(aws.received).toHaveLength(1);
  });

  it('for want of TLS, or of HTTP, says what to check', async () => {
    const tls = await fail(service, mode, { api_base: aws.url.replace('http:', 'https:') });
    expect(tls.error).toMatchObject({ name: 'APIConnectionError', retryable: false });
    expect(tls.error.message).toMatch(/^No TLS connection to AWS \(\w+\); .*ssl_verify/);
    answer = (response) => response.socket?.end('220 mail.example.com\r\n');
    expect((await fail(service, mode)).error.message).toMatch(/no HTTP \(HPE_\w+\); .*api_base/);
  });

  it('without credentials is an AuthenticationError that says how to give them', async () => {
    const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'];
    const before = [...names, 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE'].map(
      (name) => [name, process.env[name]] as const,
    );
    for (const name of names) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, { AWS_CONFIG_FILE: '/nonexistent', AWS_SHARED_CREDENTIALS_FILE: '/nonexistent' });
    try {
      const { error } = await fail(service, mode, { aws_access_key_id: null, aws_secret_access_key: null });
      expect(error).toMatchObject({
        name: 'AuthenticationError',
        status: 401,
        type: 'authentication_error',
        model: models[service],
        cause: { name: 'CredentialsProviderError' },
      });
      expect(error.message).toContain('Unable to locate credentials');
      expect(error.message).toContain('aws_access_key_id');
      expect(aws.received).toEqual([]);
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
      }
    }
  });
});

describe.each(modes)("an AgentCore agent's own error (%s)", (mode) => {
  const events = (...values: readonly unknown[]) => {
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-amzn-requestid': 'request-1' });
      response.end(values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join(''));
    };
  };
  const boom = { error: 'No more tools.', error_type: 'ValueError', message: 'An error occurred during streaming' };

  it('as the whole JSON body is an error, not an answer', async () => {
    http(200, '{"error":"No more tools."}');
    const { error, began } = await fail('AgentCore', mode);
    expect(error).toMatchObject({
      name: 'BadGatewayError',
      status: 502,
      message: 'No more tools.',
      model: runtimeModel,
      llm_provider: 'bedrock',
      retryable: false,
    });
    expect(began).toBe(false);
  });

  it('as the first event rejects the call', async () => {
    events(boom);
    const { error, began } = await fail('AgentCore', mode);
    expect(error).toMatchObject({
      name: 'BadGatewayError',
      status: 502,
      code: 'ValueError',
      message: 'No more tools.',
    });
    expect(began).toBe(false);
  });

  it('after text comes after the text', async () => {
    events({ event: { contentBlockDelta: { delta: { text: 'Hello' }, contentBlockIndex: 0 } } }, boom);
    const { error, text } = await fail('AgentCore', mode);
    expect(error).toMatchObject({ name: 'BadGatewayError', code: 'ValueError', message: 'No more tools.' });
    expect(text).toBe(mode === 'stream' ? 'Hello' : '');
  });

  it.each([
    [400, 'BadRequestError'],
    [429, 'RateLimitError'],
    [503, 'ServiceUnavailableError'],
  ])('with a status_code of its own (%i) is %s, and not asked again', async (status_code, name) => {
    http(200, JSON.stringify({ error: { message: 'No.' }, status_code }));
    const { error } = await fail('AgentCore', mode, { num_retries: 2 });
    expect(error).toMatchObject({ name, message: 'No.', retryable: false });
    expect(aws.received).toHaveLength(1);
  });

  // Fails: see the stream of InvokeAgent.
  it.each([
    ['the model', { model: runtimeModel }],
    ["AWS's request id", { request_id: 'request-1' }],
  ])('after text has %s', async (_, expected) => {
    events('Hello', boom);
    expect((await fail('AgentCore', mode)).error).toMatchObject(expected);
  });
});
