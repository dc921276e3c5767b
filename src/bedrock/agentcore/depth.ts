import { BadGatewayError } from '../../errors.ts';

/** As many levels as any agent's framework uses, and few enough for every reader that recurses. */
const deepest = 256;

const quote = 0x22;
const backslash = 0x5c;

/**
 * Counts the levels of JSON while its text arrives, in linear time and without keeping any of it. Throws a
 * `BadGatewayError` at the first level too many: `JSON.parse` would take seconds to find out, or all the memory.
 */
export function createDepth(): (text: string) => void {
  let depth = 0;
  let inString = false;
  let escaped = false;

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
        if (++depth > deepest) throw new BadGatewayError(`The agent sent JSON of more than ${deepest} levels.`);
      } else if ((code | 0x20) === 0x7d) {
        depth--;
      }
    }
  };
}
