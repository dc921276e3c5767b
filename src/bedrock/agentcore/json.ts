import { BadGatewayError } from '../../errors.ts';

/** What a text is as JSON. */
export interface Parsed {
  /** `undefined` where it is none. */
  readonly value?: unknown;
  /** Whether it is none because it ends too early. */
  readonly isCut: boolean;
}

/** As many levels as any agent's framework uses, and few enough for every reader that recurses. */
const deepest = 256;

/** Reads JSON without throwing: much of what agents send is, and much is not. */
export function parseJson(text: string): Parsed {
  if (isTooDeep(text)) throw new BadGatewayError(`The agent sent JSON of more than ${deepest} levels.`);
  try {
    return { value: JSON.parse(text), isCut: false };
  } catch (error) {
    const { message } = error as SyntaxError;
    const position = Number(/position (\d+)/.exec(message)?.[1]);
    const atEnd = /end of JSON input|Unterminated string/.test(message) || position >= text.trimEnd().length;
    // A number or a word that is no JSON was bare text all along.
    return { isCut: atEnd && /^\s*[{["]/.test(text) };
  }
}

function isTooDeep(text: string): boolean {
  if (text.length < 2 * deepest) return false;
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[{]|[\]}]/gs)) {
    if (token === '[' || token === '{') depth++;
    else if (token === ']' || token === '}') depth--;
    if (depth > deepest) return true;
  }
  return false;
}
