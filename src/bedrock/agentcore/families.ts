import type { Answer } from './answer.ts';
import type { Piece } from './body.ts';
import { toAgentError } from './formats/error.ts';
import { type Format, isObject } from './formats/format.ts';
import { readString } from './formats/string.ts';

/** Reads the pieces of a body with the first of these formats that knows them. */
export function readFamilies(formats: readonly Format[], answer: Answer): (piece: Piece) => void {
  function readPiece(piece: Piece): void {
    switch (piece.type) {
      case 'text':
        return answer.text(piece.text);
      case 'error':
        return answer.fail(toAgentError(piece.value));
      case 'value':
        // What nobody knows is shown when it is the whole answer, and skipped in a stream.
        if (!readValue(piece.value, piece.raw, piece.whole) && piece.whole) answer.unknown(piece.raw);
        return;
      default:
        piece satisfies never;
    }
  }

  function readValue(value: unknown, raw: string, whole: boolean): boolean {
    const readInner = (inner: unknown): boolean => readValue(inner, '', whole);
    if (isObject(value)) return formats.some((format) => format.read(value, answer, readInner));
    if (typeof value === 'string') readString(value, answer, { readPiece, readValue: readInner });
    // In a stream Python's None says nothing; a number is a word of bare text that happens to be JSON.
    else if (value !== null) answer.text(raw);
    else if (whole) answer.text('');
    return true;
  }

  return readPiece;
}
