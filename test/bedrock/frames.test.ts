import { crc32 } from 'node:zlib';
import { EventStreamCodec, Int64, type MessageHeaders } from '@smithy/core/event-streams';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFrameReader, type Frame } from '../../src/bedrock/frames.ts';
import { BadGatewayError } from '../../src/errors.ts';
import { frame } from '../support/frames.ts';
import { bytesOf, bytewise, cutAt, filesIn, jsonOf, nameOf, range, recorded } from '../support/recordings.ts';

const limit = 100_000;
const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
);

/** A frame reader that returns what it tells of. */
function createReader(maxLength: number) {
  const { read: tell, end } = createFrameReader(maxLength);
  const read = (bytes: Buffer): Frame[] => {
    const frames: Frame[] = [];
    tell(bytes, (one) => frames.push(one));
    return frames;
  };
  return { read, end };
}

/** All frames of these pieces, read to their end. */
function read(...pieces: readonly Buffer[]): Frame[] {
  const reader = createReader(limit);
  const frames = pieces.flatMap((piece) => reader.read(piece));
  reader.end();
  return frames;
}

describe.skipIf(!recorded)("AWS's own test vectors", () => {
  const folder = 'agents/eventstream-vectors';
  const positive = filesIn(`${folder}/encoded/positive`, '.bin').map((file) => [nameOf(file), file] as const);
  const negative = filesIn(`${folder}/encoded/negative`, '.bin').map((file) => [nameOf(file), file] as const);

  test('are all there', () => {
    expect(positive).toHaveLength(5);
    expect(negative).toHaveLength(4);
  });

  test.each(positive)('%s is read as it was written', (name, file) => {
    const decoded = jsonOf(`${folder}/decoded/positive/${name}.json`) as {
      readonly headers: readonly { readonly name: string; readonly type: number; readonly value: unknown }[];
      readonly payload: string;
    };
    const strings = decoded.headers
      .filter(({ type }) => type === 7)
      .map(({ name, value }) => [name, Buffer.from(String(value), 'base64').toString('utf8')] as const);
    const bytes = bytesOf(file);
    for (const pieces of [[bytes], bytewise(bytes)]) {
      const frames = read(...pieces);
      expect(frames).toHaveLength(1);
      expect(frames[0]?.headers).toEqual(Object.fromEntries(strings));
      expect(frames[0]?.body.toString('base64')).toBe(decoded.payload);
    }
  });

  test.each(negative)('%s is a bad gateway', (_, file) => {
    const bytes = bytesOf(file);
    expect(() => read(bytes)).toThrow(BadGatewayError);
    expect(() => read(...bytewise(bytes))).toThrow(BadGatewayError);
  });
});

