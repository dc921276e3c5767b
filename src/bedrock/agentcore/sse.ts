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
  /** The lines of an event, each as it stood behind its `data:`. */
  let data: string | undefined;
  let name = '';
  /** Whether a blank after `data:` is the server's habit; one line without it shows that it is text. */
  let spaced = true;
  let done = false;

  const lines = createLines((line, isWhole) => {
    if (done) return;
    if (!isWhole && !/^(data:|:|\s*$)/.test(line)) throw cutShort('inside an event');
    if (line === '') return dispatch(true);
    if (line.startsWith('data:')) readData(line.slice('data:'.length));
    else if (line === 'data') readData('');
    else if (line.startsWith('event:')) name = line.slice('event:'.length).trim();
    else if (line === 'event') name = '';
  });

  function readData(value: string): void {
    if (value !== '' && !value.startsWith(' ')) spaced = false;
    // A whole object can only be an event of its own, and need not wait for the blank line.
    const object = data === undefined ? parseObject(value) : undefined;
    if (object !== undefined) {
      send(object, toText(value));
      name = '';
      return;
    }
    data = data === undefined ? value : `${data}\n${value}`;
    if (data.length >= mostCharacters)
      throw new BadGatewayError(`The agent sent an event of more than ${mostCharacters} characters.`);
  }

  function dispatch(isWhole: boolean): void {
    const text = data === undefined ? '' : toText(data);
    const isEvent = data !== undefined || name === 'error';
    data = undefined;
    if (text.trim() === '[DONE]') {
      done = true;
      onPiece({ type: 'done' });
    } else if (isEvent) sendText(text, isWhole);
    name = '';
  }

  function toText(lines: string): string {
    if (!spaced) return lines;
    const text = lines.startsWith(' ') ? lines.slice(1) : lines;
    return text.includes('\n') ? text.replaceAll('\n ', '\n') : text;
  }

  function sendText(text: string, isWhole: boolean): void {
    const { value, isCut } = parseJson(text);
    if (isCut && !isWhole) throw cutShort('inside an event');
    send(value, text);
  }

  function send(value: unknown, raw: string): void {
    if (name === 'error') return onPiece({ type: 'error', value: value ?? raw });
    const piece: Piece =
      value === undefined ? { type: 'text', text: raw } : { type: 'value', value, raw, whole: false };
    // `message` is the name of events that have none.
    onPiece(name === '' || name === 'message' ? piece : { ...piece, name });
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
