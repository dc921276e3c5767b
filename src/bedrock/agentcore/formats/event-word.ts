import type { Answer } from '../answer.ts';
import { type JsonValue, stringIn } from './format.ts';

/** Words that may begin or end a stream of typed events, and may be a text as well. */
const marks = /^(start|started|begin|init|ping|heartbeat|end|ended|done|stop|complete|completed|finish|finished)$/i;

/** What answers use the word under `event` for. */
const uses = new WeakMap<Answer, 'type' | 'text'>();
/** Words of answers that have not shown it yet. */
const waiting = new WeakMap<Answer, string>();

/** The word under `event` as the type of an event: what stands beside it shows that, and later ones go without. */
export function readEventType(value: JsonValue, answer: Answer): string | undefined {
  const word = stringIn(value, 'event');
  if (word === undefined || word.startsWith('on_')) return undefined;
  if (!isAlone(value) && !uses.has(answer)) uses.set(answer, 'type');
  return isAlone(value) && uses.get(answer) !== 'type' ? undefined : word;
}

/** The word under `event` as text, as AWS's own documentation streams it: `{"event": "partial response"}`. */
export function readEventText(value: JsonValue, answer: Answer): boolean {
  const word = stringIn(value, 'event');
  if (word === undefined || !isAlone(value)) return false;
  const before = waiting.get(answer) ?? '';
  if (!uses.has(answer) && marks.test(word)) {
    waiting.set(answer, before + word);
    answer.lastResort(word);
    return true;
  }
  waiting.delete(answer);
  uses.set(answer, 'text');
  answer.text(before + word);
  return true;
}

function isAlone(value: JsonValue): boolean {
  return Object.keys(value).length === 1;
}
