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
import { runtimes } from './services.ts';

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

/** HTTP statuses, and bodies that are not AWS's. */
export const statuses: readonly Fault[] = [
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
];