describe("frames of AWS's codec", () => {
  test('are read whatever headers and bodies they have and wherever they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(message(), { maxLength: 5 }),
        fc.array(fc.nat(2000), { maxLength: 20 }),
        (messages, cuts) => {
          const bytes = Buffer.concat(messages.map((one) => codec.encode(one)));
          const expected = messages.map(({ headers, body }) => ({ headers: stringsOf(headers), body: hex(body) }));
          const seen = (frames: readonly Frame[]) => frames.map(({ headers, body }) => ({ headers, body: hex(body) }));
          expect(seen(read(...cutAt(bytes, cuts)))).toEqual(expected);
          expect(seen(read(...bytewise(bytes)))).toEqual(expected);
        },
      ),
    );
  });

  test('are an error when any one of their bits is flipped', () => {
    fc.assert(
      fc.property(message(), (one) => {
        const bytes = Buffer.from(codec.encode(one));
        for (const bit of range(0, bytes.length * 8)) {
          const damaged = Buffer.from(bytes);
          damaged.writeUInt8((damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3);
          expect(() => read(damaged), `bit ${bit}`).toThrow(BadGatewayError);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('are an error when a bit of the middle one is flipped, and those before it are read', () => {
    const one = frame({ ':event-type': 'chunk' }, 'one');
    const two = frame({ ':event-type': 'chunk' }, 'two');
    for (const byte of range(0, two.length)) {
      const damaged = Buffer.from(two);
      damaged.writeUInt8((damaged[byte] ?? 0) ^ 0x10, byte);
      const reader = createReader(limit);
      expect(reader.read(one)).toHaveLength(1);
      expect(() => {
        reader.read(Buffer.concat([damaged, one]));
      }, `byte ${byte}`).toThrow(BadGatewayError);
    }
  });

  test('are an error when they end too early, and not before', () => {
    fc.assert(
      fc.property(message(), message(), (first, second) => {
        const whole = Buffer.from(codec.encode(first));
        const cut = Buffer.from(codec.encode(second));
        for (const at of range(1, cut.length)) {
          const reader = createReader(limit);
          expect(reader.read(Buffer.concat([whole, cut.subarray(0, at)]))).toHaveLength(1);
          expect(() => reader.end(), `ended at ${at}`).toThrow(BadGatewayError);
        }
        expect(read(whole, cut)).toHaveLength(2);
      }),
      { numRuns: 20 },
    );
  });

  test('are handed on with their last byte', () => {
    const bytes = frame({ ':event-type': 'chunk' }, 'Hi');
    const reader = createReader(limit);
    expect(reader.read(bytes.subarray(0, -1))).toEqual([]);
    expect(reader.read(bytes.subarray(-1))).toHaveLength(1);
    expect(reader.read(Buffer.concat([bytes, bytes, bytes.subarray(0, 20)]))).toHaveLength(2);
    expect(reader.read(bytes.subarray(20))).toHaveLength(1);
    expect(() => reader.end()).not.toThrow();
  });
});

test('a stream without a frame ends without an error', () => {
  expect(read()).toEqual([]);
  expect(read(Buffer.alloc(0))).toEqual([]);
});

test('a length beyond the limit is refused with the length, without waiting for its bytes', () => {
  for (const length of [limit + 1, 2 ** 31, 2 ** 32 - 1]) {
    expect(() => createReader(limit).read(prelude(length, 0)), String(length)).toThrow(BadGatewayError);
    const reader = createReader(limit);
    reader.read(frame({}, 'Hi'));
    expect(() => reader.read(prelude(length, 0)), String(length)).toThrow(/bytes/);
  }
});

test('a frame of exactly the limit is read, one byte more is refused', () => {
  const bytes = frame({ ':event-type': 'chunk' }, 'x'.repeat(1000));
  expect(createReader(bytes.length).read(bytes)).toHaveLength(1);
  expect(() => createReader(bytes.length - 1).read(bytes)).toThrow(BadGatewayError);
});

test('a length that no frame can have is refused with the length', () => {
  for (const length of [0, 1, 12, 15]) {
    expect(() => createReader(limit).read(prelude(length, 0)), String(length)).toThrow(BadGatewayError);
  }
});

test.each([
  ['headers longer than the frame', sealed(100, Buffer.from('x'))],
  ['a header whose name is longer than the headers', sealed(2, Buffer.from([9, 97]))],
  ['a header of a type that does not exist', sealed(3, Buffer.from([1, 97, 10]))],
  ['a header without a type', sealed(2, Buffer.from([1, 97]))],
  ['a header whose length is cut', sealed(4, Buffer.from([1, 97, 7, 0]))],
  ['a header whose value is longer than the headers', sealed(6, Buffer.from([1, 97, 7, 0, 9, 97]))],
  ['a number that is cut', sealed(5, Buffer.from([1, 97, 4, 0, 0]))],
])('a frame with %s is a bad gateway, though its checksums match', (_, bytes) => {
  expect(() => read(bytes)).toThrow(BadGatewayError);
});

function prelude(length: number, headersLength: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(length, 0);
  bytes.writeUInt32BE(headersLength, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  return bytes;
}

/** A frame around these bytes with checksums that match, whatever the bytes are. */
function sealed(headersLength: number, bytes: Buffer): Buffer {
  const inner = Buffer.concat([prelude(bytes.length + 16, headersLength), bytes]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(inner));
  return Buffer.concat([inner, checksum]);
}

function message() {
  const integer = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
  const bytes = fc.uint8Array({ maxLength: 40 });
  const value = fc.oneof(
    fc.boolean().map((value) => ({ type: 'boolean' as const, value })),
    integer(8).map((value) => ({ type: 'byte' as const, value })),
    integer(16).map((value) => ({ type: 'short' as const, value })),
    integer(32).map((value) => ({ type: 'integer' as const, value })),
    fc.maxSafeInteger().map((value) => ({ type: 'long' as const, value: Int64.fromNumber(value) })),
    bytes.map((value) => ({ type: 'binary' as const, value })),
    text().map((value) => ({ type: 'string' as const, value })),
    fc.date({ noInvalidDate: true }).map((value) => ({ type: 'timestamp' as const, value })),
    fc.uuid().map((value) => ({ type: 'uuid' as const, value })),
  );
  const name = text().filter((name) => name !== '' && name !== '__proto__');
  return fc.record({ headers: fc.dictionary(name, value, { maxKeys: 6 }), body: bytes });
}

/** Characters of every length in UTF-8. */
function text() {
  return fc.string({ unit: 'binary', maxLength: 20 });
}

function stringsOf(headers: MessageHeaders): Record<string, string> {
  const strings = Object.entries(headers).flatMap(([name, header]) =>
    header.type === 'string' ? [[name, header.value] as const] : [],
  );
  return Object.fromEntries(strings);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
