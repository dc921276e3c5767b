import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { AgentEvent } from '../../src/agent.ts';
import type { Reader } from '../../src/bedrock/call.ts';
import { completion } from '../../src/index.ts';
import { serve } from './loopback.ts';
import { reach } from './models.ts';

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

/** What a caller was told, whole or as a stream. */
export interface Told {
  readonly text: string;
  readonly reasoning: string;
  /** `name(arguments)` of each call that the caller must run. */
  readonly calls: readonly string[];
  readonly finish: string | null;
  readonly usage: readonly [input: number, output: number] | undefined;
  readonly estimated: boolean;
  readonly model: string | undefined;
}

/** A stream that broke off: what it told before, and what it threw. */
export interface BrokenOff {
  readonly told: Told;
  readonly error?: unknown;
}

export interface Body {
  readonly pieces: readonly Buffer[];
  readonly headers: Readonly<Record<string, string>>;
  readonly status?: number;
}

/** A server that answers every request with the body that was last put on. */
export async function createPlayer(model: string) {
  let body: Body = { pieces: [], headers: {} };
  const server = await serve((response) => write(response, body));
  const request = { model, messages: [{ role: 'user' as const, content: 'Hi' }], ...reach(server.url) };

  return {
    async whole(answer: Body): Promise<Told> {
      body = answer;
      const { choices, usage, _hidden_params: hidden } = await completion({ ...request, stream: false });
      const { message, finish_reason: finish } = choices[0] ?? { message: undefined, finish_reason: null };
      return {
        text: message?.content ?? '',
        reasoning: message?.reasoning_content ?? '',
        calls: (message?.tool_calls ?? []).map((call) => `${call.function.name}(${call.function.arguments})`),
        finish,
        usage: usage && [usage.prompt_tokens, usage.completion_tokens],
        estimated: hidden.usage_estimated === true,
        model: hidden.foundation_model,
      };
    },

    async streamed(answer: Body): Promise<BrokenOff> {
      body = answer;
      const told = { text: '', reasoning: '', calls: [] as string[], finish: null as string | null };
      let usage: Told['usage'];
      let hidden: { readonly usage_estimated?: boolean; readonly foundation_model?: string } = {};
      const broken: { error?: unknown } = {};
      try {
        const stream = await completion({ ...request, stream: true, stream_options: { include_usage: true } });
        hidden = stream._hidden_params;
        for await (const chunk of stream) {
          const choice = chunk.choices[0];
          told.text += choice?.delta.content ?? '';
          told.reasoning += choice?.delta.reasoning_content ?? '';
          for (const { function: call } of choice?.delta.tool_calls ?? []) {
            told.calls.push(`${call.name}(${call.arguments})`);
          }
          if (choice?.finish_reason) told.finish = choice.finish_reason;
          if (chunk.usage) usage = [chunk.usage.prompt_tokens, chunk.usage.completion_tokens];
        }
      } catch (error) {
        broken.error = error;
      }
      const { usage_estimated, foundation_model } = hidden;
      return { told: { ...told, usage, estimated: usage_estimated === true, model: foundation_model }, ...broken };
    },
  };
}

async function write(response: ServerResponse, { pieces, headers, status = 200 }: Body): Promise<void> {
  response.writeHead(status, headers);
  for (const piece of pieces) {
    response.write(piece);
    await setImmediate();
  }
  response.end();
}
