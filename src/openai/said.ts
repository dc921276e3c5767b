/** Characters that are kept of what was said: more than any model says in an answer. */
const mostKept = 1_000_000;

/** Characters that are kept as the pieces that they came in. */
const mostLoose = 10_000;

/** What an answer has said so far, in a memory that does not grow with an answer that never ends. */
export interface Said {
  readonly add: (text: string) => void;
  /** Characters, all of them. */
  readonly length: () => number;
  /** Its end, which is mostly all of it. */
  readonly kept: () => string;
}

/** Something that has said nothing yet. */
export function createSaid(): Said {
  let kept = '';
  /** What was said last: a string that grows piece by piece is a chain of them, which costs more than they do. */
  let pieces: string[] = [];
  let length = 0;
  let joined = 0;

  function join(): string {
    kept += pieces.join('');
    pieces = [];
    joined = length;
    // Not at every piece: each cut copies what is kept.
    if (kept.length > 2 * mostKept) kept = kept.slice(-mostKept);
    return kept;
  }

  return {
    add(text) {
      length += text.length;
      pieces.push(text);
      if (length - joined > mostLoose) join();
    },
    length: () => length,
    kept: join,
  };
}
