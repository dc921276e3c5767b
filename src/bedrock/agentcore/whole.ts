import type { Framing, OnPiece } from './body.ts';
import { cutShort } from './ending.ts';
import { createJsonLines, isLine } from './json-lines.ts';
import { parseJson } from './json.ts';

/** A body that may be one value is held until its end, unless a value behind another shows that it is lines. */
export function createWhole(isJson: boolean, onPiece: OnPiece): Framing {
  const texts: string[] = [];
  let lines: Framing | undefined;
  /** What may stand behind the first line, if that is a line of JSON. */
  let next: RegExp | undefined;
  let firstLine: 'unfinished' | 'value' | 'other' = 'unfinished';

  function write(text: string): void {
    if (lines) return lines.write(text);
    texts.push(text);
    if (firstLine === 'value') return decide(text);
    if (firstLine === 'other' || !text.includes('\n')) return;
    const raw = texts.join('').trimStart();
    const end = raw.indexOf('\n');
    if (end === -1) return;
    firstLine = isLine(parseJson(raw.slice(0, end)).value) ? 'value' : 'other';
    next = raw.startsWith('{') ? /^\{/ : /^[{["]/;
    if (firstLine === 'value') decide(raw.slice(end));
  }

  function decide(behind: string): void {
    const start = behind.trimStart();
    if (start === '') return;
    firstLine = 'other';
    if (!next?.test(start)) return;
    lines = createJsonLines(false, onPiece);
    lines.write(texts.splice(0).join(''));
  }

  function end(): void {
    if (lines) return lines.end();
    const raw = texts.join('');
    if (raw.trim() === '') return;
    const { value, isCut } = parseJson(raw);
    if (value !== undefined) return void onPiece({ type: 'value', value, raw: raw.trim(), whole: true });
    if (isCut && (isJson || /^\s*[{[]\s*["{[]/.test(raw))) throw cutShort('inside its JSON');
    // AWS's TypeScript runtime sends a returned string bare, as `application/json`.
    onPiece({ type: 'text', text: raw });
  }

  return { write, end };
}
