import { createDataStream, dataLine } from './data-stream.ts';
import { createDepth } from './depth.ts';
import { createJsonLines, createRecords } from './json-lines.ts';
import { type ContentType, type Kind, longestHead, parseContentType, sniff } from './sniff.ts';
import { createEvents } from './sse.ts';
import { createText } from './text.ts';
import { createDecoder } from './utf8.ts';
import { createWhole } from './whole.ts';

/** What a body holds, whatever its framing. */
export type Piece =
  /** Bare text; `isPart` when it ends where a read did. Server-sent events may have a name. */
  | { readonly type: 'text'; readonly text: string; readonly isPart?: boolean; readonly name?: string }
  /** JSON, with the text it was; `whole` when it is the whole body. */
  | {
      readonly type: 'value';
      readonly value: unknown;
      readonly raw: string;
      readonly whole: boolean;
      readonly name?: string;
    }
  | { readonly type: 'error'; readonly value: unknown }
  /** The server's own word that nothing follows. */
  | { readonly type: 'done' };

/** How the pieces of a body are set apart from each other. */
export interface Framing {
  readonly write: (text: string) => void;
  readonly end: () => void;
}

/** Reads a piece and says whether anybody knew it. */
export type OnPiece = (piece: Piece) => boolean;

/**
 * Bytes of a body → its pieces, each as soon as its bytes are there. What a body is shows in its first characters: the
 * content type is the agent's, and often wrong.
 */
export function createBody(contentType = '', onPiece: OnPiece) {
  const decoder = createDecoder(write);
  const type = parseContentType(contentType);
  /** What stands before the first word. */
  let blank = '';
  let head = '';
  let kind: Kind | undefined;
  let framing: Framing | undefined;
  /** A body that may be one JSON value is held until its end, so its levels are counted on its way. */
  const descend = createDepth();
  let nests = false;

  function write(text: string): void {
    if (framing && kind !== 'json') return framing.write(text);
    if (head === '') {
      const start = text.search(/\S/);
      blank += start === -1 ? text : text.slice(0, start);
      if (start === -1) return;
      text = text.slice(start);
      nests = /^[[{]/.test(text);
    }
    if (nests) descend(text);
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
    framing.write(blank + head);
    return framing;
  }

  return {
    write: (bytes: Buffer): void => decoder.write(bytes),

    /** Ends the body and says whether it may be an empty answer: a stream that says nothing was cut short. */
    end(): { readonly mayBeEmpty: boolean } {
      decoder.end();
      // Undecided until now: one value, or a few words.
      (framing ?? begin(dataLine.test(head) ? 'data-stream' : 'json')).end();
      return { mayBeEmpty: head === '' && !type.isEventStream };
    },
  };
}

function createFraming(kind: Kind, type: ContentType, onPiece: OnPiece): Framing {
  switch (kind) {
    case 'event-stream':
      return createEvents(onPiece);
    case 'data-stream':
      return createDataStream(onPiece);
    case 'lines':
      return createJsonLines(type.isLines, onPiece);
    case 'records':
      return createRecords(onPiece);
    case 'json':
      return createWhole(type.isJson, onPiece);
    case 'text':
      return createText(onPiece);
  }
}
