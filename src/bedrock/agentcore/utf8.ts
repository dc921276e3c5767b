import { isUtf8 } from 'node:buffer';
import { BadGatewayError } from '../../errors.ts';
import { cutShort } from './ending.ts';

/** Bytes → text, told to `onText` as far as whole characters have come. Bytes that are no UTF-8 are an error. */
export function createDecoder(onText: (text: string) => void) {
  /** A read may end inside a character. */
  let carry = Buffer.alloc(0);
  let begun = false;

  return {
    write(bytes: Buffer): void {
      const all = carry.length > 0 ? Buffer.concat([carry, bytes]) : bytes;
      const whole = all.subarray(0, all.length - unfinished(all));
      carry = Buffer.from(all.subarray(whole.length));
      const text = whole.toString('utf8');
      const isValid = isUtf8(whole);
      // What stood before the garbage was said.
      tell(isValid ? text : untilGarbage(text, whole));
      if (!isValid) throw new BadGatewayError('The agent sent bytes that are no UTF-8.');
    },
    end(): void {
      if (carry.length > 0) throw cutShort('inside a character');
    },
  };

  function tell(text: string): void {
    if (text === '') return;
    const isMarked = !begun && text.startsWith('\ufeff');
    begun = true;
    onText(isMarked ? text.slice(1) : text);
  }
}

/** How many bytes at the end are the beginning of a character. */
function unfinished(bytes: Buffer): number {
  for (let count = 1; count <= Math.min(3, bytes.length); count++) {
    const byte = bytes[bytes.length - count] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > count ? count : 0;
  }
  return 0;
}

/** What stands before the first bytes that are none; a character that stands for such bytes may stand there itself. */
function untilGarbage(text: string, bytes: Buffer): string {
  let offset = 0;
  let from = 0;
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) {
    offset += Buffer.byteLength(text.slice(from, at));
    from = at;
    if (bytes.toString('latin1', offset, offset + 3) !== markBytes) return text.slice(0, at);
  }
  return text;
}

const mark = '\ufffd';
const markBytes = Buffer.from(mark).toString('latin1');
