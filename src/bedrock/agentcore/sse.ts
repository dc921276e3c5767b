import { BadGatewayError } from '../../errors.ts';
import { cutShort } from './ending.ts';
import type { Framing, Piece } from './body.ts';
import { parseJson } from './json.ts';
import { createLines, mostCharacters } from './lines.ts';

/**
 * Server-sent events → pieces. Not a library's parser: that strips the blank after `data:`, which is text in the streams
 * of servers that write none (Spring); waits for a blank line, which AWS's own example never sends; and drops an event
 * that the end of the body cuts off.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function createEvents(onPiece: (piece: Piece) => void): Framing {
  let data: string[] = [];
  let size = 0;
  let name = '';
  /** Whether a blank after `data:` is the server's habit; one line without it shows that it is text. */
  let spaced = true;
  let done = false;

  const lines = createLines((line, isWhole) => {
    if (done) return;
    if (!isWhole && !/^(data:|:|\s*$)/.test(line)) throw cutShort('inside an event');
    if (line === '') return dispatch(true);
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1);
    if (field === 'event') name = value.trim();
    if (field !== 'data') return;
    if (value !== '' && !value.startsWith(' ')) spaced = false;
    // A whole object can only be an event of its own, and need not wait for the blank line.
    const object = data.length === 0 ? parseObject(value) : undefined;
    if (object !== undefined) {
      send(object, toText(value));
      name = '';
      return;
    }
    data.push(value);
    // An empty line takes its place too.
    size += value.length + 1;
    if (size > mostCharacters)
      throw new BadGatewayError(`The agent sent an event of more than ${mostCharacters} characters.`);
  });

  function dispatch(isWhole: boolean): void {
    const text = data.map(toText).join('\n');
    const isEvent = data.length > 0 || name === 'error';
    data = [];
    size = 0;
    if (text.trim() === '[DONE]') done = true;
    else if (isEvent) sendText(text, isWhole);
    name = '';
  }

  function toText(line: string): string {
    return spaced && line.startsWith(' ') ? line.slice(1) : line;
  }

  function sendText(text: string, isWhole: boolean): void {
    const { value, isCut } = parseJson(text);
    if (isCut && !isWhole) throw cutShort('inside an event');
    send(value, text);
  }

  function send(value: unknown, raw: string): void {
    if (name === 'error') onPiece({ type: 'error', value: value ?? raw });
    else if (value === undefined) onPiece({ type: 'text', text: raw, ...named() });
    else onPiece({ type: 'value', value, raw, whole: false, ...named() });
  }

  /** `message` is the name of events that have none. */
  function named(): { readonly name?: string } {
    return name === '' || name === 'message' ? {} : { name };
  }

  return {
    write: lines.write,
    end() {
      lines.end();
      dispatch(false);
    },
  };
}

function parseObject(text: string): unknown {
  const first = text.startsWith(' ') ? 1 : 0;
  const isObject = text.startsWith('{', first) && (text.endsWith('}') || text.endsWith('} '));
  return isObject ? parseJson(text).value : undefined;
}
