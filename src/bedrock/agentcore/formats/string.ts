import type { Answer } from '../answer.ts';
import type { Piece } from '../body.ts';
import type { Channel } from '../message.ts';
import { parseJson } from '../json.ts';
import { createEvents } from '../sse.ts';
import { isRepr, readRepr } from './repr.ts';

/** Names that tell an agent's event, put into a string, from a text that happens to be JSON. */
const eventNames = /^\{\s*"(event|data|type|error|message|result|response|status|jsonrpc|choices|toolUseId)"\s*:/;

/** A graph that sends nothing but contents sends a tool's result as a string, but its model's as blocks. */
const strings: Channel = { family: 'content', name: 'strings' };

/** Server-sent events that an agent framed itself, and its runtime once more. */
const framed = /^(data:[ {["]|((event|id|retry):[^\n]*\n)+data:)/;

/** A JSON string: a piece of text, unless it is something that was put into a string on its way. */
export function readString(text: string, answer: Answer, readPiece: (piece: Piece) => void): boolean {
  if (isRepr(text)) {
    readRepr(text, answer, (value) => readPiece({ type: 'value', value, raw: text, whole: false }));
  } else if (framed.test(text)) {
    const events = createEvents(readPiece);
    events.write(text);
    events.end();
  } else if (eventNames.test(text)) {
    const { value } = parseJson(text);
    // `whole`: an event that nobody knows is a text after all.
    readPiece(value === undefined ? { type: 'text', text } : { type: 'value', value, raw: text, whole: true });
  } else if (text !== '[DONE]') {
    answer.text(text, strings);
  }
  return true;
}
