import type { Answer } from './answer.ts';
import type { Piece } from './body.ts';
import { error, toAgentError } from './formats/error.ts';
import { isObject } from './formats/format.ts';
import { createCumulative } from './formats/string.ts';

/** Reads the pieces of a body as text, whatever they look like; only errors are errors. */
export function readStrings(cumulative: boolean, answer: Answer): (piece: Piece) => void {
  const tell = cumulative ? createCumulative(answer) : (text: string) => answer.text(text);

  return (piece) => {
    if (piece.type === 'error') return answer.fail(toAgentError(piece.value));
    if (piece.type === 'done') return answer.done();
    // A part of a body of bare text ends wherever a read did, so it repeats nothing.
    if (piece.type === 'text') return piece.isPart ? answer.text(piece.text) : tell(piece.text);
    const { value, raw } = piece;
    if (isObject(value) && error.read(value, answer, () => false)) return;
    if (value === null) answer.text('');
    else tell(typeof value === 'string' ? value : raw);
  };
}
