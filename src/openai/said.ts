/** Characters that are kept of what was said: more than any model says in an answer. */
const mostKept = 1_000_000;

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
  let dropped = 0;
  return {
    add(text) {
      kept += text;
      // Not at every piece: each cut copies what is kept.
      if (kept.length <= 2 * mostKept) return;
      dropped += kept.length - mostKept;
      kept = kept.slice(-mostKept);
    },
    length: () => dropped + kept.length,
    kept: () => kept,
  };
}
