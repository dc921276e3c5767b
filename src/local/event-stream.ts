import { crc32 } from 'node:zlib';
import type { WireException } from './exceptions.ts';

/** An event as a frame of `application/vnd.amazon.eventstream`. */
export function eventFrame(type: string, payload: unknown): Uint8Array {
  return frame({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' }, payload);
}

/** A modeled exception as a frame: AWS spells its name in camelCase there. */
export function exceptionFrame({ name, fields }: WireException): Uint8Array {
  const type = name.charAt(0).toLowerCase() + name.slice(1);
  const headers = { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' };
  return frame(headers, fields);
}

// Total length, headers length, CRC of these 8 bytes, headers, payload, CRC of all before it; everything big-endian.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html
function frame(headers: Readonly<Record<string, string>>, payload: unknown): Uint8Array {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
  const body = Buffer.from(JSON.stringify(payload));
  const bytes = Buffer.alloc(12 + head.length + body.length + 4);
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.writeUInt32BE(head.length, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  head.copy(bytes, 12);
  body.copy(bytes, 12 + head.length);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}

const stringHeader = 7;

function header(name: string, value: string): Uint8Array {
  const bytes = Buffer.alloc(1 + name.length + 3 + value.length);
  bytes.writeUInt8(name.length, 0);
  bytes.write(name, 1);
  bytes.writeUInt8(stringHeader, 1 + name.length);
  bytes.writeUInt16BE(value.length, 2 + name.length);
  bytes.write(value, 4 + name.length);
  return bytes;
}
