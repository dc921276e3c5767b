import { expect, test } from 'vitest';
import { bedrock } from '../../../src/bedrock/index.ts';
import { createCompletion } from '../../../src/completion.ts';
import { BadGatewayError } from '../../../src/errors.ts';
import { agentContract, type Service } from '../../agent.contract.ts';
import { serve } from '../../support/loopback.ts';
import { reach, runtimeModel } from '../../support/models.ts';

// What AWS's Python runtime writes for a generator of strings.
const data = (value: unknown) => Buffer.from(`data: ${JSON.stringify(value)}\n\n`);

const runtime: Service = {
  model: runtimeModel,
  begin(response) {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.flushHeaders();
  },
  text: data,
  heartbeat: Buffer.from(': ping\n\n'),
  end: (response) => response.end(),
  failure: {
    bytes: data({ error: 'It broke.', error_type: 'ValueError', message: 'An error occurred during streaming' }),
    error: BadGatewayError,
  },
  broken: [['a message begins and does not end', data({ event: { messageStart: { role: 'assistant' } } })]],
};

agentContract('AgentCore', runtime);

agentContract('AgentCore with a JWT', {
  ...runtime,
  reach: (url) => ({ api_base: url, api_key: () => Promise.resolve('header.payload.signature') }),
});

agentContract('A container', {
  ...runtime,
  model: 'bedrock/agentcore/http://localhost:8080',
  reach: (url) => ({ api_base: url }),
});

test.each([
  ['application/json', '{"result": "Good mor'],
  ['application/json', '"Good morning"'],
  ['text/plain', 'Good mor'],
])('an answer of %s that is shorter than its length is an error: %s', async (type, body) => {
  const server = await serve((response) => {
    response.writeHead(200, { 'content-type': type, 'content-length': body.length + 1 });
    response.write(body);
    setTimeout(() => response.socket?.end(), 20);
  });
  const completion = createCompletion(bedrock(reach(server.url)));
  const asked = completion({ model: runtimeModel, messages: [{ role: 'user', content: 'Good morning' }] });
  await expect(asked).rejects.toMatchObject({ name: 'APIConnectionError' });
  await server.close();
});
