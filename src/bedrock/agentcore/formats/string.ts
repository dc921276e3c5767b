import type { Answer } from '../answer.ts';
import { parseJson } from '../json.ts';
import { isRepr, readRepr } from './repr.ts';

/** Names that tell an agent's event, put into a string, from an answer that is JSON by design. */
const eventNames = /^\{\s*"(event|data|type|error|message|result|response|status|jsonrpc|choices|toolUseId)"\s*:/;

/** A JSON string: a piece of text, unless it is an event that was put into a string on its way. */
export function readString(text: string, answer: Answer, read: (value: unknown) => boolean): boolean {
  if (isRepr(text)) {
    readRepr(text, answer);
  } else if (text.startsWith('data: ')) {
    // Agents that frame their own events are framed once more by the runtime.
    for (const line of text.split('\n'))
      if (line.startsWith('data: ')) readFramed(line.slice('data: '.length), answer, read);
  } else {
    const event = eventNames.test(text) ? parseJson(text).value : undefined;
    if (event === undefined) answer.text(text);
    else read(event);
  }
  return true;
}

function readFramed(data: string, answer: Answer, read: (value: unknown) => boolean): void {
  if (data === '[DONE]') return;
  const { value } = parseJson(data);
  if (value === undefined) answer.text(data);
  else read(value);
}
