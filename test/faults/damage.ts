import { crc32 } from 'node:zlib';
import { BadGatewayError } from '../../src/errors.ts';
import { chunk, event, frame } from '../support/frames.ts';
import { but, type Fault } from './faults.ts';
import { noEvents, type Place, playTo, saidBy } from './places.ts';
import type { Scene } from './scene.ts';
import { firstWords, runtimes, type ServiceName, services, streamedRuntimes } from './services.ts';

interface Damage {
  readonly but?: Fault['but'];
  /** Exemptions of the first event, and of later ones. */
  readonly first?: Fault['but'];
  readonly later?: Fault['but'];
  /** What streamed runtimes say by it: to them, what is no JSON is text. */
  readonly words?: string;
  /** Whether the body ends after the bytes; left out, an error must come without waiting for that. */
  readonly ends?: boolean;
}

/** Wrong bytes in the place of the first event, and of a later one. */
function damaged(name: string, toBytes: (scene: Scene) => Buffer, damage: Damage): Fault[] {
  const ways: readonly (readonly [string, Place])[] = [
    ['as the first event', 'before the first event'],
    ['after the first event', 'between events'],
  ];
  return ways.map(([place, at]) => ({
    name,
    place,
    play: async (scene) => {
      await playTo(at, scene);
      scene.say(toBytes(scene));
      if (damage.ends) scene.finish();
      else scene.rest();
    },
    becomes: BadGatewayError,
    said: ({ framing }) =>
      framing === 'lines' ? `${saidBy(at)}${damage.words ?? ''}` : framing === 'frames' ? saidBy(at) : '',
    but: {
      ...damage.but,
      ...(at === 'between events' ? { ...damage.later, 'Runtime (JSON)': { why: noEvents } } : damage.first),
    },
  }));
}

/** A frame whose lengths may be anything, and whose checksums are right. */
function lengths(total: number, headers: number, size = 32, rest = 0): Buffer {
  const bytes = Buffer.alloc(size, rest);
  bytes.writeUInt32BE(total, 0);
  bytes.writeUInt32BE(headers, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, size - 4)), size - 4);
  return bytes;
}

/** One bit differs. */
function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

const frames: Damage = { but: but(runtimes, { why: 'its body is not made of frames' }) };

/** An event that says something, with whatever text or bytes in place of its text. */
function saying({ service }: Scene, body: Buffer): Buffer {
  if (service.name === 'Agents') return chunk(body);
  const [before = '', after = ''] = wrapped(service.name);
  const json = Buffer.concat([Buffer.from(before), body, Buffer.from(after)]);
  return service.framing === 'frames' ? binary(json) : json;
}

function wrapped(name: ServiceName): readonly string[] {
  if (name === 'Harness') return ['{"contentBlockIndex":0,"delta":{"text":"', '"}}'];
  if (name === 'Runtime (JSON)') return ['{"result":"', '"}'];
  return ['data: {"event":{"contentBlockDelta":{"delta":{"text":"', '"},"contentBlockIndex":0}}}\n\n'];
}

/** A frame around bytes that need be no text. */
function binary(body: Buffer): Buffer {
  const empty = event('contentBlockDelta', '');
  const bytes = Buffer.concat([empty.subarray(0, -4), body, Buffer.alloc(4)]);
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}

/** An event whose JSON is whatever. */
function ofJson({ service }: Scene, json: string): Buffer {
  if (service.framing === 'frames') return event(service.name === 'Agents' ? 'chunk' : 'contentBlockDelta', json);
  return Buffer.from(service.framing === 'lines' ? `data: ${json}\n\n` : json);
}

const noJson = '{"result": OPENSESAME}';
const cutJson = '{"result": "OPENSES';

/** What is no JSON is text. */
function asText(words: string, names: readonly ServiceName[]): Fault['but'] {
  return but(names, { becomes: { words }, why: 'what is no JSON is text' });
}

/** What arrives is not what was meant. */
export const damage: readonly Fault[] = [
  ...damaged('Frame: cut', () => chunk('two').subarray(0, -5), { ...frames, ends: true }),
  ...damaged('Frame: cut inside its prelude', () => chunk('two').subarray(0, 3), { ...frames, ends: true }),
  ...damaged('Frame: checksum of the prelude is wrong', () => flipped(chunk('two'), 9), frames),
  ...damaged('Frame: checksum of the message is wrong', () => flipped(chunk('two'), chunk('two').length - 1), frames),
  ...damaged('Frame: a byte of the payload is wrong', () => flipped(chunk('two'), chunk('two').length - 8), frames),
  ...damaged('Frame: total length 0', () => lengths(0, 0), frames),
  ...damaged('Frame: total length 15', () => lengths(15, 0), frames),
  ...damaged('Frame: total length 2 GiB', () => lengths(2 ** 31, 0), frames),
  ...damaged('Frame: total length 4 GiB', () => lengths(2 ** 32 - 1, 0), frames),
  ...damaged('Frame: headers longer than the frame', () => lengths(32, 2 ** 31), frames),
  ...damaged('Frame: headers that cannot be read', () => lengths(32, 16, 32, 0xff), frames),
  ...damaged('Frame: no event type', () => frame({ ':message-type': 'event' }, {}), { ...frames, ends: true }),
  ...damaged('No UTF-8', (scene) => saying(scene, Buffer.from([0x61, 0xff, 0xfe, 0x62])), { ends: true }),
  ...damaged('A character that is cut', (scene) => saying(scene, Buffer.from('€').subarray(0, 2)), { ends: true }),
  ...damaged('No JSON', (scene) => ofJson(scene, noJson), {
    ends: true,
    words: noJson,
    first: asText(noJson, runtimes),
  }),
  ...damaged('JSON that is cut', (scene) => ofJson(scene, cutJson), {
    ends: true,
    words: cutJson,
    first: asText(cutJson, streamedRuntimes),
  }),
  ...damaged('JSON of another type', (scene) => ofJson(scene, 'null'), {
    ends: true,
    first: { 'Runtime (JSON)': { becomes: { words: '' }, why: 'an agent may return nothing' } },
  }),
  ...damaged('JSON of 5000 levels', (scene) => ofJson(scene, `${'['.repeat(5000)}${']'.repeat(5000)}`), { ends: true }),
  ...damaged('The body ends', ({ service }) => service.heartbeat ?? Buffer.from(' '), {
    ends: true,
    first: { 'Runtime (JSON)': { becomes: { words: '' }, why: 'an agent may answer with an empty text' } },
    later: { Agents: { becomes: { words: firstWords }, why: 'its stream has no end of its own' } },
  }),
  ...damaged('An event of 11 MB', (scene) => saying(scene, Buffer.alloc(11_000_000, 'x')), {
    but: { 'Runtime (JSON)': { why: 'a whole body may have 100 MB' } },
  }).slice(1),
  ...damaged('Bytes that are no base64', () => event('chunk', { bytes: '@@@@' }), {
    but: but(
      services.filter(({ name }) => name !== 'Agents').map(({ name }) => name),
      { why: 'it has no base64' },
    ),
  }),
];
