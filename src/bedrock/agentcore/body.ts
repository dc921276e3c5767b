import { cutShort } from './answer.ts';
import { parseJson } from './json.ts';
import { createLines } from './lines.ts';
import { createEvents } from './sse.ts';

/** What a body holds, whatever its framing. */
export type Piece =
  | { readonly type: 'text'; readonly text: string }
  /** JSON, with the text it was; `whole` when it is the whole body. */
  | { readonly type: 'value'; readonly value: unknown; readonly raw: string; readonly whole: boolean }
  | { readonly type: 'error'; readonly value: unknown };

/** How the pieces of a body are set apart from each other. */
export interface Framing {
  readonly write: (text: string) => void;
  readonly end: () => void;
}

type OnPiece = (piece: Piece) => void;

interface ContentType {
  readonly isJson: boolean;
  readonly isEventStream: boolean;
}

/**
 * Bytes of a body → its pieces, each as soon as its bytes are there. What a body is shows in its first characters: the
 * content type is the agent's, and often wrong.
 */
export function createBody(contentType = '', onPiece: OnPiece) {
  // One for the whole body: a read may end inside a character.
  const decoder = new TextDecoder();
  const type: ContentType = {
    isJson: /^application\/([\w.-]+\+)?json\b/i.test(contentType),
    isEventStream: /^text\/event-stream\b/i.test(contentType),
  };
  let head = '';
  let kind: Kind | undefined;
  let framing: Framing | undefined;

  function write(text: string): void {
    if (framing) return framing.write(text);
    const isLong = head.length > longestHead;
    head += text;
    // A long first line is looked at again when it ends.
    if (isLong && !text.includes('\n')) return;
    kind = sniff(head, type);
    if (kind) begin(kind);
  }

  function begin(decided: Kind): Framing {
    framing = createFraming(decided, type, onPiece);
    framing.write(head);
    return framing;
  }

  return {
    write: (bytes: Buffer): void => write(decoder.decode(bytes, { stream: true })),

    /** Ends the body and says whether it may be an empty answer: a stream that says nothing was cut short. */
    end(): { readonly mayBeEmpty: boolean } {
      if (decoder.decode() !== '') throw cutShort('inside a character');
      const isBlank = head.trim() === '';
      // Undecided until now: one value, or a few words.
      (framing ?? begin('json')).end();
      return { mayBeEmpty: kind === undefined && isBlank && !type.isEventStream };
    },
  };
}

type Kind = 'event-stream' | 'json' | 'lines' | 'text';

/** What is not decided by then is read when it is whole. */
const longestHead = 4096;
const fields = ['data:', 'event:', 'id:', 'retry:'];

function sniff(head: string, { isJson, isEventStream }: ContentType): Kind | undefined {
  const start = head.trimStart();
  const first = start[0];
  if (first === undefined) return undefined;
  const undecided = start.length > longestHead ? 'json' : undefined;
  if (fields.some((field) => start.startsWith(field))) return 'event-stream';
  if (first === ':' && (isEventStream || /^:\s/.test(start))) return 'event-stream';
  if (start === ':' || fields.some((field) => field.startsWith(start))) return undefined;
  if ('null'.startsWith(start.trimEnd())) return undefined;
  if (isJson) return /[{["\-\dtfn]/.test(first) ? 'json' : 'text';
  if (first === '{') {
    const end = start.indexOf('\n');
    if (end === -1) return undefined;
    return parseJson(start.slice(0, end)).value === undefined ? 'json' : 'lines';
  }
  if (first === '[') return /^\[\s*($|[[{"\]tfn\d-])/.test(start) ? undecided : 'text';
  if (first === '"') return /^"([^"\\]|\\.)*"\s*\S/s.test(start) ? 'text' : undecided;
  return 'text';
}

function createFraming(kind: Kind, type: ContentType, onPiece: OnPiece): Framing {
  switch (kind) {
    case 'event-stream':
      return createEvents(onPiece);
    case 'lines':
      return createLines((line, isWhole) => readLine(line, isWhole, onPiece));
    case 'json':
      return createJson(type, onPiece);
    case 'text':
      return { write: (text) => onPiece({ type: 'text', text }), end: () => undefined };
  }
}

function readLine(line: string, isWhole: boolean, onPiece: OnPiece): void {
  if (line.trim() === '') return;
  const { value, isCut } = parseJson(line);
  if (isCut && !isWhole) throw cutShort('inside a line');
  if (value === undefined) onPiece({ type: 'text', text: `${line}\n` });
  else onPiece({ type: 'value', value, raw: line, whole: false });
}

function createJson({ isJson }: ContentType, onPiece: OnPiece): Framing {
  const texts: string[] = [];
  return {
    write: (text) => void texts.push(text),
    end() {
      const raw = texts.join('');
      if (raw.trim() === '') return;
      const { value, isCut } = parseJson(raw);
      if (value !== undefined) return onPiece({ type: 'value', value, raw: raw.trim(), whole: true });
      const lines = raw.split('\n').filter((line) => line.trim() !== '');
      if (lines.length > 1 && lines.every((line) => typeof parseJson(line).value === 'object')) {
        lines.forEach((line) => readLine(line, true, onPiece));
      } else if (isCut && (isJson || /^\s*[{[]\s*["{[]/.test(raw))) {
        throw cutShort('inside its JSON');
      } else {
        // AWS's TypeScript runtime sends a returned string bare, as `application/json`.
        onPiece({ type: 'text', text: raw });
      }
    },
  };
}
