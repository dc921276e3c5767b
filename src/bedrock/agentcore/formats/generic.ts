import type { Answer } from '../answer.ts';
import { type Content, readContent, toUsage } from './content.ts';
import { type Format, isObject, type JsonValue, objectIn, stringIn } from './format.ts';

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
];

/** An object whose answer stands under one of the usual names, at any depth: `{"result": {"content": [{"text"}]}}`. */
export const readGeneric: Format = (value, answer) => {
  const content = find(value);
  const usage = findUsage(value);
  // AWS's own documentation streams `{"event": "partial response"}`.
  if (typeof value['event'] === 'string' && value['data'] === undefined) return (answer.text(value['event']), true);
  if (!content && !usage) return false;
  answer.reasoning(content?.reasoning ?? '');
  tell(value, content?.text ?? '', answer);
  answer.usage(usage);
  answer.endMessage(findStop(value));
  return true;
};

function tell(value: JsonValue, text: string, answer: Answer): void {
  // Python's str(AgentResult) ends with a line break; and in a stream a result repeats what was said.
  if ('result' in value) answer.result(text.replace(/\n$/, ''));
  else answer.text(text);
}

function find(value: unknown): Content | undefined {
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
function findUsage(value: JsonValue): ReturnType<typeof toUsage> {
  for (const holder of holders(value)) {
    const usage =
      objectIn(holder, 'usage') ??
      objectIn(objectIn(holder, 'metadata'), 'usage') ??
      objectIn(holder, 'token_usage') ??
      objectIn(holder, 'usage_metadata');
    if (usage) return toUsage(usage);
  }
  return undefined;
}

function findStop(value: JsonValue): string | undefined {
  for (const holder of holders(value)) {
    const stop = stringIn(holder, 'stop_reason') ?? stringIn(holder, 'stopReason') ?? stringIn(holder, 'finish_reason');
    if (stop !== undefined) return stop;
  }
  return undefined;
}

function* holders(value: JsonValue): Generator<JsonValue> {
  yield value;
  for (const name of ['response_metadata', ...names]) {
    const inner = objectIn(value, name);
    if (inner && !Array.isArray(inner)) yield* holders(inner);
  }
}
