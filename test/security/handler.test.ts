// `createHandler` in any server: whoever can reach it may ask agents, and not for what is the server's own.
import { describe, expect, it } from 'vitest';
import { createFetch, createHandler } from '../../src/fetch.ts';
import { completion } from '../../src/index.ts';
import { serve } from '../support/loopback.ts';
import { agentModel, reach, runtimeModel } from '../support/models.ts';

const trap = await serve((response) =>
  response.setHeader('content-type', 'application/json').end('{"result":"Hello"}'),
);

const messages = [{ role: 'user', content: 'Hi' }];
const post = (body: object) =>
  new Request('http://host/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: runtimeModel, messages, ...body }),
  });

describe('a handler', () => {
  it.each([
    ['sends no signed request where a caller wants it', { api_base: trap.url }],
    [
      'reads no file for a caller',
      {
        aws_role_name: 'arn:aws:iam::123456789012:role/r',
        aws_web_identity_token: '/etc/passwd',
        aws_sts_endpoint: trap.url,
      },
    ],
    ['trusts no certificate for a caller', { ssl_verify: false }],
    ['sends no header for a caller', { extra_headers: { host: 'x' } }],
    ['asks nobody else for a caller', { fallbacks: [{ model: agentModel, api_base: trap.url }] }],
    ['asks no other service of this machine', { model: `bedrock/agentcore/${trap.url}` }],
    ["runs no tool of a caller's choice in a harness", { tools: [{ type: 'remote_mcp', name: 'm' }] }],
  ])('%s', async (_, body) => {
    const response = await createHandler({ completion })(post(body));
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('cannot be given by callers');
    expect(trap.received).toEqual([]);
  });

  it('lets callers say what it is told to, and all of it to code that it trusts like its own', async () => {
    const credentials = reach(trap.url);
    const allowClient = Object.keys(credentials);
    const container = `bedrock/agentcore/${trap.url}`;
    const answers = [
      await createHandler({ completion, allowClient })(post(credentials)),
      await createHandler({ completion, allowClient: 'all' })(post(credentials)),
      await createHandler({ completion, models: [container] })(post({ model: container })),
      await createFetch()(post(credentials)),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(trap.received).toHaveLength(4);
  });
});
