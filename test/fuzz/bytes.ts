import fc from 'fast-check';
import { bytewise, cutAt } from '../support/corpus.ts';

/** One way to damage bytes; places are shares of their length, so that the same one fits any bytes. */
type Damage =
  | { readonly type: 'cut' | 'drop' | 'repeat' | 'flip'; readonly at: number; readonly size: number }
  | { readonly type: 'insert'; readonly at: number; readonly bytes: Uint8Array };

const share = fc.double({ min: 0, max: 1, noNaN: true });

export const damages: fc.Arbitrary<readonly Damage[]> = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constantFrom('cut' as const, 'drop' as const, 'repeat' as const, 'flip' as const),
      at: share,
      size: fc.integer({ min: 1, max: 64 }),
    }),
    fc.record({
      type: fc.constant('insert' as const),
      at: share,
      bytes: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        fc
          .constantFrom('\n', '\r', '\r\n', '\n\n', 'data:', '{', '}', '[', '"', '\\', '€', '\u0000', "'", ', ')
          .map((text) => new Uint8Array(Buffer.from(text))),
      ),
    }),
  ),
  { maxLength: 3 },
);

/** The bytes with all of the damage done. */
export function damage(bytes: Buffer, all: readonly Damage[]): Buffer {
  return all.reduce((before, each) => {
    const at = Math.floor(each.at * before.length);
    const [head, tail] = [before.subarray(0, at), before.subarray(at)];
    switch (each.type) {
      case 'cut':
        return head;
      case 'drop':
        return Buffer.concat([head, tail.subarray(each.size)]);
      case 'repeat':
        return Buffer.concat([head, tail.subarray(0, each.size), tail]);
      case 'flip':
        return Buffer.concat([
          head,
          tail.subarray(0, 1).map((byte) => byte ^ (1 << (each.size % 8))),
          tail.subarray(1),
        ]);
      case 'insert':
        return Buffer.concat([head, each.bytes, tail]);
    }
  }, bytes);
}

/** Where the reads of an answer may end. */
export const cuts = fc.array(share, { maxLength: 5 });

/** The same bytes in other reads: at these places, and one by one where that is soon done. */
export function toReads(bytes: Buffer, places: readonly number[]): readonly (readonly Buffer[])[] {
  const reads = [
    cutAt(
      bytes,
      places.map((place) => Math.floor(place * bytes.length)),
    ),
  ];
  return bytes.length <= 120 ? [...reads, bytewise(bytes)] : reads;
}
