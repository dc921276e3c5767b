import { BadGatewayError } from '../errors.ts';
import { StreamException } from './errors.ts';
import { createFrameReader } from './frames.ts';

export interface EventReader {
  /** Tells of every event that these bytes complete; throws an exception that stands among them. */
  readonly read: (bytes: Buffer, onEvent: (type: string, payload: object) => void) => void;
  /** Throws when the bytes ended inside an event. */
  readonly end: () => void;
}

/** No event of any service comes near it: chunks and files hold 1 MB. */
const mostFrameBytes = 10_000_000;

/** Reads the events of an AWS event stream by their names; their payloads are JSON. */
export function createEventReader(): EventReader {
  const frames = createFrameReader(mostFrameBytes);
  return {
    read(bytes, onEvent) {
      frames.read(bytes, ({ headers, body }) => {
        if (headers[':message-type'] === 'error') {
          throw new StreamException(headers[':error-code'] ?? '', headers[':error-message']);
        }
        const payload = parseBody(body);
        if (headers[':message-type'] === 'exception') {
          throw new StreamException(headers[':exception-type'] ?? '', 'message' in payload ? payload.message : '');
        }
        onEvent(headers[':event-type'] ?? '', payload);
      });
    },
    end: frames.end,
  };
}

const plainBytes = /^\{"bytes":"([A-Za-z0-9+/=]*)"\}$/;

function parseBody(body: Buffer): object {
  if (body.length === 0) return {};
  // Nearly every event of an agent is its bytes and nothing else; to read those as JSON would be half of the work.
  if (body.toString('latin1', 0, 10) === '{"bytes":"') {
    const bytes = plainBytes.exec(body.toString('latin1'))?.[1];
    if (bytes !== undefined) return { bytes };
  }
  let payload: unknown;
  try {
    payload = JSON.parse(body.toString('utf8'));
  } catch {
    // Without the cause: its message quotes the answer.
  }
  if (typeof payload === 'object' && payload !== null) return payload;
  throw new BadGatewayError('AWS sent an event that is no JSON object.');
}
