import { cutShort } from './ending.ts';
import type { Framing, Piece } from './body.ts';
import { isObject, type JsonValue } from './formats/format.ts';
import { parseJson } from './json.ts';
import { createLines } from './lines.ts';

/** A line of the AI SDK's data stream: a code and JSON. */
export const dataLine = /^[0-9a-z]:(?=["{[])/;

/**
 * The data stream of the AI SDK 4 → the parts that its later versions send as JSON.
 * https://github.com/vercel/ai/blob/v4/packages/ui-utils/src/data-stream-parts.ts
 */
export function createDataStream(onPiece: (piece: Piece) => void): Framing {
  return createLines((line, isWhole) => {
    if (line.trim() === '') return;
    const { value, isCut } = parseJson(line.slice(2));
    if (isCut && !isWhole) throw cutShort('inside a line');
    if (!dataLine.test(line) || value === undefined) return onPiece({ type: 'text', text: `${line}\n` });
    onPiece({ type: 'value', value: toPart(line.charAt(0), value), raw: line, whole: false });
  });
}

function toPart(code: string, value: unknown): JsonValue {
  const fields = isObject(value) ? value : {};
  switch (code) {
    case '0':
      return { type: 'text-delta', delta: value };
    case 'g':
      return { type: 'reasoning-delta', delta: value };
    case '3':
      return { type: 'error', errorText: value };
    case 'b':
      return { ...fields, type: 'tool-call-streaming-start' };
    case 'c':
      return { ...fields, type: 'tool-call-delta' };
    case '9':
      return { ...fields, type: 'tool-call' };
    case 'a':
      return { ...fields, type: 'tool-result' };
    case 'f':
      return { ...fields, type: 'step-start' };
    case 'e':
      return { ...fields, type: 'step-finish' };
    case 'd':
      return { ...fields, type: 'finish' };
    default:
      // Sources, files, signatures and data of the agent's own.
      return { type: 'data-part' };
  }
}
