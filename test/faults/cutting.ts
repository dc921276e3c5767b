import { setTimeout as sleep } from 'node:timers/promises';
import { APIConnectionError, BadGatewayError, Timeout } from '../../src/errors.ts';
import { type Becomes, type Fault, timedOut } from './faults.ts';
import { places, playTo, saidBy, without } from './places.ts';
import { type Scene, toChunk, toHead } from './scene.ts';
import { firstWords } from './services.ts';

/** One fault at every place of an answer. */
function everywhere(
  name: string,
  becomes: Becomes,
  act: (scene: Scene) => unknown,
  more: Partial<Fault> = {},
): Fault[] {
  return places.map((place) => ({
    name,
    place,
    play: async (scene) => {
      await playTo(place, scene);
      await act(scene);
    },
    becomes,
    but: without(place),
    said: saidBy(place),
    ...more,
  }));
}

/** Lets what was sent be read. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function trickle({ service, send, finish }: Scene): Promise<void> {
  const head = toHead(200, { 'content-type': service.contentType, 'transfer-encoding': 'chunked' });
  const body = Buffer.concat(service.events);
  for (const byte of Buffer.from(head)) {
    send(Buffer.of(byte));
    await turn();
  }
  for (const byte of body) {
    send(toChunk(Buffer.of(byte)));
    await turn();
  }
  finish();
}

/** Goes on for as long as somebody is there. */
async function goOn(scene: Scene, send: () => void): Promise<void> {
  while (!scene.isClosed()) {
    send();
    await sleep(5);
  }
}

/** A thousand bytes or so that say nothing. */
function sayNothing({ service: { heartbeat = Buffer.from(' ') }, say }: Scene): void {
  say(Buffer.concat(Array.from({ length: Math.ceil(1000 / heartbeat.length) }, () => heartbeat)));
}

/** The connection is lost, or silent, or slow. */
export const cutting: readonly Fault[] = [
  ...everywhere('Connection reset', APIConnectionError, ({ reset }) => reset()),
  ...everywhere('Connection closed', APIConnectionError, ({ close }) => close()),
  ...everywhere('Silence', Timeout, ({ rest }) => rest(), { parameters: timedOut }),
  {
    name: 'Byte by byte, and whole',
    play: trickle,
    becomes: 'an answer',
  },
  {
    name: 'Headers byte by byte, without end',
    play: (scene) => {
      scene.send('HTTP/1.1 200 OK\r\nx: ');
      scene.rest();
      return goOn(scene, () => scene.send('x'));
    },
    parameters: timedOut,
    becomes: Timeout,
  },
  {
    name: 'Bytes that say nothing, without end (`max_response_bytes`)',
    play: async (scene) => {
      await playTo('between events', scene);
      await goOn(scene, () => sayNothing(scene));
    },
    parameters: () => ({ max_response_bytes: 5000 }),
    becomes: BadGatewayError,
    said: firstWords,
  },
  {
    name: 'Bytes that say nothing, without end, until the caller leaves',
    play: async (scene) => {
      await playTo('between events', scene);
      setTimeout(scene.leave, 50);
      await goOn(scene, () => sayNothing(scene));
    },
    becomes: 'the reason of the signal',
    said: firstWords,
  },
];
