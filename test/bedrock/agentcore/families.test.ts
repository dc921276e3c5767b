import { extname } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createReader, formats } from '../../../src/bedrock/agentcore/events.ts';
import type { Format } from '../../../src/bedrock/agentcore/formats/format.ts';
import { bytesOf, play, type Played, recorded } from '../../support/recordings.ts';

const types: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.sse': 'text/event-stream; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

interface Reading extends Played {
  /** The families that knew a value, without the words that stand for no family. */
  readonly families: readonly string[];
}

/** Reads a recording with these formats, in this order. */
function readWith(file: string, list: readonly Format[]): Reading {
  const families = new Set<string>();
  const heard = list.map((format): Format => ({
    name: format.name,
    read(value, answer, read) {
      const isKnown = format.read(value, answer, read);
      if (isKnown) families.add(format.name);
      return isKnown;
    },
  }));
  const reader = createReader(types[extname(file)], { type: 'families', formats: heard });
  const played = play(reader, [bytesOf(`agentcore/${file}`)]);
  return { ...played, families: [...families].sort() };
}

/** Which families read each recording; text and strings are of none. */
const readers: Readonly<Record<string, readonly string[]>> = {};

const rows = Object.entries(readers);

/** Families that know a value of it when they are asked alone. */
const knowers = (file: string) =>
  formats.filter((format) => readWith(file, [format]).families.length > 0).map(({ name }) => name);

describe.skipIf(!recorded)('the family of a recording', () => {
  test.each(rows)('%s is read by %j', (file, families) => {
    expect(readWith(file, formats).families).toEqual(families);
  });

  const ofOne = recorded ? rows.filter(([file]) => knowers(file).length <= 1) : [];

  test('most of the recordings that hold values are known to one family only', () => {
    expect(ofOne.filter(([, families]) => families.length > 0).length).toBeGreaterThan(15);
  });

  test.each(ofOne)('%s is read the same, whatever the order of the list', (file) => {
    const expected = readWith(file, formats);
    expect(readWith(file, [...formats].reverse())).toEqual(expected);
    fc.assert(
      fc.property(fc.shuffledSubarray([...formats], { minLength: formats.length }), (shuffled) => {
        expect(readWith(file, shuffled)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });
});
