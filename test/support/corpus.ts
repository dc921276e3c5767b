import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentEvent } from '../../src/agent.ts';
import type { Reader } from '../../src/bedrock/call.ts';

/** Where recorded answers of AWS lie; they are not part of the package. */
export const recordings =
  process.env['BEDROCK_RECORDINGS'] ?? fileURLToPath(new URL('../../../shared/recordings', import.meta.url));

export const recorded = existsSync(recordings);

/** The files of a folder of the recordings that end like this; none where the folder is absent. */
export function filesIn(folder: string, end: string): string[] {
  const path = join(recordings, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((file) => file.endsWith(end))
    .sort()
    .map((file) => join(folder, file));
}

export function bytesOf(file: string): Buffer {
  return readFileSync(join(recordings, file));
}

export function jsonOf(file: string): unknown {
  return JSON.parse(bytesOf(file).toString('utf8'));
}

export function nameOf(file: string): string {
  return basename(file).replace(/\.(expected\.json|json|bin)$/, '');
}

/** Bytes as they may be read: cut at these positions. */
export function cutAt(bytes: Buffer, positions: Iterable<number>): Buffer[] {
  const cuts = [...new Set(positions)].filter((at) => at > 0 && at < bytes.length).sort((one, other) => one - other);
  return [0, ...cuts].map((start, index) => bytes.subarray(start, cuts[index] ?? bytes.length));
}

export function bytewise(bytes: Buffer): Buffer[] {
  return cutAt(bytes, range(1, bytes.length));
}

export function range(start: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index);
}

/** Where the frames of an event stream end, as their lengths say. */
export function frameEnds(bytes: Buffer): number[] {
  const ends: number[] = [];
  for (let at = 0; at + 4 <= bytes.length; ends.push(at)) at += bytes.readUInt32BE(at);
  return ends.filter((end) => end <= bytes.length);
}

/** Each position with the one before and the one after it. */
export function around(positions: readonly number[]): number[] {
  return positions.flatMap((at) => [at - 1, at, at + 1]);
}

/** What came of an answer; `error` is what was thrown after it. */
export interface Played {
  readonly events: AgentEvent[];
  readonly error?: unknown;
}

/** Reads pieces without a network. Neighbours of one kind are joined, since cuts may split what one read has in one. */
export function play(reader: Reader, pieces: readonly Buffer[]): Played {
  const events: AgentEvent[] = [];
  try {
    // Copies: what is read must not lean on the bytes of an earlier read.
    for (const piece of pieces) reader.read(Buffer.from(piece), events);
    reader.end(events);
    return { events: joined(events) };
  } catch (error) {
    return { events: joined(events), error };
  }
}

function joined(events: readonly AgentEvent[]): AgentEvent[] {
  const result: AgentEvent[] = [];
  for (const event of events) {
    const last = result.at(-1);
    if (event.type === 'text' && last?.type === 'text') {
      result[result.length - 1] = { type: 'text', text: last.text + event.text };
    } else if (event.type === 'reasoning' && last?.type === 'reasoning') {
      result[result.length - 1] = { type: 'reasoning', text: last.text + event.text };
    } else {
      result.push(event);
    }
  }
  return result;
}
