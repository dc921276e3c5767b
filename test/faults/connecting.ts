import { createServer as createTlsServer } from 'node:tls';
import { APIConnectionError, Timeout } from '../../src/errors.ts';
import { type Fault, timedOut } from './faults.ts';
import { nameError, nameHost } from './names.ts';
import { answerWhole } from './places.ts';

/** A server that is called by a name, whose addresses are asked for with each new connection. */
function named(addresses: Parameters<typeof nameHost>[1]): (port: number, cell: string) => string {
  return (port, cell) => {
    nameHost(`host-${cell}.test`, addresses);
    return `http://host-${cell}.test:${port}`;
  };
}

/** This machine, and an address of it where nobody listens. */
const here = '127.0.0.1';
const dead = '127.0.0.2';

const https = (port: number) => `https://${here}:${port}`;

/** No connection, or none that is any good. */
export const connecting: readonly Fault[] = [
  {
    name: 'Connection refused',
    url: () => `http://${here}:1`,
    becomes: APIConnectionError,
  },
  {
    name: 'Connection reset as soon as it is made',
    connect: (socket) => socket.resetAndDestroy(),
    becomes: APIConnectionError,
  },
  {
    name: 'Connection closed as soon as it is made',
    connect: (socket) => socket.end(),
    becomes: APIConnectionError,
  },
  {
    name: 'DNS: no such host',
    url: named(() => nameError('ENOTFOUND')),
    becomes: APIConnectionError,
  },
  {
    name: 'DNS: the name server fails',
    url: named(() => nameError('EAI_AGAIN')),
    becomes: APIConnectionError,
  },
  {
    name: 'DNS: the name server is silent',
    url: named(() => 'silence'),
    parameters: timedOut,
    isQuiet: true,
    becomes: Timeout,
  },
  {
    name: 'DNS: the first of two addresses is dead',
    url: named(() => [dead, here]),
    play: answerWhole,
    becomes: 'an answer',
  },
  {
    name: 'DNS: `localhost` is ::1 first, where nobody listens',
    url: named(() => ['::1', here]),
    play: answerWhole,
    becomes: 'an answer',
  },
  {
    name: 'DNS: all addresses are dead',
    url: named(() => [dead, '127.0.0.3']),
    becomes: APIConnectionError,
  },
  {
    name: 'DNS: the address changes between two calls, and nobody answers at the old one',
    host: '0.0.0.0',
    url: named((count) => [count === 0 ? here : dead]),
    play: (scene) => {
      if (scene.address === here && scene.call > 0) return scene.reset();
      answerWhole(scene);
      scene.close();
    },
    before: 'an answer',
    becomes: 'an answer',
  },
  {
    name: 'DNS: the host fails once and is there with the next call',
    url: named((count) => (count === 0 ? nameError('EAI_AGAIN') : [here])),
    play: answerWhole,
    before: APIConnectionError,
    becomes: 'an answer',
  },
  {
    name: 'A kept connection is reset before the next call',
    play: answerWhole,
    between: (stage) => stage.reset(),
    before: 'an answer',
    becomes: 'an answer',
  },
  {
    name: 'TLS: the server speaks plain HTTP',
    url: https,
    connect: (socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')),
    becomes: APIConnectionError,
  },
  {
    name: 'TLS: no cipher in common',
    url: https,
    createServer: (onSocket) => createTlsServer(onSocket),
    becomes: APIConnectionError,
  },
  {
    name: 'TLS: the handshake is reset',
    url: https,
    connect: (socket) => socket.once('data', () => socket.resetAndDestroy()),
    becomes: APIConnectionError,
  },
  {
    name: 'TLS: the handshake is never answered',
    url: https,
    connect: (_, { rest }) => rest(),
    parameters: timedOut,
    becomes: Timeout,
  },
  {
    name: 'The server speaks TLS, and is called without',
    createServer: (onSocket) => createTlsServer(onSocket),
    becomes: APIConnectionError,
  },
  {
    name: 'The server speaks another protocol',
    connect: (socket) => socket.once('data', () => socket.write('220 mail.example.com ESMTP\r\n')),
    becomes: APIConnectionError,
  },
  {
    name: 'The server accepts and is silent',
    connect: (_, { rest }) => rest(),
    parameters: timedOut,
    becomes: Timeout,
  },
];
