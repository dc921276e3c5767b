import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentEvent } from '../../src/agent.ts';
import { createCitations } from '../../src/openai/citations.ts';
import { createSaid, type Said } from '../../src/openai/said.ts';

type Citation = Extract<AgentEvent, { readonly type: 'citation' }>;

const url = 'https://example.com/a';
const cite = (text: string | undefined, ...urls: string[]): Citation => ({
  type: 'citation',
  ...(text !== undefined && { text }),
  sources: urls.map((each) => ({ url: each, title: 'A' })),
  citation: {},
});

function say(text: string): Said {
  const said = createSaid();
  said.add(text);
  return said;
}

/** The words that each annotation stands at. */
function place(text: string, ...citations: Citation[]) {
  const all = createCitations();
  for (const citation of citations) all.place(citation, say(text));
  return all
    .all(say(text))
    .map(({ url_citation: { start_index, end_index } }) => [start_index, text.slice(start_index, end_index)]);
}

describe('a citation', () => {
  it.each([
    ['at its words', 'Say: the sky is blue.', 'the sky is blue', [[5, 'the sky is blue']]],
    ['at its trimmed words', '\n\nBlue.  ', ' Blue. \n', [[2, 'Blue.']]],
    ['at UTF-16 indexes, as JavaScript slices', '😀 blau', 'blau', [[3, 'blau']]],
    ['nowhere, where its words were not said', 'Blue.', 'Red.', []],
    ['nowhere, where it has no words', 'Blue.', undefined, []],
    ['nowhere, where its words are blanks', 'Blue. ', ' ', []],
  ])('is placed %s', (_, text, words, expected) => {
    expect(place(text, cite(words, url))).toEqual(expected);
  });

  it('has one annotation for each source, and none without', () => {
    expect(place('Blue.', cite('Blue.', url, 's3://bucket/b'))).toEqual([
      [0, 'Blue.'],
      [0, 'Blue.'],
    ]);
    expect(place('Blue.', cite('Blue.'))).toEqual([]);
  });

  it('of words said twice is placed in order, and found again where it comes out of order', () => {
    const [yes, no] = [cite('Yes.', url), cite('No.', url)];
    expect(place('Yes. No. Yes.', yes, no, yes)).toEqual([
      [0, 'Yes.'],
      [5, 'No.'],
      [9, 'Yes.'],
    ]);
    expect(place('Yes. Yes.', yes, yes)).toEqual([
      [0, 'Yes.'],
      [5, 'Yes.'],
    ]);
    expect(place('Yes. No.', no, yes)).toEqual([
      [5, 'No.'],
      [0, 'Yes.'],
    ]);
  });

  it('without a source moves on, too', () => {
    expect(place('Yes. Yes.', cite('Yes.'), cite('Yes.', url))).toEqual([[5, 'Yes.']]);
  });

  it('of what was just said is not looked for in what was said before', () => {
    const all = createCitations();
    all.place(cite('Yes.', url), say('Yes. No idea though. Yes.'), 21);
    expect(all.all(say('Yes. No idea though. Yes.'))).toMatchObject([{ url_citation: { start_index: 21 } }]);
  });

  it('that comes before its words is placed once they were said', () => {
    const all = createCitations();
    expect(all.place(cite('blue sky', url), say('The blue'))).toEqual([]);
    expect(all.all(say('The blue sky'))).toMatchObject([{ url_citation: { start_index: 4, end_index: 12 } }]);
  });

  it('always stands at its own words', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, unit: 'binary' }), { maxLength: 6 }),
        fc.string(),
        (parts, rest) => {
          const text = `${rest}${parts.join('')}`;
          const words = parts.map((part) => part.trim()).filter((part) => part !== '');
          const placed = place(text, ...parts.map((part) => cite(part, url)));
          expect(placed.map(([, said]) => said)).toEqual(words);
        },
      ),
    );
  });
});
