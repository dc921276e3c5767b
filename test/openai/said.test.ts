import { expect, it } from 'vitest';
import { createCitations } from '../../src/openai/citations.ts';
import { createSaid } from '../../src/openai/said.ts';
import { estimate } from '../../src/openai/usage.ts';

const piece = 'All work and no play makes Jack a dull boy. '.repeat(1000);

it('what was said keeps its length and its end, and no more of it than any answer has', () => {
  const said = createSaid();
  for (let count = 1; count <= 100; count++) {
    said.add(piece);
    expect(said.length()).toBe(count * piece.length);
    expect(said.kept()).toBe(piece.repeat(100).slice(-said.kept().length));
    expect(said.kept().length).toBeGreaterThanOrEqual(Math.min(said.length(), 1_000_000));
    expect(said.kept().length).toBeLessThanOrEqual(2_000_000);
  }
});

it('a citation stands at its words, however much was said before them', () => {
  const said = createSaid();
  for (let count = 0; count < 100; count++) said.add(piece);
  const from = said.length();
  said.add('The sky is blue.');
  const citation = {
    type: 'citation' as const,
    text: 'sky',
    sources: [{ url: 'https://a.b', title: 'A' }],
    citation: {},
  };
  expect(createCitations().place(citation, said, from)).toMatchObject([
    { url_citation: { start_index: from + 4, end_index: from + 7 } },
  ]);
});

it('an answer that is not kept whole is estimated as if it were', () => {
  const [once, often, none] = [createSaid(), createSaid(), createSaid()];
  once.add(piece);
  for (let count = 0; count < 100; count++) often.add(piece);
  const request = { instructions: '', turns: [] };
  const tokens = (text: typeof once) => estimate(request, { text, reasoning: none }).outputTokens;
  expect(tokens(none)).toBe(0);
  expect(tokens(often) / tokens(once)).toBeCloseTo(100, 0);
});

it('a long text is estimated by samples of all its parts', () => {
  const [prose, code] = [piece, 'if (a[0] === {}) { return [{ b: 1, c: "d" }]; }\n'.repeat(1000)];
  const none = createSaid();
  const tokens = (...texts: string[]) => {
    const said = createSaid();
    for (const text of texts) said.add(text);
    return estimate({ instructions: '', turns: [] }, { text: said, reasoning: none }).outputTokens;
  };
  const whole = (text: string) => (tokens(text.slice(0, 2000)) * text.length) / 2000;
  expect(tokens(prose) / whole(prose)).toBeCloseTo(1, 1);
  expect(tokens(code) / whole(code)).toBeCloseTo(1, 1);
  expect(tokens(prose, code) / (whole(prose) + whole(code))).toBeCloseTo(1, 1);
});
