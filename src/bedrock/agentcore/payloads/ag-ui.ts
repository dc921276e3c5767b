import { createHash } from 'node:crypto';
import type { Turn } from '../../../agent.ts';
import type { InputFile } from '../../files.ts';
import { createId, type Form, type Said, toParts } from './form.ts';

/**
 * AG-UI's RunAgentInput: all seven keys and no other, for its readers refuse foreign ones; the session is the
 * `threadId`, custom parameters are `forwardedProps`. Every message travels with every run, whoever named the session:
 * in this protocol the list is the client's, and a server that remembers knows messages again by their ids.
 * https://docs.ag-ui.com/sdk/js/core/types#runagentinput
 */
export const agUi: Form = { field: 'messages', carriesTools: true, toPayload };

type Message = Readonly<Record<string, unknown>>;

function toPayload({ request, sessionId, custom }: Said) {
  const { instructions, turns, tools } = request;
  const lastAnswer = turns.findLastIndex((turn) => turn.type === 'assistant');
  return {
    threadId: sessionId,
    runId: createId('run'),
    messages: withIds([
      ...(instructions === '' ? [] : [{ role: 'system', content: instructions }]),
      ...turns.flatMap((turn, index) => toMessages(turn, index > lastAnswer)),
    ]),
    tools: tools.map(({ name, description = '', parameters = { type: 'object', properties: {} } }) => ({
      name,
      description,
      parameters,
    })),
    context: [],
    state: {},
    forwardedProps: custom,
  };
}

function toMessages(turn: Turn, isNew: boolean): readonly Message[] {
  switch (turn.type) {
    case 'user': {
      const isText = turn.parts.every((part) => part.type === 'text');
      const content = isText ? turn.parts.map(({ text }) => text).join('') : toParts(turn, isNew, writer);
      return content.length === 0 ? [] : [{ role: 'user', content }];
    }
    case 'assistant': {
      const toolCalls = turn.calls.map(({ id, name, arguments: json }) => ({
        id,
        type: 'function',
        function: { name, arguments: json },
      }));
      if (turn.text === '' && toolCalls.length === 0) return [];
      return [
        {
          role: 'assistant',
          ...(turn.text !== '' && { content: turn.text }),
          ...(toolCalls.length > 0 && { toolCalls }),
        },
      ];
    }
    case 'results':
      return turn.results.map(({ id, text }) => ({ role: 'tool', toolCallId: id, content: text }));
    default:
      return turn satisfies never;
  }
}

const writer = {
  toText: (text: string): Message => ({ type: 'text', text }),
  toFile: ({ isImage, mediaType, data }: InputFile): Message => ({
    type: isImage ? 'image' : 'document',
    source: { type: 'data', value: data, mimeType: mediaType },
  }),
};

/** A message keeps its id from call to call, also when the caller forgets the oldest; only its like before it count. */
function withIds(messages: readonly Message[]): readonly Message[] {
  const seen = new Map<string, number>();
  return messages.map((message) => {
    const hash = createHash('sha256').update(JSON.stringify(message)).digest('hex').slice(0, 32);
    const before = seen.get(hash) ?? 0;
    seen.set(hash, before + 1);
    return { id: before === 0 ? hash : `${hash}-${before}`, ...message };
  });
}
