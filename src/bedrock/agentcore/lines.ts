import { BadGatewayError } from '../../errors.ts';
import type { Framing } from './body.ts';

/** AgentCore's own limit for one value of a stream. */
const mostCharacters = 10_000_000;

/** Text → lines, whichever way they end: `\n`, `\r\n` or `\r`; the last one needs no end. */
export function createLines(onLine: (line: string) => void): Framing {
  let rest = '';
  // A `\r` at the end of a read may be half of a `\r\n`.
  let afterReturn = false;

  return {
    write(text) {
      if (afterReturn && text.startsWith('\n')) text = text.slice(1);
      afterReturn = text.endsWith('\r');
      if (!/[\r\n]/.test(text)) rest += text;
      else rest = split(rest + text);
      if (rest.length > mostCharacters) {
        throw new BadGatewayError(`The agent sent a line of more than ${mostCharacters} characters.`);
      }
    },
    end() {
      if (rest !== '') onLine(rest);
    },
  };

  function split(text: string): string {
    const lines = text.split(/\r\n|\n|\r/);
    const last = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    return last;
  }
}
