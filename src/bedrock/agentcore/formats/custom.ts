import type { Answer, Content } from '../answer.ts';
import { readContent, toUsage } from './content.ts';
import { tools } from './error.ts';
import { readEventType } from './event-word.ts';
import { type Format, isObject, type JsonValue, objectIn, stringIn } from './format.ts';

const pieces =
  /^(text|content|chunk|token|delta|message|answer|data|output|partial|stream|assistant|response|agent)([-_](text|content|chunk|token|delta|message|response|update|stream|output))*$/i;
const thoughts = /think|thought|reason/i;
const ends =
  /^(final|finals?[-_]\w+|complete|completed|completion|done|end|ended|finish|finished|result|\w+[-_](complete|completed|done|end|final))$/i;
/** What agents tell of their work, which is no part of an answer. */
const notes =
  /^(stage|status|step|progress|start|started|begin|init|ping|heartbeat|keep[-_]?alive|log|info|debug|trace|usage|metadata|metrics|session|session[-_]\w+|stage[-_]\w+|status[-_]\w+|step[-_]\w+|start[-_]\w+|stop|citations?|sources?|artifact)$/i;

/** Where such an event has its words. */
const names = [
  'content',
  'text',
  'delta',
  'data',
  'chunk',
  'token',
  'message',
  'answer',
  'value',
  'response',
  'output',
];
const endNames = ['final_response', 'final_answer', 'final', ...names, 'result', 'full_text', 'full_response'];

/** Events by a `type` or an `event` of the agent's own, as AWS's samples write them. */
export const custom: Format = {
  name: 'custom',
  fields: ['type', 'event'],
  read(value, answer) {
    const type = stringIn(value, 'type') ?? readEventType(value, answer);
    if (type === undefined || type.startsWith('on_')) return false;
    if (typeof value['role'] === 'string' && !isAgents(value['role'])) return true;
    if (tools.test(type) || notes.test(type)) {
      answer.usage(toUsage(objectIn(value, 'usage') ?? value));
      return true;
    }
    if (thoughts.test(type)) return tell(find(value, names), ({ text }) => answer.reasoning(text));
    if (ends.test(type)) return readEnd(value, answer);
    if (pieces.test(type)) return tell(find(value, names), (content) => readPiece(content, answer));
    return false;
  },
};

/** Whether events of a type are no part of an answer's text. */
export function isAside(type: string): boolean {
  return [tools, notes, thoughts].some((words) => words.test(type));
}

function isAgents(role: string): boolean {
  return /^(assistant|agent|ai|model|bot)$/i.test(role);
}

function tell(content: Content | undefined, say: (content: Content) => void): boolean {
  if (content) say(content);
  return content !== undefined;
}

function readPiece(content: Content, answer: Answer): void {
  if (content.calls.length > 0) return answer.message(content);
  answer.reasoning(content.reasoning);
  answer.text(content.text);
}

/** The last event, which may hold the whole answer once more. */
function readEnd(value: JsonValue, answer: Answer): boolean {
  const content = find(value, endNames);
  if (content) answer.result(content);
  answer.lastUsage(toUsage(objectIn(value, 'usage')));
  answer.endMessage(
    stringIn(value, 'stop_reason') ?? stringIn(value, 'finish_reason') ?? stringIn(value, 'stopReason'),
  );
  return true;
}

function find(value: JsonValue, among: readonly string[]): Content | undefined {
  for (const name of among) {
    const field = value[name];
    const content = readContent(field) ?? (isObject(field) ? find(field, among) : undefined);
    if (content) return content;
  }
  return undefined;
}
