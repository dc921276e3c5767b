import { createDepth, deepest } from './depth.ts';

/** What a text is as JSON. */
export interface Parsed {
  /** `undefined` where it is none. */
  readonly value?: unknown;
  /** Whether it is none because it ends too early. */
  readonly isCut: boolean;
}

/** Reads JSON without throwing: much of what agents send is, and much is not. Only too many levels are an error. */
export function parseJson(text: string): Parsed {
  // Every level has a beginning and an end: what is shorter has fewer levels, and most events are.
  if (text.length > 2 * deepest) createDepth()(text);
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
