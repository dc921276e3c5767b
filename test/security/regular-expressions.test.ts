// Every regular expression of the sources against texts that make a careless one take the square of the time.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const src = resolve(import.meta.dirname, '../../src');

interface Found {
  readonly place: string;
  readonly pattern: RegExp;
}

const found = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap(readPatterns);

function readPatterns(file: string): Found[] {
  const source = ts.createSourceFile(file, readFileSync(join(src, file), 'utf8'), ts.ScriptTarget.Latest, true);
  const patterns: Found[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const [, body = '', flags = ''] = /^\/(.*)\/([a-z]*)$/s.exec(node.text) ?? [];
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      patterns.push({ place: `${file}:${line + 1} ${node.text}`, pattern: new RegExp(body, flags) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return patterns;
}

/** Those that no text reaches for which they are slow, and why. */
const guarded = new Map([
  [String.raw`"[^"\\]*(?:\\.[^"\\]*)*"`, 'it reads JSON that has been parsed, in which every string ends'],
  [String.raw`^[\s"']+|[\s"'.!]+$`, 'it reads words of less than 32 characters'],
]);

/** Characters that a pattern speaks of: its own, and one of each class. */
function toAlphabet({ source }: RegExp): readonly string[] {
  const plain = source.replaceAll(/\\[xu][0-9a-f]+/gi, '').replaceAll(/\\([^a-z0-9])/gi, '$1');
  return [...new Set([...Array.from(plain.replaceAll(/\\[a-z]/gi, '')), 'a', '0', ' ', '\n', '_', '"', '\\'])];
}

/** The words in which a match may begin: what stands before the first choice, and each longer run of letters. */
function toBeginnings({ source }: RegExp): readonly string[] {
  const plain = source.replaceAll(/^\^|\\(?=[^a-z0-9])/gi, '');
  const [literal = ''] = /^[\w:/."'{=,> -]*/.exec(plain) ?? [];
  return [...new Set(['', literal, ...(plain.match(/[\w:/."'{= -]{3,}/g) ?? [])])];
}

/** Enough for a square to take a hundred times as long as it may; a linear one takes a millisecond. */
const length = 20_000;
const most = 80;

/** Milliseconds of the processor, and not of the clock, which goes on while a busy machine does something else. */
function timeOf(pattern: RegExp, text: string): number {
  const before = process.cpuUsage();
  if (pattern.global) text.replaceAll(pattern, '');
  else text.replace(pattern, '');
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The least of three, since the processor also tidies up for others. */
function isSlow(pattern: RegExp, text: string): boolean {
  return [1, 2, 3].every(() => timeOf(pattern, text) > most);
}

it('finds them', () => {
  expect(found.length).toBeGreaterThan(150);
  expect(found.some(({ place }) => place.includes('http/route.ts'))).toBe(true);
});

it.each(found.filter(({ pattern }) => !guarded.has(pattern.source)))(
  'takes no square of the time: $place',
  ({ pattern }) => {
    for (const beginning of toBeginnings(pattern)) {
      const alphabet = toAlphabet(pattern);
      const pumps = [
        ...alphabet,
        ...alphabet.slice(0, 6).flatMap((one) => alphabet.slice(0, 6).map((two) => one + two)),
      ];
      for (const pump of [...pumps, beginning].filter((each) => each !== '')) {
        for (const end of ['', '\u0001', '\u0001a']) {
          const text = `${beginning}${pump.repeat(length / pump.length)}${end}`;
          if (isSlow(pattern, text)) expect.unreachable(`${JSON.stringify([beginning, pump, end])} is slow`);
        }
      }
    }
  },
  120_000,
);
