import type { Answer } from '../answer.ts';
import type { Piece } from '../body.ts';
import { createDataStream, dataLine } from '../data-stream.ts';
import type { Channel } from '../message.ts';
import { parseJson } from '../json.ts';
import { createEvents } from '../sse.ts';
import { isObject, type JsonValue } from './format.ts';
import { isRepr, readRepr } from './repr.ts';

/** Names that tell an agent's event of no family, put into a string, from a text that happens to be JSON. */
const eventNames = /^\{\s*"(event|data|type|error|message|result|response|status|jsonrpc|choices|toolUseId)"\s*:/;
/** The same where it is the only one. */
const soleName = /^\{\s*"(text|content|delta|token|chunk|output|answer)"\s*:/;

/** A graph that sends nothing but contents sends a tool's result as a string, but its model's as blocks. */
const strings: Channel = { family: 'content', name: 'strings' };

/** Server-sent events that an agent framed itself, and its runtime once more; code may begin with the word, too. */
const framed = /^(data: ?["[{]|data: .*\n\r?\n$|((event|id|retry):[^\n]*\n){1,9}data:)/s;

/** How all that is more than words begins or ends: most texts do not, and need no closer look. */
const special = /^\w+[=:]|[)\]}>]\s*$/;

/** Who reads what a string was found to hold. */
export interface StringReaders {
  readonly readPiece: (piece: Piece) => void;
  readonly readValue: (value: unknown) => boolean;
  /** Only as an event of a family, and not as an object that has an answer somewhere. */
  readonly readEvent: (value: unknown) => boolean;
}

/** A JSON string: a piece of text, unless it is something that was put into a string on its way. */
export function readString(text: string, answer: Answer, readers: StringReaders): void {
  // Python's objects may stand within: as JSON, it says more.
  const object = text.startsWith('{') && /\}\s*$/.test(text) ? parseJson(text).value : undefined;
  if (isObject(object) && readObject(object, text, readers)) return;
  if (text === '[DONE]') return answer.done();
  // An event that nobody knows is a text after all.
  if (!readWrapped(text, answer, readers)) answer.text(text, strings);
}

function readObject(object: JsonValue, text: string, { readValue, readEvent }: StringReaders): boolean {
  const isEvent = eventNames.test(text) || (soleName.test(text) && Object.keys(object).length === 1);
  return isEvent ? readValue(object) : readEvent(object);
}

/** Reads a text that holds a framing of its own, or Python's objects; false when it is neither. */
export function readWrapped(text: string, answer: Answer, { readPiece, readValue }: StringReaders): boolean {
  if (!special.test(text)) return false;
  if (isRepr(text)) {
    readRepr(text, answer, readValue);
    return true;
  }
  const isFramed = framed.test(text);
  if (!isFramed && !(dataLine.test(text) && text.endsWith('\n'))) return false;
  // What is bare within is text: else a body could nest as deep as it is long.
  const onPiece = (piece: Piece): void => (piece.type === 'text' ? answer.text(piece.text) : readPiece(piece));
  const framing = isFramed ? createEvents(onPiece) : createDataStream(onPiece);
  framing.write(text);
  framing.end();
  return true;
}

/** Tells the new part of strings that each repeat the whole text so far; one that does not begins a further message. */
export function createCumulative(answer: Answer): (text: string) => void {
  let told = '';
  return (text) => {
    if (told.startsWith(text)) return answer.text('');
    if (!text.startsWith(told)) {
      answer.begin();
      told = '';
    }
    answer.text(text.slice(told.length));
    told = text;
  };
}
