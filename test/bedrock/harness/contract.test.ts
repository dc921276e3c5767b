import { InternalServerError } from '../../../src/errors.ts';
import { agentContract } from '../../agent.contract.ts';
import { event, exception } from '../../support/frames.ts';
import { harnessModel } from '../../support/models.ts';

const delta = (text: string) => event('contentBlockDelta', { contentBlockIndex: 0, delta: { text } });
const stop = event('messageStop', { stopReason: 'end_turn' });

agentContract('AgentCore harness', {
  model: harnessModel,
  begin(response) {
    response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
    response.flushHeaders();
  },
  text: delta,
  heartbeat: event('hookEvent', { hookEventId: 'f3b5', name: 'audit', type: 'before_tool_call' }),
  end: (response) => response.end(stop),
  failure: { bytes: exception('internalServerException', 'It broke.'), error: InternalServerError },
  broken: [
    ['the message does not end', Buffer.alloc(0)],
    ['a further message does not end', Buffer.concat([stop, event('messageStart', { role: 'assistant' })])],
    ['a frame is cut', stop.subarray(0, -5)],
    ['the runtime fails', exception('runtimeClientError', 'Received error (500) from runtime.')],
  ],
});
