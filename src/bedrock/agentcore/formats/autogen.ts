import type { Answer } from '../answer.ts';
import type { Channel } from '../message.ts';
import { toUsage } from './content.ts';
import { type Format, isObject, type JsonValue, objectIn, stringIn } from './format.ts';

/** A run tells its messages one by one, and all of them once more in its result. */
const told: Channel = { family: 'autogen', name: 'messages' };
const result: Channel = { family: 'autogen', name: 'result' };
/** What a model says before it calls a tool is called a thought, even where it was heard as text. */
const chunks: Channel = { family: 'autogen-pieces', name: 'chunks' };
const thoughts: Channel = { family: 'autogen-pieces', name: 'thoughts' };

/**
 * The messages and events of AutoGen's agents and teams, and the result of a run.
 * https://microsoft.github.io/autogen/stable/reference/python/autogen_agentchat.messages.html
 */
export const autogen: Format = {
  name: 'autogen',
  fields: ['type', 'chat_message', 'messages'],
  read(value, answer) {
    // What an agent returns to its team holds its message.
    const message = objectIn(value, 'chat_message') ?? value;
    if (isMessage(message)) {
      if (answer.hears(told)) readMessage(message, answer);
      return true;
    }
    const list = listOf(value['messages']);
    if (list.length === 0 || !list.every(isMessage)) return false;
    if (answer.hears(result)) for (const each of list) readMessage(each, answer);
    answer.endMessage(stringIn(value, 'stop_reason'));
    return true;
  },
};

function isMessage(value: unknown): value is JsonValue {
  const type = stringIn(value, 'type');
  return (
    type !== undefined &&
    /^[A-Z]\w*(Message|Event)(\[.*\])?$/.test(type) &&
    typeof stringIn(value, 'source') === 'string'
  );
}

function readMessage(message: JsonValue, answer: Answer): void {
  const { content } = message;
  answer.usage(toUsage(objectIn(message, 'models_usage')));
  switch (message['type']) {
    case 'ModelClientStreamingChunkEvent':
      answer.hears(chunks);
      return answer.text(toText(content));
    case 'ThoughtEvent':
      if (answer.hears(thoughts)) answer.reasoning(toText(content));
      return;
    case 'ToolCallRequestEvent':
      for (const call of listOf(content)) {
        const [id, name] = [stringIn(call, 'id') ?? '', stringIn(call, 'name') ?? ''];
        answer.call({ id, name, arguments: stringIn(call, 'arguments') ?? '{}' });
      }
      return;
    case 'ToolCallExecutionEvent':
      for (const each of listOf(content)) answer.dropCall(stringIn(each, 'call_id') ?? '');
      return answer.closeMessage();
    // Why a run ended, and who goes on, is not for the user.
    case 'StopMessage':
    case 'HandoffMessage':
      return;
    default:
      // The task itself is told first.
      if (message['source'] === 'user' || !String(message['type']).includes('Message')) return;
      answer.message({ text: toText(content), reasoning: '', calls: [] });
  }
}

function toText(content: unknown): string {
  // Beside its texts a message may hold images.
  if (Array.isArray(content)) return content.filter((part) => typeof part === 'string').join('\n');
  // A structured one holds what was asked for.
  return typeof content === 'string' ? content : isObject(content) ? JSON.stringify(content) : '';
}

function listOf(content: unknown): readonly unknown[] {
  return Array.isArray(content) ? content : [];
}
