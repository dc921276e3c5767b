import type { AgentRequest, FilePart, Part, ResultsTurn, ToolCall, Turn } from '../agent.ts';
import { BadRequestError } from '../errors.ts';

/** What a call has to carry: exactly one of the server's session and this history remembers what went before. */
export interface News {
  /** What is new, with the instructions in front where they are due. */
  readonly text: string;
  /** Attachments of what is new; those of earlier turns are named in the history. */
  readonly files: readonly FilePart[];
  /** What went before; empty when a session remembers it. */
  readonly history: readonly HistoryMessage[];
  /** Answers to the calls of the last assistant turn. */
  readonly results?: ResultsTurn;
}

export interface HistoryMessage {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

/** The whole conversation → what is new and what is history. */
export function toNews({ turns, instructions, session }: AgentRequest): News {
  const lastAnswer = turns.findLastIndex((turn) => turn.type === 'assistant');
  const fresh = turns.slice(lastAnswer + 1);
  const results = fresh.find((turn) => turn.type === 'results');
  const parts = fresh.flatMap((turn) => (turn.type === 'user' ? [turn.parts] : []));
  const text = join(parts.map((each) => toText(each.filter((part) => part.type === 'text'))));
  const files = parts.flat().filter((part) => part.type === 'file');
  const history = session ? [] : toHistory(turns.slice(0, lastAnswer + 1));
  // Where the last answer was empty, what the user said before it is still unanswered.
  const isNew = text !== '' || files.length > 0;
  const unanswered = isNew && history.at(-1)?.role === 'user' ? (history.pop()?.text ?? '') : '';
  const isFirst = lastAnswer === -1;
  const instructed = isNew && (!session || isFirst);
  return {
    text: join([instructed ? instructions : '', unanswered, text]),
    files,
    history,
    ...(results && { results }),
  };
}

/** The same conversation for an agent that has no place for tool results: they are told as texts of the user. */
export function tellResults(turns: readonly Turn[]): readonly Turn[] {
  const calls = new Map<string, ToolCall>();
  return turns.map((turn) => {
    if (turn.type === 'assistant') turn.calls.forEach((call) => calls.set(call.id, call));
    if (turn.type !== 'results') return turn;
    return { type: 'user', parts: [{ type: 'text', text: toMessage(turn, calls).text }] };
  });
}

/** The error for a conversation whose last word is not the user's. */
export function nothingNew(): BadRequestError {
  return new BadRequestError('There is nothing new to say: the messages must end with a user message that has text.', {
    param: 'messages',
  });
}

function toHistory(turns: readonly Turn[]): HistoryMessage[] {
  const messages: HistoryMessage[] = [];
  const calls = new Map<string, ToolCall>();
  for (const turn of turns) {
    if (turn.type === 'assistant') turn.calls.forEach((call) => calls.set(call.id, call));
    const message = toMessage(turn, calls);
    // AWS refuses an empty block, and it is not said whether it accepts two messages of one role in a row.
    if (message.text.trim() === '') continue;
    const last = messages.at(-1);
    if (last?.role !== message.role) messages.push(message);
    else messages.splice(-1, 1, { role: last.role, text: join([last.text, message.text]) });
  }
  return messages[0]?.role === 'assistant' ? [{ role: 'user', text: '(conversation begins)' }, ...messages] : messages;
}

function toMessage(turn: Turn, calls: ReadonlyMap<string, ToolCall>): HistoryMessage {
  switch (turn.type) {
    case 'user':
      return { role: 'user', text: toText(turn.parts) };
    case 'assistant': {
      const called = turn.calls.map((call) => `[called ${call.name}(${call.arguments})]`);
      return { role: 'assistant', text: [turn.text, ...called].filter((text) => text !== '').join('\n') };
    }
    case 'results': {
      const texts = turn.results.map(({ id, text }) => `[${calls.get(id)?.name ?? 'a tool'} answered: ${text}]`);
      return { role: 'user', text: texts.join('\n') };
    }
    default:
      return turn satisfies never;
  }
}

/** Texts set off from each other; blank ones say nothing. */
function join(texts: readonly string[]): string {
  return texts.filter((text) => text.trim() !== '').join('\n\n');
}

/** What a message says; its attachments by name. */
export function toText(parts: readonly Part[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : `[file: ${part.name}]`)).join('');
}
