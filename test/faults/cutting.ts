import { setTimeout as sleep } from 'node:timers/promises';
import { APIConnectionError, BadGatewayError, Timeout } from '../../src/errors.ts';
import { type Becomes, but, type Fault, timedOut } from './faults.ts';
import { type Place, places, playTo, type Scene, toChunk, toHead } from './scene.ts';
import { answer, firstWords } from './services.ts';

/** What a reader has been told when an answer has come up to a place. */
export function saidBy(place: Place): string {
  if (place === 'between events' || place === 'inside an event') return firstWords;
  return place === 'after the last event' ? answer : '';
}

export const noEvents = 'its body is one value, which has no events';

/** Services that have no such place. */
export function without(place: Place): Fault['but'] {
  return place === 'between events' || place === 'inside an event' ? but(['Runtime, JSON'], { why: noEvents }) : {};
}

/** One fault at every place of an answer. */
function everywhere(name: string, becomes: Becomes, act: (scene: Scene) => unknown, more: Partial<Fault> = {}): Fault[] {
  return places.map((place) => ({
    name,
    place,
    play: async (scene) => {
      await playTo(place, scene);
      await act(scene);
    },
    becomes,
    but: without(place) ?? {},
    said: saidBy(place),
    ...more,
  }));
}

/** An answer that comes in a strange pace, but whole. */
async function trickle({ service, send, finish }: Scene): Promise<void> {
  const head = toHead(200, { 'content-type': service.contentType, 'transfer-encoding': 'chunked' });
  const body = Buffer.concat(service.events);
  for (const byte of Buffer.from(head)) {
    send(Buffer.of(byte));
    await sleep(0);
  }
  for (const byte of body) {
    send(toChunk(Buffer.of(byte)));
    await sleep(0);
  }
  finish();
}

/** Bytes that say nothing, for as long as somebody is there. */
async function trickleOn(scene: Scene, send: () => void): Promise<void> {
  while (!scene.isClosed()) {
    send();
    await sleep(5);
  }
}

/** The connection is lost, or silent, or slow. */
export const cutting: readonly Fault[] = [
  ...everywhere('Connection reset', APIConnectionError, ({ reset }) => reset()),
  ...everywhere('Connection closed', APIConnectionError, ({ close }) => close()),
  ...everywhere('Silence', Timeout, ({ rest }) => rest(), { parameters: timedOut }),
  {
    name: 'Byte by byte, and whole',
    play: trickle,
    becomes: 'whole',
  },
  {
    name: 'Headers byte by byte, without end',
    play: (scene) => {
      scene.send('HTTP/1.1 200 OK\r\nx: ');
      scene.rest();
      return trickleOn(scene, () => scene.send('x'));
    },
    parameters: timedOut,
    becomes: Timeout,
  },
  {
    name: 'Bytes that say nothing, without end (`max_response_bytes`)',
    play: async (scene) => {
      await playTo('between events', scene);
      await trickleOn(scene, () => scene.say(scene.service.heartbeat ?? ' '.repeat(100)));
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
      await trickleOn(scene, () => scene.say(scene.service.heartbeat ?? ' '));
    },
    becomes: 'the reason of the signal',
    said: firstWords,
  },
];
