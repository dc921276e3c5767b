import type { Framing, OnPiece, Piece } from './body.ts';
import { cutShort } from './ending.ts';
import { isObject } from './formats/format.ts';
import { parseJson } from './json.ts';
import { checkSize, createLines } from './lines.ts';
import { createText } from './text.ts';

/** Whether a value may be a line of JSON; a list without objects is a text of brackets and words. */
export function isLine(value: unknown): boolean {
  return typeof value === 'string' || (Array.isArray(value) ? value.some(isObject) : isObject(value));
}

/**
 * Lines of JSON → pieces, one by one; a line that is none is text. A text may begin with such a line, too: one that
 * nobody knows, and one that is no object where nothing calls them lines (`isDeclared`), is held until the next line
 * shows what all is. The first line is to be written at once.
 */
export function createJsonLines(isDeclared: boolean, onPiece: OnPiece): Framing {
  let framing: Framing | undefined;
  let first: (Piece & { readonly type: 'value' }) | undefined;
  let isTold = false;
  /** The first line as it came, and what came behind it. */
  let head = '';
  let behind = '';
  /** The character that the next line begins with. */
  let next: string | undefined;

  function write(text: string): void {
    if (framing) framing.write(text);
    else if (first) look(first.value, text);
    else readFirst(text);
  }

  function readFirst(text: string): void {
    const end = text.indexOf('\n', text.search(/\S/)) + 1;
    head = text.slice(0, end);
    const raw = head.trim();
    const { value } = parseJson(raw);
    first = { type: 'value', value, raw, whole: false };
    isTold = isDeclared || (isObject(value) && !Array.isArray(value));
    const isKnown = isTold && onPiece(first);
    if (isKnown) begin(createRecords(onPiece), text.slice(end));
    else look(value, text.slice(end));
  }

  function look(value: unknown, text: string): void {
    behind = checkSize(behind + text);
    if (next === undefined) {
      next = /\S/.exec(text)?.[0];
      if (next === undefined) return;
      // Quotations are set apart by a blank line, but lines of JSON are not.
      const isApart = typeof value === 'string' && !behind.startsWith(next);
      if (isApart || !/[{["]/.test(next)) return begin(createText(onPiece), head + behind);
    }
    if (!text.includes('\n')) return;
    const line = behind.trimStart();
    const end = line.indexOf('\n');
    if (end !== -1) decide(parseJson(line.slice(0, end)).value !== undefined);
  }

  function decide(isLines: boolean): void {
    if (!isLines) return begin(createText(onPiece), head + behind);
    if (!isTold && first) onPiece(first);
    begin(createRecords(onPiece), behind);
  }

  function begin(decided: Framing, text: string): void {
    framing = decided;
    if (text !== '') framing.write(text);
  }

  function end(): void {
    if (!framing && first && behind.trim() === '') return void onPiece({ ...first, whole: true });
    if (!framing) {
      const { value, isCut } = parseJson(behind);
      decide(value !== undefined || (isTold && isCut));
    }
    framing?.end();
  }

  return { write, end };
}

/** What sets the records of a JSON text sequence apart: https://www.rfc-editor.org/rfc/rfc7464 */
export const recordSeparator = '\x1e';

/** Lines that are known to be of JSON, or records that are a line each. */
export function createRecords(onPiece: (piece: Piece) => unknown): Framing {
  let done = false;
  const lines = createLines((line, isWhole) => {
    if (done || line.trim() === '') return;
    const { value, isCut } = parseJson(line);
    if (isCut && !isWhole) throw cutShort('inside a line');
    done = line.trim() === '[DONE]';
    if (done) onPiece({ type: 'done' });
    else if (value === undefined) onPiece({ type: 'text', text: `${line}\n` });
    else onPiece({ type: 'value', value, raw: line, whole: false });
  });
  return { write: (text) => lines.write(text.replaceAll(recordSeparator, '\n')), end: lines.end };
}
