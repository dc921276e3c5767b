import { BadGatewayError } from '../../../src/errors.ts';
import { agentContract } from '../../agent.contract.ts';
import { runtimeModel } from '../../support/models.ts';

// What AWS's Python runtime writes for a generator of strings.
const data = (value: unknown) => Buffer.from(`data: ${JSON.stringify(value)}\n\n`);

agentContract('AgentCore', {
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
});
