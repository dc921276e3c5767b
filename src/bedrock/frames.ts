import { crc32 } from 'node:zlib';
import { BadGatewayError } from '../errors.ts';

/** One message of an `application/vnd.amazon.eventstream` body. */
export interface Frame {
  /** Its headers of type string; AWS names events and exceptions with those. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface FrameReader {
  /** Tells of every frame that these bytes complete, also of those before a damaged one. */
  readonly read: (bytes: Buffer, onFrame: (frame: Frame) => void) => void;
  /** Throws when the bytes ended inside a frame. */
  readonly end: () => void;
}

/** Total length, headers length, and the checksum of the two. */
const preludeLength = 12;
const checksumLength = 4;

/**
 * Cuts bytes into frames and checks both checksums: a damaged or oversized frame is a `BadGatewayError`.
 * https://smithy.io/2.0/aws/amazon-eventstream.html
 */
export function createFrameReader(maxLength: number): FrameReader {
  let held: Buffer[] = [];
  let size = 0;
  let needed = preludeLength;

  function read(bytes: Buffer, onFrame: (frame: Frame) => void): void {
    held.push(bytes);
    size += bytes.length;
    // Joined only once a frame is whole, or a large frame would be copied again with every read.
    if (size < needed) return;
    const buffer = held.length === 1 ? bytes : Buffer.concat(held, size);
    let offset = 0;
    needed = preludeLength;
    while (buffer.length - offset >= preludeLength) {
      const length = readLength(buffer, offset, maxLength);
      if (buffer.length - offset < length) {
        needed = length;
        break;
      }
      onFrame(readFrame(buffer.subarray(offset, offset + length)));
      offset += length;
    }
    size = buffer.length - offset;
    held = size > 0 ? [buffer.subarray(offset)] : [];
  }

  function end(): void {
    if (size > 0) throw damaged(`it ended ${needed - size} bytes too early`);
  }

  return { read, end };
}

function readLength(buffer: Buffer, offset: number, maxLength: number): number {
  // Before the length is believed: a flipped bit would have us wait for gigabytes.
  if (crc32(buffer.subarray(offset, offset + 8)) !== buffer.readUInt32BE(offset + 8)) {
    throw damaged('the checksum of a length does not match');
  }
  const length = buffer.readUInt32BE(offset);
  if (length < preludeLength + checksumLength) throw damaged('a frame is shorter than a frame can be');
  if (length > maxLength)
    throw new BadGatewayError(`AWS sent a frame of ${length} bytes; at most ${maxLength} are read.`);
  return length;
}

function readFrame(frame: Buffer): Frame {
  const bodyEnd = frame.length - checksumLength;
  if (crc32(frame.subarray(0, bodyEnd)) !== frame.readUInt32BE(bodyEnd)) {
    throw damaged('the checksum of a frame does not match');
  }
  const headersEnd = preludeLength + frame.readUInt32BE(4);
  if (headersEnd > bodyEnd) throw damaged('the headers of a frame are longer than the frame');
  return { headers: readHeaders(frame.subarray(preludeLength, headersEnd)), body: frame.subarray(headersEnd, bodyEnd) };
}

/** Bytes of a header's value by its type; 6 and 7, bytes and string, say their length themselves. */
const valueLengths = [0, 0, 1, 2, 4, 8, undefined, undefined, 8, 16];
const stringType = 7;

function readHeaders(bytes: Buffer): Record<string, string> {
  const headers: Record<string, string> = {};
  let offset = 0;
  while (offset < bytes.length) {
    const nameEnd = offset + 1 + (bytes[offset] ?? 0);
    const type = bytes[nameEnd];
    if (type === undefined || type >= valueLengths.length) throw damaged('a header of a frame cannot be read');
    const fixed = valueLengths[type];
    const start = nameEnd + (fixed === undefined ? 3 : 1);
    if (start > bytes.length) throw damaged('a header of a frame cannot be read');
    const end = start + (fixed ?? bytes.readUInt16BE(nameEnd + 1));
    if (end > bytes.length) throw damaged('a header of a frame cannot be read');
    if (type === stringType) headers[bytes.toString('utf8', offset + 1, nameEnd)] = bytes.toString('utf8', start, end);
    offset = end;
  }
  return headers;
}

function damaged(how: string): BadGatewayError {
  return new BadGatewayError(`The answer was damaged on its way: ${how}.`);
}
