import { BadGatewayError } from '../../errors.ts';

/** As many levels as any agent's framework uses, and few enough for every reader that recurses. */
export const deepest = 256;
/** More than any answer has, and few enough to be parsed in a moment: in memory an empty array is ten times its text. */
const mostValues = 1_000_000;

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;

/**
 * Counts the levels and the values of JSON while its text arrives, in linear time and without keeping any of it. Throws
 * a `BadGatewayError` at the first too many: `JSON.parse` would take seconds to find out, or all the memory.
 */
export function createDepth(): (text: string) => void {
  let depth = 0;
  let values = 0;
  let inString = false;
  /** Whether a text ended in a string, with half of an escaped character. */
  let escaped = false;

  function count(): void {
    if (++values > mostValues) throw new BadGatewayError(`The agent sent JSON of more than ${mostValues} values.`);
  }

  /** Where a string that has begun ends, or else the text: most of an answer is strings, and finding their ends is quick. */
  function endOfString(text: string, from: number): number {
    let end = text.indexOf('"', from);
    while (end !== -1 && isEscaped(text, from, end)) end = text.indexOf('"', end + 1);
    inString = end === -1;
    escaped = inString && isEscaped(text, from, text.length);
    return inString ? text.length : end;
  }

  return (text) => {
    for (let index = inString ? endOfString(text, escaped ? 1 : 0) + 1 : 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code === quote) {
        index = endOfString(text, index + 1);
        // `{` and `[`, `}` and `]` differ in one bit.
      } else if ((code | 0x20) === 0x7b) {
        // A line of its own, where a body has many.
        if (depth === 0) values = 0;
        if (++depth > deepest) throw new BadGatewayError(`The agent sent JSON of more than ${deepest} levels.`);
        count();
      } else if ((code | 0x20) === 0x7d) {
        depth--;
      } else if (code === comma) {
        count();
      }
    }
  };
}

/** Whether an odd number of backslashes stands before a character: an even one is that many halves of escaped ones. */
function isEscaped(text: string, from: number, at: number): boolean {
  let first = at;
  while (first > from && text.charCodeAt(first - 1) === backslash) first--;
  return (at - first) % 2 === 1;
}
