import { BadRequestError } from '../errors.ts';

/** As deep as any body that AWS takes, and far more values than any conversation has. */
const deepest = 256;
const most = 1_000_000;

/**
 * Parses JSON. Throws a `BadRequestError` for text that is none, and before it is parsed for text that would cost far
 * more than its length: 50 MB of brackets keep Node busy for half a minute, and all other callers waiting.
 */
export function parseJson(text: string): unknown {
  checkSize(text);
  try {
    return JSON.parse(text);
  } catch {
    // Not the parser's own message: it quotes what it could not read.
    throw new BadRequestError('The body is not valid JSON.');
  }
}

/** Looks at what stands between the strings, so that a long text costs next to nothing. */
function checkSize(text: string): void {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = toEnd(text, at);
        break;
      case 0x2c: // ,
        values++;
        break;
      case 0x5b: // [
      case 0x7b: // {
        depth++;
        values++;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
    }
    if (depth > deepest) throw new BadRequestError(`The body is nested deeper than ${deepest} levels.`);
    if (values > most) throw new BadRequestError(`The body has more than ${most} values.`, { status: 413 });
  }
}

/** The quote that ends a string: the first that no odd number of backslashes stands before. */
function toEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end;
    while (text.charCodeAt(before - 1) === 0x5c) before--;
    if ((end - before) % 2 === 0) return end;
  }
  return text.length;
}
