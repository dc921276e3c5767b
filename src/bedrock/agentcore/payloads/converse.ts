import type { AgentRequest, AssistantTurn, ResultsTurn, ToolCall, Turn } from '../../../agent.ts';
import type { InputFile } from '../../files.ts';
import { type Form, toParts } from './form.ts';

/**
 * `{ messages, … }` as Amazon Bedrock's Converse has them, for agents that append them to what their session holds, as
 * the Strands template of AWS's AgentCore CLI does. So with a session only what is new travels, led by the assistant
 * message whose calls it answers: an unfinished turn is kept nowhere. Custom parameters stand beside `messages`.
 */
export const converse: Form = {
  field: 'messages',
  carriesTools: false,
  toPayload: ({ request, custom }) => ({ messages: toMessages(request), ...custom }),
};

type Block = Readonly<Record<string, unknown>>;

interface Message {
  readonly role: 'user' | 'assistant';
  readonly content: readonly Block[];
}

function toMessages({ instructions, turns, session }: AgentRequest): readonly Message[] {
  const lastAnswer = turns.findLastIndex((turn) => turn.type === 'assistant');
  const isResumed = turns[lastAnswer + 1]?.type === 'results';
  const first = session ? lastAnswer + (isResumed ? 0 : 1) : 0;
  const messages: Message[] = [];
  turns.forEach((turn, index) => {
    if (index < first) return;
    const content = toBlocks(turn, turns[index + 1], index > lastAnswer);
    // Converse refuses an empty message, and two of one role in a row.
    if (content.length === 0) return;
    const role = turn.type === 'assistant' ? 'assistant' : 'user';
    const last = messages.at(-1);
    if (last?.role === role) messages.splice(-1, 1, { role, content: [...last.content, ...content] });
    else messages.push({ role, content });
  });
  const isInstructed = instructions !== '' && (!session || lastAnswer === -1);
  const opening = [
    ...(isInstructed ? [{ text: instructions }] : []),
    ...(!session && messages[0]?.role === 'assistant' ? [{ text: '(conversation begins)' }] : []),
  ];
  if (opening.length === 0) return messages;
  const [head, ...rest] = messages;
  if (head?.role === 'user') return [{ role: 'user', content: [...opening, ...head.content] }, ...rest];
  return [{ role: 'user', content: opening }, ...messages];
}

function toBlocks(turn: Turn, next: Turn | undefined, isNew: boolean): readonly Block[] {
  switch (turn.type) {
    case 'user':
      return toParts(turn, isNew, writer);
    case 'assistant':
      return toAnswer(turn, next?.type === 'results' ? next : undefined);
    case 'results':
      return turn.results.map(({ id, text }) => ({
        toolResult: { toolUseId: id, status: 'success', content: text.trim() === '' ? [] : [{ text }] },
      }));
    default:
      return turn satisfies never;
  }
}

/** Converse refuses a call without its result; one that was never answered is told as text. */
function toAnswer({ text, calls }: AssistantTurn, results: ResultsTurn | undefined): readonly Block[] {
  const answered = new Set(results?.results.map(({ id }) => id));
  return [
    ...(text.trim() === '' ? [] : [{ text }]),
    ...calls.map((call) =>
      answered.has(call.id)
        ? { toolUse: { toolUseId: call.id, name: call.name, input: toInput(call) } }
        : { text: `[called ${call.name}(${call.arguments})]` },
    ),
  ];
}

/** An object; what a model wrote instead of one is not lost. */
function toInput({ arguments: json }: ToolCall): unknown {
  if (json.trim() === '') return {};
  try {
    const input: unknown = JSON.parse(json);
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input;
  } catch {
    // No JSON at all; told below.
  }
  return { arguments: json };
}

const writer = {
  toText: (text: string): Block => ({ text }),
  toFile: ({ isImage, format, data, name }: InputFile): Block =>
    isImage
      ? { image: { format, source: { bytes: data } } }
      : { document: { format, name: toDocumentName(name), source: { bytes: data } } },
};

/** What Converse allows: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html */
function toDocumentName(name: string): string {
  const stem = name.replace(/\.[^.]*$/, '');
  return stem
    .replaceAll(/[^a-zA-Z0-9\s()[\]-]/g, '-')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 200);
}
