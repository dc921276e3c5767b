import fc from 'fast-check';
import { createReader as createRuntimeReader } from '../../../src/bedrock/agentcore/events.ts';
import { createReader as createAgentReader } from '../../../src/bedrock/agents/events.ts';
import type { Reader } from '../../../src/bedrock/call.ts';
import { bytesOf, filesIn, jsonOf } from '../../support/corpus.ts';
import { event } from '../../support/frames.ts';
import { checkAnswer } from '../answer.ts';
import { cuts, damage, damages } from '../bytes.ts';
import { mutate, mutations } from '../mutations.ts';

/** A recorded answer as the values that it was made of, and how they become bytes again. */
interface Recording {
  readonly createReader: () => Reader;
  readonly values: readonly unknown[];
  readonly toBytes: (values: readonly unknown[] | null) => Buffer;
}

const asked = { sessionId: 'a-session', agentId: 'AGENT', tools: [] };

const recordings: readonly Recording[] = [
  ...['.json', '.sse', '.txt'].flatMap((end) => filesIn('agentcore', end)).map(readRuntime),
  ...['notebook', 'quoted', 'wire'].flatMap((folder) => filesIn(`agents/${folder}`, '.json')).flatMap(readAgent),
];

function readRuntime(file: string): Recording {
  const type = { json: 'application/json', sse: 'text/event-stream', txt: 'text/plain' }[file.split('.').at(-1) ?? ''];
  const lines = bytesOf(file).toString('utf8').split('\n');
  // Lines that are no JSON stay as they are.
  const values = lines.map((line) => ({
    prefix: /^(data: ?)?/.exec(line)?.[0] ?? '',
    line,
    value: parse(line.replace(/^data: ?/, '')),
  }));
  return {
    createReader: () => createRuntimeReader(type),
    values: values.map(({ value }) => value),
    toBytes: (mutated) => {
      const written = Object.values(mutated ?? {}).map((value, at) =>
        value === undefined ? (values[at]?.line ?? '') : (values[at]?.prefix ?? '') + JSON.stringify(value),
      );
      return Buffer.from(written.join('\n'));
    },
  };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function readAgent(file: string): readonly Recording[] {
  const events = jsonOf(file);
  if (!Array.isArray(events) || file.endsWith('.expected.json')) return [];
  return [
    {
      createReader: () => createAgentReader({ showTraces: false, asked }),
      values: events,
      toBytes: (mutated) =>
        Buffer.concat(
          Object.values(mutated ?? {}).flatMap((value) =>
            Object.entries(value ?? {}).map(([type, body]) => event(type, body)),
          ),
        ),
    },
  ];
}

/** Answers as they were recorded, each with a few changes; nothing where no recordings are. */
export const property = fc.property(
  recordings.length > 0 ? fc.constantFrom(...recordings) : fc.constant(undefined),
  mutations,
  fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: damages }),
  cuts,
  (recording, changes, damaged, places) => {
    if (!recording) return;
    const { createReader, values, toBytes } = recording;
    checkAnswer(createReader, damage(toBytes(mutate(values, changes)), damaged), places);
  },
);
