import type { Answer } from '../answer.ts';
import type { Piece } from '../body.ts';
import { createDataStream, dataLine } from '../data-stream.ts';
import type { Channel } from '../message.ts';
import { parseJson } from '../json.ts';
import { createEvents } from '../sse.ts';
import { isRepr, readRepr } from './repr.ts';

/** Names that tell an agent's event, put into a string, from a text that happens to be JSON. */
const eventNames = /^\{\s*"(event|data|type|error|message|result|response|status|jsonrpc|choices|toolUseId)"\s*:/;

/** A graph that sends nothing but contents sends a tool's result as a string, but its model's as blocks. */
const strings: Channel = { family: 'content', name: 'strings' };

/** Server-sent events that an agent framed itself, and its runtime once more. */
const framed = /^(data:[ {["]|((event|id|retry):[^\n]*\n){1,9}data:)/;

/** Who reads what a string was found to hold. */
export interface StringReaders {
  readonly readPiece: (piece: Piece) => void;
  readonly readValue: (value: unknown) => boolean;
}

/** A JSON string: a piece of text, unless it is something that was put into a string on its way. */
export function readString(text: string, answer: Answer, { readPiece, readValue }: StringReaders): void {
  if (isRepr(text)) {
    readRepr(text, answer, readValue);
  } else if (framed.test(text)) {
    const events = createEvents(readPiece);
    events.write(text);
    events.end();
  } else if (dataLine.test(text) && text.endsWith('\n')) {
    const lines = createDataStream(readPiece);
    lines.write(text);
  } else if (eventNames.test(text)) {
    const { value } = parseJson(text);
    // An event that nobody knows is a text after all.
    if (value === undefined || !readValue(value)) answer.text(text);
  } else if (text !== '[DONE]') {
    answer.text(text, strings);
  }
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
