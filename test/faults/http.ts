import { gzipSync } from 'node:zlib';
import {
  APIConnectionError,
  BadGatewayError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  ServiceUnavailableError,
  Timeout,
} from '../../src/errors.ts';
import { type Becomes, but, type Exemption, type Fault, timedOut } from './faults.ts';
import { answerWhole, noEvents } from './places.ts';
import { toHead } from './scene.ts';
import { firstWords, runtimes, type Service } from './services.ts';

const page = (status: number) => `<html><head><title>${status}</title></head><body>OPENSESAME</body></html>`;

/** An answer of somebody before AWS, who says what goes wrong for people to read. */
function html(status: number, becomes: Becomes): Fault {
  return {
    name: `HTTP ${status} with HTML`,
    play: ({ respond }) => respond(status, 'text/html', page(status)),
    becomes,
  };
}

function empty(status: number, becomes: Becomes, more: Partial<Fault> = {}): Fault {
  return {
    name: `HTTP ${status} with an empty body`,
    play: ({ respond, service }) => respond(status, service.contentType, ''),
    becomes,
    ...more,
  };
}

/** AWS's TypeScript runtime sends a returned string bare, as `application/json`. */
const nothing: Exemption = { becomes: { words: '' }, why: 'an agent may answer with an empty text' };

const readWhole: Exemption = { becomes: APIConnectionError, why: 'what a container says belongs to its error' };

/** Something before a right answer. */
function before(name: string, bytes: string, becomes: Becomes = 'an answer'): Fault {
  return {
    name,
    play: (scene) => {
      scene.send(bytes);
      answerWhole(scene);
    },
    becomes,
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

/** What goes wrong in HTTP. */
export const http: readonly Fault[] = [
  html(403, PermissionDeniedError),
  html(404, NotFoundError),
  html(413, [BadRequestError, 413]),
  html(500, InternalServerError),
  html(502, BadGatewayError),
  html(503, ServiceUnavailableError),
  html(504, [Timeout, 504]),
  {
    ...html(200, BadGatewayError),
    but: but(runtimes, { becomes: { words: page(200) }, why: 'an agent may answer in HTML' }),
  },
  empty(200, BadGatewayError, { but: { 'Runtime (JSON)': nothing } }),
  empty(204, BadGatewayError, { but: { 'Runtime (JSON)': nothing } }),
  empty(400, BadRequestError),
  empty(500, InternalServerError),
  empty(503, ServiceUnavailableError),
  empty(599, [InternalServerError, 599]),
  {
    name: 'HTTP 307 to another server',
    play: ({ respond }) => respond(307, 'text/html', '', { location: 'http://127.0.0.1:1/' }),
    becomes: BadGatewayError,
  },
  {
    name: 'HTTP 500 with JSON that is cut',
    play: ({ respond }) => respond(500, 'application/json', '{"message":"OPENSES'),
    becomes: InternalServerError,
  },
  {
    name: 'HTTP 500 with JSON that is no object',
    play: ({ respond }) => respond(500, 'application/json', '[null]'),
    becomes: InternalServerError,
  },
  {
    name: 'HTTP 500 with gzip',
    play: ({ respond }) =>
      respond(500, 'application/json', gzipSync('{"message":"OPENSESAME"}'), { 'content-encoding': 'gzip' }),
    becomes: InternalServerError,
  },
  {
    name: 'HTTP 500 whose body is reset',
    play: ({ begin, say, reset }) => {
      begin(500, { 'content-type': 'application/json' });
      say('{"message":');
      setTimeout(reset, 10);
    },
    becomes: InternalServerError,
    but: { Container: readWhole },
  },
  {
    name: 'HTTP 500 whose body is closed',
    play: ({ begin, say, close }) => {
      begin(500, { 'content-type': 'application/json' });
      say('{"message":');
      close();
    },
    becomes: InternalServerError,
    but: { Container: readWhole },
  },
  {
    name: 'HTTP 500 whose body is silent',
    play: ({ begin, say, rest }) => {
      begin(500, { 'content-type': 'application/json' });
      say('{"message":');
      rest();
    },
    parameters: timedOut,
    becomes: Timeout,
  },
  {
    name: 'HTTP 500 whose body has no end',
    play: async (scene) => {
      scene.begin(500, { 'content-type': 'text/plain' });
      for (let block = 0; block < 3000 && !scene.isClosed(); block++) {
        scene.say('x'.repeat(65_536));
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    },
    becomes: InternalServerError,
  },
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
