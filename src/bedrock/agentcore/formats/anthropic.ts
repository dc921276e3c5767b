import type { Answer } from '../answer.ts';
import type { Channel } from '../message.ts';
import { readContent, toUsage } from './content.ts';
import { type Format, type JsonValue, keyIn, objectIn, stringIn } from './format.ts';

/** The Claude Agent SDK tells the same pieces again in whole blocks. */
const stream: Channel = { family: 'anthropic', name: 'stream' };
const helper: Channel = { family: 'anthropic', name: 'helper' };

const helpers = ['text', 'thinking', 'input_json', 'citation', 'signature'];

/**
 * The Messages API of Anthropic, whole and streamed, as Claude's own SDKs pass it on.
 * https://docs.anthropic.com/en/docs/build-with-claude/streaming
 */
export const anthropic: Format = {
  name: 'anthropic',
  fields: ['type', 'event'],
  read(value, answer) {
    const type = stringIn(value, 'type') ?? '';
    // Anthropic's SDKs follow each event with one that they made of it.
    if (helpers.includes(type) && 'snapshot' in value) {
      answer.text((type === 'text' && stringIn(value, 'text')) || '', helper);
      answer.reasoning((type === 'thinking' && stringIn(value, 'thinking')) || '', helper);
      return true;
    }
    if (type === 'message' && value['role'] === 'assistant') return readMessage(value, answer);
    return readStreamEvent(objectIn(value, 'event') ?? value, answer);
  },
};

function readMessage(message: JsonValue, answer: Answer): boolean {
  const content = readContent(message['content']);
  if (!content) return false;
  answer.message(content);
  answer.usage(toUsage(objectIn(message, 'usage')));
  answer.endMessage(stringIn(message, 'stop_reason'));
  return true;
}

/** Reads an event of a message's stream; false when the value is none. */
export function readStreamEvent(event: JsonValue, answer: Answer): boolean {
  const key = keyIn(event, 'index');
  switch (event['type']) {
    case 'message_start': {
      const message = objectIn(event, 'message');
      const id = stringIn(message, 'id');
      if (id === undefined) answer.begin();
      else answer.within(id);
      answer.openMessage();
      const usage = toUsage(objectIn(message, 'usage'));
      // What was written by then is counted again in the end.
      answer.usage(usage && { ...usage, outputTokens: 0 }, stream);
      return true;
    }
    case 'content_block_start':
      readBlockStart(key, event, answer);
      return true;
    case 'content_block_delta': {
      const delta = objectIn(event, 'delta');
      answer.text(stringIn(delta, 'text') ?? '', stream);
      answer.reasoning(stringIn(delta, 'thinking') ?? '', stream);
      answer.addArguments(key, stringIn(delta, 'partial_json') ?? '');
      return true;
    }
    case 'message_delta': {
      const outputTokens = toUsage(objectIn(event, 'usage'))?.outputTokens;
      if (outputTokens !== undefined) answer.usage({ inputTokens: 0, outputTokens }, stream);
      answer.endMessage(stringIn(objectIn(event, 'delta'), 'stop_reason'));
      return true;
    }
    case 'message_stop':
      answer.endMessage(undefined);
      return true;
    default:
      return event['type'] === 'content_block_stop' || event['type'] === 'ping';
  }
}

function readBlockStart(key: string, event: JsonValue, answer: Answer): void {
  const block = objectIn(event, 'content_block');
  answer.text(stringIn(block, 'text') ?? '', stream);
  answer.reasoning(stringIn(block, 'thinking') ?? '', stream);
  const name = stringIn(block, 'name');
  // Other tools (`server_tool_use`) run where the model does.
  if (block?.['type'] === 'tool_use' && name) answer.beginCall(key, stringIn(block, 'id') ?? key, name);
}
