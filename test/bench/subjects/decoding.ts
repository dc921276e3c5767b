import { createReader as createRuntimeReader } from '../../../src/bedrock/agentcore/events.ts';
import { createReader as createAgentReader } from '../../../src/bedrock/agents/events.ts';
import type { Reader } from '../../../src/bedrock/call.ts';
import { toChunks } from '../../../src/openai/chunks.ts';
import type { AgentEvent } from '../../../src/agent.ts';
import { bodies, manyEvents } from '../bodies.ts';
import { compare } from '../compare.ts';
import type { Subject } from '../subjects.ts';

/** Bytes to chunks without a network, beside the least that it can cost: to find the payloads and parse them. */
export const contenders: Subject['contenders'] = {
  'agents ours': () =>
    readOurs('CHUNKS', () =>
      createAgentReader({ showTraces: false, asked: { sessionId: 's', agentId: 'A', tools: [] } }),
    ),
  'agents floor': () => walkFrames,
  'objects ours': () => readOurs('objects', () => createRuntimeReader('text/event-stream')),
  'objects floor': () => () => splitLines('objects'),
  'strings ours': () => readOurs('strings', () => createRuntimeReader('text/event-stream')),
  'strings floor': () => () => splitLines('strings'),
};

export const measure: Subject['measure'] = async (run) => {
  const options = { per: manyEvents, rounds: 15 };
  const rows = [
    { name: 'agents: chunk, no network', key: 'agents' },
    { name: 'AgentCore SSE: object, no network', key: 'objects' },
    { name: 'AgentCore SSE: string, no network', key: 'strings' },
  ];
  const measured = [];
  for (const { name, key } of rows) {
    measured.push(await compare({ name, ours: run(`${key} ours`), theirs: run(`${key} floor`), ...options }));
  }
  return measured;
};

const readSize = 64 * 1024;

function* reads(name: string): Generator<Buffer> {
  for (const body of (bodies[name]?.pieces() ?? []) as Buffer[]) {
    for (let at = 0; at < body.length; at += readSize) yield body.subarray(at, at + readSize);
  }
}

function readOurs(name: string, createReader: () => Reader) {
  // eslint-disable-next-line @typescript-eslint/require-await -- a body is read as one that comes from afar
  async function* events(reader: Reader) {
    for (const bytes of reads(name)) {
      const batch: AgentEvent[] = [];
      reader.read(bytes, batch);
      yield batch;
    }
    const last: AgentEvent[] = [];
    reader.end(last);
    yield last;
  }
  return async () => {
    const response = { sessionId: 'session', about: {}, events: events(createReader()) };
    const options = { model: 'model', request: { instructions: '', turns: [] } };
    let length = 0;
    for await (const batch of toChunks(response, options)) {
      for (const chunk of batch) length += chunk.choices[0]?.delta.content?.length ?? 0;
    }
    return length;
  };
}

function walkFrames(): number {
  let length = 0;
  let rest = Buffer.alloc(0);
  for (const bytes of reads('CHUNKS')) {
    const buffer = Buffer.concat([rest, bytes]);
    let at = 0;
    while (at + 4 <= buffer.length && at + buffer.readUInt32BE(at) <= buffer.length) {
      const end = at + buffer.readUInt32BE(at);
      const body = buffer.toString('utf8', at + 12 + buffer.readUInt32BE(at + 4), end - 4);
      length += Buffer.from((JSON.parse(body) as { bytes: string }).bytes, 'base64').toString('utf8').length;
      at = end;
    }
    rest = buffer.subarray(at);
  }
  return length;
}

function splitLines(name: string): number {
  const decoder = new TextDecoder();
  let rest = '';
  let length = 0;
  for (const bytes of reads(name)) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') length += String(JSON.parse(line.slice(6))).length;
  }
  return length;
}
