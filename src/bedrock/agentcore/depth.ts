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
  let escaped = false;

  function count(): void {
    if (++values > mostValues) throw new BadGatewayError(`The agent sent JSON of more than ${mostValues} values.`);
  }

  return (text) => {
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (inString) {
        if (escaped) escaped = false;
        else if (code === backslash) escaped = true;
        else if (code === quote) inString = false;
      } else if (code === quote) {
        inString = true;
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
