import type { Answer, Content } from '../answer.ts';
import { readContent, toUsage } from './content.ts';
import { error } from './error.ts';
import { readEventText } from './event-word.ts';
import { type Format, isObject, type JsonValue, objectIn, stringIn } from './format.ts';
import { isRepr, readRepr } from './repr.ts';

/** Where agents of no particular family put their answer. */
const names = [
  'output',
  'result',
  'response',
  'answer',
  'completion',
  'content',
  'text',
  'message',
  'final_response',
  'generated_text',
  'body',
  'raw',
  'blocks',
  'final_answer',
  'delta',
  'token',
  'chunk',
];

const holderNames = ['response_metadata', ...names];

/** An object whose answer stands under one of the usual names, at any depth: `{"result": {"content": [{"text"}]}}`. */
export const generic: Format = {
  name: 'generic',
  read(value, answer, read) {
    if (readEventText(value, answer)) return true;
    const all = holders(value);
    if (all.some((holder) => holder !== value && error.read(holder, answer, read))) return true;
    const content = find(value);
    const usage = findUsage(all);
    if (!content && !usage) return false;
    if (content) tell(value, content, answer, read);
    if ('result' in value) answer.lastUsage(usage);
    else answer.usage(usage);
    const stop = findStop(all);
    if (stop !== undefined) answer.endMessage(stop);
    return true;
  },
};

/** The name that an answer's last words came under, and how many characters it had said by then. */
const heard = new WeakMap<Answer, { readonly name: string; readonly length: number; readonly held: string }>();

function tell(value: JsonValue, content: Content, answer: Answer, read: (value: unknown) => boolean): void {
  if (isRepr(content.text)) return readRepr(content.text, answer, read);
  if (content.calls.length > 0) return 'result' in value ? answer.result(content) : answer.message(content);
  const name = 'result' in value ? 'result' : (names.find((each) => each in value && find(value[each])) ?? '');
  const before = heard.get(answer);
  // Words under one name are pieces; under another, they may repeat what was said.
  const isPiece = before?.name === name && before.length === answer.length();
  if (!isPiece && repeats(name, content.text, answer)) return answer.text('');
  // Python's str(AgentResult) ends with a line break.
  const held = name === 'result' && content.text.endsWith('\n') ? '\n' : '';
  answer.reasoning(content.reasoning);
  answer.text((isPiece ? before.held : '') + content.text.slice(0, content.text.length - held.length));
  heard.set(answer, { name, length: answer.length(), held });
}

/** A result is the last word even where it differs from what was said. */
function repeats(name: string, text: string, answer: Answer): boolean {
  const words = answer.words();
  if (name === 'result') return words !== '' || text.trim() === '';
  return words !== '' && words === text;
}

function find(value: unknown): Content | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return readContent(String(value));
  const content = readContent(value);
  if (content) return content;
  if (!isObject(value) || Array.isArray(value)) return undefined;
  for (const name of names) {
    const found = name in value ? find(value[name]) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** Usage beside the answer or with the message that holds it. */
function findUsage(all: readonly JsonValue[]): ReturnType<typeof toUsage> {
  for (const holder of all) {
    const usage =
      objectIn(holder, 'usage') ??
      objectIn(objectIn(holder, 'metadata'), 'usage') ??
      objectIn(holder, 'token_usage') ??
      objectIn(holder, 'usage_metadata');
    if (usage) return toUsage(usage);
  }
  return undefined;
}

function findStop(all: readonly JsonValue[]): string | undefined {
  for (const holder of all) {
    const stop =
      stringIn(holder, 'stop_reason') ??
      stringIn(holder, 'stopReason') ??
      stringIn(holder, 'finish_reason') ??
      stringIn(holder, 'finishReason');
    if (stop !== undefined) return stop;
  }
  return undefined;
}

/** The object itself and those within it that may hold the answer. */
function holders(value: JsonValue, found: JsonValue[] = []): readonly JsonValue[] {
  found.push(value);
  for (const name of holderNames) {
    const field = objectIn(value, name);
    if (field && !Array.isArray(field)) holders(field, found);
  }
  return found;
}
