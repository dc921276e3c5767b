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
      const end = text.includes('\r') ? anyEnd : '\n';
      if (end === '\n' && !text.includes(end)) rest += text;
      else rest = split(rest + text, end);
      checkSize(rest);
    },
    end() {
      if (rest !== '') onLine(rest, false);
    },
  };

  function split(text: string, end: string | RegExp): string {
    const lines = text.split(end);
    const last = lines.pop() ?? '';
    for (const line of lines) onLine(checkSize(line), true);
    return last;
  }
}

const anyEnd = /\r\n|\n|\r/;

function checkSize(line: string): string {
  if (line.length <= mostCharacters) return line;
  throw new BadGatewayError(`The agent sent a line of more than ${mostCharacters} characters.`);
}
