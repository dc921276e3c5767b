import { gzipSync } from 'node:zlib';
import { APIConnectionError, BadGatewayError, Timeout } from '../../src/errors.ts';
import { but, type Fault, timedOut } from './faults.ts';
import { answerWhole, noEvents } from './places.ts';
import { toHead } from './scene.ts';
import { firstWords, runtimes, type Service } from './services.ts';

/** Something before a right answer. */
function before(name: string, bytes: string): Fault {
  return {
    name,
    play: (scene) => {
      scene.send(bytes);
      answerWhole(scene);
    },
    becomes: 'an answer',
  };
}

/** The first event and half of the next; of one value, half. */
function part({ events: [first = Buffer.alloc(0), second] }: Service): Buffer {
  return second ? Buffer.concat([first, second.subarray(0, second.length / 2)]) : first.subarray(0, first.length / 2);
}

/** A part of a right body behind headers of its own. */
function headed(
  name: string,
  toHeaders: (service: Service) => Headers,
  more: Pick<Fault, 'becomes'> & Partial<Fault>,
): Fault {
  return {
    name,
    play: ({ send, service }) => {
      send(toHead(200, { 'content-type': service.contentType, ...toHeaders(service) }));
      send(part(service));
    },
    ...more,
  };
}

type Headers = Readonly<Record<string, string>>;

/** What goes wrong with HTTP itself. */
export const http: readonly Fault[] = [
  before('100 Continue before the answer', 'HTTP/1.1 100 Continue\r\n\r\n'),
  before('100 Continue twice before the answer', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(2)),
  before('103 Early Hints before the answer', 'HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n'),
  {
    name: '100 Continue and silence',
    play: ({ send, rest }) => {
      send('HTTP/1.1 100 Continue\r\n\r\n');
      rest();
    },
    parameters: timedOut,
    becomes: Timeout,
  },
  {
    name: '101 Switching Protocols',
    play: ({ send, rest }) => {
      send('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
      rest();
    },
    // Node closes the connection, and tells nobody.
    parameters: timedOut,
    becomes: Timeout,
  },
  ...['closed', 'silent'].map((end): Fault => ({
    name: `Content-Length longer than the body, which is then ${end}`,
    play: async ({ send, heard, close, rest, service }) => {
      const body = part(service);
      send(toHead(200, { 'content-type': service.contentType, 'content-length': String(body.length + 1) }));
      send(body);
      await heard();
      if (end === 'closed') close();
      else rest();
    },
    parameters: timedOut,
    becomes: end === 'closed' ? APIConnectionError : Timeout,
    said: firstWords,
  })),
  headed(
    'Content-Length shorter than the body',
    (service) => ({ 'content-length': String(part(service).length - 5) }),
    {
      becomes: BadGatewayError,
      said: firstWords,
    },
  ),
  headed('Content-Length twice, and different', () => ({ 'content-length': '5', 'Content-Length': '500' }), {
    becomes: APIConnectionError,
  }),
  headed('Content-Length that is no number', () => ({ 'content-length': 'many' }), { becomes: APIConnectionError }),
  headed('Content-Length beside chunks', () => ({ 'content-length': '5', 'transfer-encoding': 'chunked' }), {
    becomes: APIConnectionError,
  }),
  headed('Headers larger than 16 KB', () => ({ 'x-much': 'x'.repeat(20_000) }), { becomes: APIConnectionError }),
  headed('Chunks whose length is no number', () => ({ 'transfer-encoding': 'chunked' }), {
    becomes: APIConnectionError,
  }),
  {
    name: 'A chunk that is longer than it says',
    play: async ({ begin, say, send, heard, service }) => {
      begin();
      say(service.events[0] ?? '');
      await heard();
      send('1\r\nxyz\r\n');
    },
    becomes: APIConnectionError,
    but: but(['Runtime (JSON)'], { why: noEvents }),
    said: firstWords,
  },
  {
    name: 'gzip that nobody asked for',
    play: ({ respond, service }) =>
      respond(200, service.contentType, gzipSync(part(service)), { 'content-encoding': 'gzip' }),
    becomes: BadGatewayError,
    // Its first byte is a character.
    said: ({ framing }) => (framing === 'frames' ? '' : '\u001f'),
  },
  {
    name: 'gzip that is only said to be',
    play: ({ respond, service }) =>
      respond(200, service.contentType, Buffer.concat(service.events), { 'content-encoding': 'gzip' }),
    becomes: 'an answer',
  },
  {
    name: 'The right body under a wrong content type',
    play: ({ respond, service }) => respond(200, 'text/html', Buffer.concat(service.events)),
    becomes: 'an answer',
  },
  {
    name: 'JSON where a stream is expected',
    play: ({ respond }) => respond(200, 'application/json', '{"message":"OPENSESAME"}'),
    becomes: BadGatewayError,
    but: but(runtimes, { why: 'an agent may answer in JSON' }),
  },
];
