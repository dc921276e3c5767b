import type { AgentEvent } from '../agent.ts';
import type { Said } from './said.ts';

/** A source of some words of the answer, as OpenAI's API tells it: `content.slice(start_index, end_index)`. */
export interface Annotation {
  type: 'url_citation';
  url_citation: { url: string; title: string; start_index: number; end_index: number };
}

type Citation = Extract<AgentEvent, { readonly type: 'citation' }>;

/** Characters that are looked through for an answer's citations: no end of words that nobody said takes the square of the time. */
const mostSearched = 20_000_000;

/** Citations → annotations at their place in the text that was emitted. */
export function createCitations() {
  const placed: Annotation[] = [];
  let pending: Citation[] = [];
  /** The end of the last one: an answer that says the same twice cites it in order. */
  let last = 0;
  let searched = 0;

  /** The first place at or behind one of these, in their order. */
  function find(words: string, text: string, starts: readonly number[]): number | undefined {
    for (const start of new Set(starts)) {
      if (searched > mostSearched) return undefined;
      const found = text.indexOf(words, start);
      searched += (found === -1 ? text.length : found) - Math.max(0, start);
      if (found !== -1) return found;
    }
    return undefined;
  }

  function place(citation: Citation, said: Said, from = 0): Annotation[] {
    // AWS's own indexes are not reliable, and its text is trimmed.
    const words = citation.text?.trim() ?? '';
    if (words === '') return [];
    // Most cite what was just said, some what was said before it.
    const kept = said.kept();
    const dropped = said.length() - kept.length;
    const found = find(words, kept, [Math.max(from, last) - dropped, last - dropped, 0]);
    if (found === undefined) {
      pending.push(citation);
      return [];
    }
    const start = dropped + found;
    last = start + words.length;
    const annotations = citation.sources.map(({ url, title }): Annotation => ({
      type: 'url_citation',
      url_citation: { url, title, start_index: start, end_index: start + words.length },
    }));
    placed.push(...annotations);
    return annotations;
  }

  return {
    /** Annotations for a citation of what was said since `from`; none yet where its words have not been said. */
    place,
    /** All annotations of a whole answer. */
    all(said: Said): Annotation[] {
      const late = pending;
      pending = [];
      for (const citation of late) place(citation, said);
      return [...placed];
    },
  };
}
