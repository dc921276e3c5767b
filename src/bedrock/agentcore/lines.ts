import { BadGatewayError } from '../../errors.ts';
import type { Framing } from './body.ts';

/** AgentCore's own limit for one value of a stream. */
export const mostCharacters = 10_000_000;

/** Text → lines, whichever way they end: `\n`, `\r\n` or `\r`; a last one without an end is not `isWhole`. */
export function createLines(onLine: (line: string, isWhole: boolean) => void): Framing {
  let rest = '';
  // A `\r` at the end of a read may be half of a `\r\n`.
  let afterReturn = false;

  return {
    write(text) {
      if (afterReturn && text.startsWith('\n')) text = text.slice(1);
      afterReturn = text.endsWith('\r');
      // Most servers end lines with `\n` only, which is found at no cost.
      if (text.includes('\r')) text = text.replaceAll(/\r\n?/g, '\n');
      rest = text.includes('\n') ? split(rest + text) : rest + text;
      checkSize(rest);
    },
    end() {
      if (rest !== '') onLine(rest, false);
    },
  };

  /** Not by `split`: a read may bring thousands of lines, and each is to be forgotten before the next. */
  function split(text: string): string {
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      onLine(checkSize(text.slice(start, end)), true);
      start = end + 1;
    }
    return text.slice(start);
  }
}

/** The same line, which must not be longer than any that is read. */
export function checkSize(line: string): string {
  if (line.length <= mostCharacters) return line;
  throw new BadGatewayError(`The agent sent a line of more than ${mostCharacters} characters.`);
}
