import { isUtf8 } from 'node:buffer';
import { BadGatewayError } from '../errors.ts';
import { StreamException } from './errors.ts';
import { createFrameReader } from './frames.ts';

export interface EventReader {
  /** Tells of every event that these bytes complete; throws an exception that stands among them. */
  readonly read: (bytes: Buffer, onEvent: (type: string, body: Buffer) => void) => void;
  /** Throws when the bytes ended inside an event. */
  readonly end: () => void;
}

/** No event of any service comes near it: chunks and files hold 1 MB. */
const mostFrameBytes = 10_000_000;

/** Reads the events of an AWS event stream by their names; their bodies are JSON. */
export function createEventReader(): EventReader {
  const frames = createFrameReader(mostFrameBytes);
  return {
    read(bytes, onEvent) {
      frames.read(bytes, ({ headers, body }) => {
        if (headers[':message-type'] === 'error') {
          throw new StreamException(headers[':error-code'] ?? '', headers[':error-message']);
        }
        if (headers[':message-type'] === 'exception') {
          const payload = parseBody(body);
          throw new StreamException(headers[':exception-type'] ?? '', 'message' in payload ? payload.message : '');
        }
        const type = headers[':event-type'];
        if (type === undefined) throw new BadGatewayError('AWS sent an event that does not say what it is.');
        onEvent(type, body);
      });
    },
    end: frames.end,
  };
}

/** What the body of an event says; a `BadGatewayError` where it is no JSON object, or no UTF-8. */
export function parseBody(body: Buffer): object {
  // Node would put other characters in the place of what it cannot read, and nobody would know.
  if (!isUtf8(body)) throw new BadGatewayError('AWS sent an event that is no UTF-8.');
  return parsePayload(body.toString('utf8'));
}

/** What an event says; a `BadGatewayError` where it is no JSON object. */
export function parsePayload(json: string): object {
  if (json === '') return {};
  let payload: unknown;
  try {
    payload = JSON.parse(json);
  } catch {
    // Without the cause: its message quotes the answer.
  }
  if (typeof payload === 'object' && payload !== null && !Array.isArray(payload)) return payload;
  throw new BadGatewayError('AWS sent an event that is no JSON object.');
}
