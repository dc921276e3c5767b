import { EventStreamCodec } from '@smithy/core/event-streams';

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
);

/** A frame as AWS's own codec writes it. */
export function frame(headers: Readonly<Record<string, string>>, body: unknown): Buffer {
  const typed = Object.entries(headers).map(([name, value]) => [name, { type: 'string' as const, value }]);
  const bytes = typeof body === 'string' ? body : JSON.stringify(body);
  return Buffer.from(codec.encode({ headers: Object.fromEntries(typed) as never, body: Buffer.from(bytes, 'utf8') }));
}

/** An event of InvokeAgent's stream: `event('trace', {…})`. */
export function event(type: string, body: unknown): Buffer {
  return frame({ ':message-type': 'event', ':event-type': type, ':content-type': 'application/json' }, body);
}

export function chunk(text: string | Uint8Array): Buffer {
  return event('chunk', { bytes: Buffer.from(text).toString('base64') });
}

/** An exception in the stream; AWS writes its name in camelCase. */
export function exception(type: string, message: string): Buffer {
  return frame(
    { ':message-type': 'exception', ':exception-type': type, ':content-type': 'application/json' },
    { message },
  );
}
