import type { Framing, Piece } from './body.ts';

/** Bare text, handed on as it arrives. */
export function createText(onPiece: (piece: Piece) => unknown): Framing {
  return { write: (text) => void onPiece({ type: 'text', text, isPart: true }), end: () => undefined };
}
