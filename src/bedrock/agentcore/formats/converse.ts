import { BadGatewayError } from '../../../errors.ts';
import type { Answer } from '../answer.ts';
import type { Channel } from '../message.ts';
import { toUsage } from './content.ts';
import { type Format, type JsonValue, keyIn, objectIn, stringIn } from './format.ts';

/** Shared with Strands, which wraps these events and tells the same text again. */
const channel: Channel = { family: 'strands', name: 'event' };

const names = ['messageStart', 'contentBlockStart', 'contentBlockDelta', 'contentBlockStop', 'messageStop', 'metadata'];

/**
 * The stream events of Bedrock's Converse API, as they are or under `event`.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html
 */
export const converse: Format = {
  name: 'converse',
  read(value, answer) {
    const event = objectIn(value, 'event') ?? value;
    const members = Object.keys(event);
    const [name] = members;
    // Exactly one member: other formats have a `metadata` too, beside theirs.
    if (name === undefined || members.length > 1) return false;
    const body = objectIn(event, name);
    if (name.endsWith('Exception')) {
      throw new BadGatewayError(stringIn(body, 'message') ?? `The agent's model failed with ${name}.`, { code: name });
    }
    if (!names.includes(name) || !body) return false;
    if (name === 'metadata' && !('usage' in body) && !('metrics' in body)) return false;
    readEvent(name, body, answer);
    return true;
  },
};

function readEvent(name: string, body: JsonValue, answer: Answer): void {
  const key = keyIn(body, 'contentBlockIndex');
  switch (name) {
    case 'messageStart':
      answer.beginMessage();
      break;
    case 'contentBlockStart': {
      const start = objectIn(body, 'start');
      const toolUse = objectIn(start, 'toolUse');
      if (toolUse) answer.beginCall(key, stringIn(toolUse, 'toolUseId') ?? key, stringIn(toolUse, 'name') ?? '');
      if (objectIn(start, 'toolResult')) answer.dropCalls();
      break;
    }
    case 'contentBlockDelta': {
      const delta = objectIn(body, 'delta');
      answer.reasoning(stringIn(objectIn(delta, 'reasoningContent'), 'text') ?? '', channel);
      answer.text(stringIn(delta, 'text') ?? '', channel);
      answer.addArguments(key, stringIn(objectIn(delta, 'toolUse'), 'input') ?? '');
      break;
    }
    case 'messageStop':
      answer.endMessage(stringIn(body, 'stopReason'));
      break;
    case 'metadata':
      answer.usage(toUsage(objectIn(body, 'usage')), channel);
      break;
  }
}
