/** What a caller asks for: an answer that nobody else gets. */
export interface Asked {
  readonly nonce: string;
  readonly pieces: number;
  /** Characters of each piece beside its mark. */
  readonly size: number;
  /** Whether the caller is to run a tool first. */
  readonly calls: boolean;
}

export function toPrompt(asked: Asked): string {
  return JSON.stringify(asked);
}

export function parsePrompt(text: string): Asked {
  // Written by `toPrompt`.
  return JSON.parse(text) as Asked;
}

/** The pieces of the answer: each says whose it is and which, so that none can be lost, doubled or swapped unseen. */
export function toPieces({ nonce, pieces, size }: Asked): readonly string[] {
  return Array.from({ length: pieces }, (_, index) => `[${nonce}:${index}]${'€'.repeat(size)}`);
}

/** What is said once the tool was run. */
export function toResult({ nonce }: Asked): string {
  return `The tool says ${nonce}.`;
}
