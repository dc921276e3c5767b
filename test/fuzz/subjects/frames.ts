import { EventStreamCodec, Int64, type MessageHeaders } from '@smithy/core/event-streams';
import fc from 'fast-check';
import { createEventReader } from '../../../src/bedrock/event-stream.ts';
import { StreamException } from '../../../src/bedrock/errors.ts';
import { createFrameReader } from '../../../src/bedrock/frames.ts';
import { APIError } from '../../../src/errors.ts';
import { cuts, damage, damages, toReads } from '../bytes.ts';
import { strangeNames } from '../words.ts';

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
);

const names = [':message-type', ':event-type', ':exception-type', ':error-code', ':error-message', ':content-type'];
const words = ['event', 'exception', 'error', 'chunk', 'trace', 'throttlingException', 'application/json', '__proto__'];

const value = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('string' as const), value: fc.constantFrom(...words) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('boolean' as const), value: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('binary' as const), value: fc.uint8Array({ maxLength: 9 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('integer' as const), value: fc.integer() }) },
  { weight: 1, arbitrary: fc.constant({ type: 'long' as const, value: Int64.fromNumber(-1) }) },
  { weight: 1, arbitrary: fc.constant({ type: 'timestamp' as const, value: new Date(0) }) },
);

const frames = fc
  .array(
    fc.record({
      headers: fc
        .array(fc.tuple(fc.constantFrom(...names, ...strangeNames), value), { maxLength: 4 })
        // Each of these is a header as the codec takes it.
        .map((all) => Object.fromEntries(all) as MessageHeaders),
      body: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(new Uint8Array(Buffer.from('{"message":"x"}')))),
    }),
    { maxLength: 4 },
  )
  .map((all) => Buffer.concat(all.map((frame) => codec.encode(frame))));

/** What a reader of a small limit tells of these reads, as text. */
function tell(reads: readonly Buffer[], createReader: typeof createEventReader): string {
  const told: string[] = [];
  try {
    const reader = createReader();
    for (const read of reads) {
      reader.read(Buffer.from(read), (type, body) => {
        if (typeof type !== 'string') throw new Error(`An event's type is ${typeof type}.`);
        told.push(`${type} ${body.toString('hex')}`);
      });
    }
    reader.end();
  } catch (error) {
    if (!(error instanceof APIError) && !(error instanceof StreamException)) throw error;
    told.push(`${error.name}: ${error.message}`);
  }
  return told.join('\n');
}

/** As it stands under the events, of every kind of frame. */
function createPlainReader(): ReturnType<typeof createEventReader> {
  const { read, end } = createFrameReader(10_000);
  return { read: (bytes, onEvent) => read(bytes, ({ headers, body }) => onEvent(JSON.stringify(headers), body)), end };
}

/** AWS's event streams, whole and damaged. */
export const property = fc.property(
  fc.oneof(
    { weight: 5, arbitrary: frames },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)) },
  ),
  damages,
  cuts,
  (whole, damaged, places) => {
    const bytes = damage(whole, damaged);
    for (const createReader of [createPlainReader, createEventReader]) {
      const told = tell([bytes], createReader);
      for (const reads of toReads(bytes, places)) {
        if (tell(reads, createReader) !== told) throw new Error(`It tells something else: ${told}`);
      }
    }
  },
);
