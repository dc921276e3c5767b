import type { ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import { completion } from '../../../src/index.ts';
import { serve } from '../../support/loopback.ts';
import { reach, runtimeModel as model } from '../../support/models.ts';

type Answer = (response: ServerResponse) => unknown;
let answers: Answer[] = [];
const aws = await serve((response) => (answers.shift() ?? refuse(200, '"Hi"'))(response));
beforeEach(() => void aws.received.splice(0));

function refuse(status: number, body: string, name?: string): Answer {
  const headers = { 'content-type': 'application/json', ...(name !== undefined && { 'x-amzn-errortype': name }) };
  return (response) => response.writeHead(status, headers).end(body);
}

function message(text: string): string {
  return JSON.stringify({ message: text });
}

async function ask(first: Answer, parameters: object = {}) {
  answers = [first];
  const asked = await completion({
    ...reach(aws.url),
    model,
    messages: [{ role: 'user', content: 'hello agent' }],
    ...parameters,
    stream: false,
  });
  return asked.choices[0]?.message.content;
}

describe('a runtime that is not ready', () => {
  const slow = 'Runtime initialization time exceeded. Please make sure that initialization completes in 30s.';
  it.each<[string, Answer]>([
    ['still starts', refuse(424, message(slow), 'RuntimeClientError')],
    ['still starts, as an older service says it', refuse(504, message(slow))],
    ['still answers', refuse(409, message('Session operation in progress.'), 'RetryableConflictException')],
    [
      'still answers over A2A',
      refuse(409, '{"jsonrpc":"2.0","error":{"code":-32054,"message":"Session operation in progress, please retry"}}'),
    ],
    ['has no model yet', refuse(424, message('Not yet.'), 'ModelNotReadyException')],
  ])('is asked again within num_retries: one that %s', async (_, first) => {
    expect(await ask(first, { num_retries: 1 })).toBe('Hi');
    expect(aws.received).toHaveLength(2);
    aws.received.splice(0);
    await expect(ask(first)).rejects.toMatchObject({ retryable: true });
    expect(aws.received).toHaveLength(1);
  });

  it('is not asked again where it failed of itself', async () => {
    const first = refuse(424, message('Received error (500) from runtime.'), 'RuntimeClientError');
    await expect(ask(first, { num_retries: 3 })).rejects.toMatchObject({ retryable: false });
    expect(aws.received).toHaveLength(1);
  });
});

describe('an error of the runtime itself', () => {
  const said = 'Received error (500) from runtime. Please check your CloudWatch logs for more information.';
  const group = '/aws/bedrock-agentcore/runtimes/my-agent-runtime-';

  it.each<[string, Answer]>([
    ['with a name', refuse(424, message(said), 'RuntimeClientError')],
    ['without a name', refuse(424, message(said))],
    ['without a body', refuse(424, '')],
    ['in HTML', refuse(424, '<html>')],
    ['over A2A', refuse(424, '{"jsonrpc":"2.0","error":{"code":-32055,"message":"Runtime client error"}}')],
  ])('says where its log is: %s', async (_, first) => {
    await expect(ask(first)).rejects.toMatchObject({
      name: 'BadGatewayError',
      message: expect.stringContaining(`${group}DEFAULT.`) as string,
    });
  });

  it('names the log of the endpoint that was asked', async () => {
    const first = refuse(424, message(said), 'RuntimeClientError');
    const parts = { message: expect.stringContaining(`${group}prod.`) as string, code: 'RuntimeClientError' };
    await expect(ask(first, { qualifier: 'prod' })).rejects.toMatchObject(parts);
    const endpoint = `${model}/runtime-endpoint/prod`;
    await expect(ask(first, { model: endpoint })).rejects.toMatchObject({ ...parts, model: endpoint });
  });

  it('is the only one that does', async () => {
    const unrelated = expect.not.stringContaining('CloudWatch') as string;
    await expect(ask(refuse(502, message('No.')))).rejects.toMatchObject({ message: unrelated });
    await expect(ask(refuse(200, '{"error":"It broke."}'))).rejects.toMatchObject({ message: unrelated });
  });
});
