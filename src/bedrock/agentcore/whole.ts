import { cutShort } from './ending.ts';
import type { Framing, Piece } from './body.ts';
import { parseJson } from './json.ts';
import { createLines } from './lines.ts';

type OnPiece = (piece: Piece) => void;

/** Lines of JSON → pieces, one by one; a line that is none is text. */
export function createJsonLines(onPiece: OnPiece): Framing {
  return createLines((line, isWhole) => {
    if (line.trim() === '') return;
    const { value, isCut } = parseJson(line);
    if (isCut && !isWhole) throw cutShort('inside a line');
    if (value === undefined) onPiece({ type: 'text', text: `${line}\n` });
    else onPiece({ type: 'value', value, raw: line, whole: false });
  });
}

/** A body that may be one value is held until its end, unless an object behind another shows that it is lines. */
export function createWhole(isJson: boolean, onPiece: OnPiece): Framing {
  const texts: string[] = [];
  let lines: Framing | undefined;
  let firstLine: 'unfinished' | 'object' | 'other' = 'unfinished';

  function write(text: string): void {
    if (lines) return lines.write(text);
    texts.push(text);
    if (firstLine === 'object') return decide(text);
    if (firstLine === 'other' || !text.includes('\n')) return;
    const raw = texts.join('').trimStart();
    const end = raw.indexOf('\n');
    if (end === -1) return;
    firstLine = isObject(raw.slice(0, end)) ? 'object' : 'other';
    if (firstLine === 'object') decide(raw.slice(end));
  }

  function decide(behind: string): void {
    const next = /\S/.exec(behind)?.[0];
    if (next === undefined) return;
    firstLine = 'other';
    if (next !== '{') return;
    lines = createJsonLines(onPiece);
    lines.write(texts.splice(0).join(''));
  }

  function end(): void {
    if (lines) return lines.end();
    const raw = texts.join('');
    if (raw.trim() === '') return;
    const { value, isCut } = parseJson(raw);
    if (value !== undefined) return onPiece({ type: 'value', value, raw: raw.trim(), whole: true });
    if (isCut && (isJson || /^\s*[{[]\s*["{[]/.test(raw))) throw cutShort('inside its JSON');
    // AWS's TypeScript runtime sends a returned string bare, as `application/json`.
    onPiece({ type: 'text', text: raw });
  }

  return { write, end };
}

function isObject(line: string): boolean {
  const { value } = parseJson(line);
  return typeof value === 'object' && value !== null && line.startsWith('{');
}
