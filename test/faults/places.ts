import { setTimeout as sleep } from 'node:timers/promises';
import { but, type Fault } from './faults.ts';
import type { Scene } from './scene.ts';
import { answer, firstWords } from './services.ts';

/** Where in an answer something may go wrong. */
export const places = [
  'before the headers',
  'inside the headers',
  'before the first event',
  'inside the first event',
  'between events',
  'inside an event',
  'after the last event',
] as const;

export type Place = (typeof places)[number];

/** Plays a right answer up to a place. */
export async function playTo(place: Place, { service, send, begin, say, heard }: Scene): Promise<void> {
  const [first = Buffer.alloc(0), ...rest] = service.events;
  const [second = Buffer.alloc(0)] = rest;
  if (place === 'before the headers') return;
  if (place === 'inside the headers') return send('HTTP/1.1 200 OK\r\ncontent-ty');
  begin();
  if (place === 'before the first event') return sleep(10);
  if (place === 'inside the first event') return say(first.subarray(0, first.length / 2));
  say(first);
  await heard();
  if (place === 'inside an event') say(second.subarray(0, second.length / 2));
  if (place === 'after the last event') for (const event of rest) say(event);
}

/** Plays a right answer, and leaves the connection to the next call. */
export function answerWhole({ service, begin, say, finish }: Scene): void {
  begin();
  for (const event of service.events) say(event);
  finish();
}

/** What a reader of the stream has been told when an answer has come up to a place. */
export function saidBy(place: Place): string {
  if (place === 'between events' || place === 'inside an event') return firstWords;
  return place === 'after the last event' ? answer : '';
}

/** Exempts what has no such place. */
export function without(place: Place): NonNullable<Fault['but']> {
  return place === 'between events' || place === 'inside an event' ? but(['Runtime (JSON)'], { why: noEvents }) : {};
}

export const noEvents = 'its body is one value, and no events';
