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
  const headersOf = createHeaderReader();
  /** The beginning of a frame whose end has not come, and how long it is, or its prelude, until that is known. */
  let held: Buffer[] = [];
  let size = 0;
  let needed = preludeLength;

  function read(bytes: Buffer, onFrame: (frame: Frame) => void): void {
    let offset = complete(bytes, onFrame);
    while (bytes.length - offset >= preludeLength) {
      const length = readLength(bytes, offset, maxLength);
      if (bytes.length - offset < length) {
        needed = length;
        break;
      }
      onFrame(readFrame(bytes, offset, offset + length, headersOf));
      offset += length;
    }
    if (offset < bytes.length) hold(bytes.subarray(offset));
  }

  /** Adds what the held frame lacks and no more: only a frame that two reads share is copied. Returns where that ends. */
  function complete(bytes: Buffer, onFrame: (frame: Frame) => void): number {
    let offset = 0;
    while (size > 0 && offset < bytes.length) {
      const part = bytes.subarray(offset, offset + needed - size);
      offset += part.length;
      hold(part);
      if (size < needed) continue;
      const buffer = Buffer.concat(held, size);
      held = [buffer];
      if (needed === preludeLength) {
        needed = readLength(buffer, 0, maxLength);
      } else {
        held = [];
        size = 0;
        needed = preludeLength;
        onFrame(readFrame(buffer, 0, buffer.length, headersOf));
      }
    }
    return offset;
  }

  function hold(part: Buffer): void {
    held.push(part);
    size += part.length;
  }

  function end(): void {
    if (size > 0) throw damaged(`it ended ${needed - size} bytes too early`);
  }

  return { read, end };
}

function readLength(buffer: Buffer, offset: number, maxLength: number): number {
  // Before the length is believed: a flipped bit would have us wait for gigabytes.
  if (checksumOfLengths(buffer, offset) !== buffer.readUInt32BE(offset + 8)) {
    throw damaged('the checksum of a length does not match');
  }
  const length = buffer.readUInt32BE(offset);
  if (length < preludeLength + checksumLength) throw damaged('a frame is shorter than a frame can be');
  if (length > maxLength)
    throw new BadGatewayError(`AWS sent a frame of ${length} bytes; at most ${maxLength} are read.`);
  return length;
}

/** CRC-32 by table: for eight bytes the way to zlib is ten times as long. */
function checksumOfLengths(buffer: Buffer, offset: number): number {
  let sum = -1;
  for (let at = offset; at < offset + 8; at++) {
    sum = (checksums[(sum ^ (buffer[at] ?? 0)) & 0xff] ?? 0) ^ (sum >>> 8);
  }
  return ~sum >>> 0;
}

const checksums = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  return sum;
});

function readFrame(buffer: Buffer, start: number, end: number, headersOf: HeaderReader): Frame {
  const bodyEnd = end - checksumLength;
  if (crc32(buffer.subarray(start, bodyEnd)) !== buffer.readUInt32BE(bodyEnd)) {
    throw damaged('the checksum of a frame does not match');
  }
  const bodyStart = start + preludeLength + buffer.readUInt32BE(start + 4);
  if (bodyStart > bodyEnd) throw damaged('the headers of a frame are longer than the frame');
  return { headers: headersOf(buffer, start + preludeLength, bodyStart), body: buffer.subarray(bodyStart, bodyEnd) };
}

type HeaderReader = (buffer: Buffer, start: number, end: number) => Frame['headers'];

/** Frames of one kind have the same headers to the byte, so they are read once. */
function createHeaderReader(): HeaderReader {
  const known = new Map<string, Frame['headers']>();
  return (buffer, start, end) => {
    const bytes = buffer.toString('latin1', start, end);
    const before = known.get(bytes);
    if (before) return before;
    const headers = readHeaders(buffer.subarray(start, end));
    // There are about a dozen kinds; whoever sends more shall not fill the memory.
    if (known.size < 32) known.set(bytes, headers);
    return headers;
  };
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
