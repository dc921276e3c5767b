import { InternalServerError } from '../../../src/errors.ts';
import { agentContract } from '../../agent.contract.ts';
import { chunk, event, exception } from '../../support/frames.ts';
import { agentModel } from '../../support/models.ts';

agentContract('Bedrock Agents', {
  model: agentModel,
  begin(response) {
    response.writeHead(200, {
      'content-type': 'application/vnd.amazon.eventstream',
      'x-amzn-bedrock-agent-content-type': 'text/plain',
      'x-amz-bedrock-agent-session-id': 'session-1',
    });
    response.flushHeaders();
  },
  text: chunk,
  heartbeat: event('trace', { agentId: 'L1RT58GYRW', trace: { orchestrationTrace: { modelInvocationInput: {} } } }),
  end: (response) => response.end(),
  failure: { bytes: exception('internalServerException', 'It broke.'), error: InternalServerError },
  broken: [
    ['a frame is cut', chunk('two').subarray(0, -5)],
    ['a frame is cut inside its prelude', chunk('two').subarray(0, 3)],
    ['the checksum of a frame does not match', flip(chunk('two'), -1)],
    ['the checksum of a length does not match', flip(chunk('two'), 2)],
    ['a character is cut', chunk(Buffer.from('€').subarray(0, 2))],
  ],
});

/** A damaged copy: one bit differs. */
function flip(bytes: Buffer, index: number): Buffer {
  const copy = Buffer.from(bytes);
  const at = index < 0 ? copy.length + index : index;
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}
