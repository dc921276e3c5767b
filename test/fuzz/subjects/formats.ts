import fc from 'fast-check';
import { type AgentFormat, parseAgentFormat } from '../../../src/bedrock/agentcore/agent-format.ts';
import { createReader, formats } from '../../../src/bedrock/agentcore/events.ts';
import { checkAnswer } from '../answer.ts';
import { cuts, damage, damages } from '../bytes.ts';
import { toEvents } from '../values.ts';
import { families } from '../words.ts';

/** What each family says, in what it may be framed. */
const told = fc.oneof(...[...families.values()].map(toEvents));

const framings: Readonly<Record<string, (events: readonly unknown[]) => string>> = {
  events: (events) => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''),
  bare: (events) => events.map((event) => `data:${JSON.stringify(event)}\r\n`).join(''),
  named: (events) => events.map((event, at) => `event: ${nameAt(at)}\ndata: ${JSON.stringify(event)}\n\n`).join(''),
  many: (events) => events.map((event) => `${JSON.stringify(event, null, 1).replaceAll(/^/gm, 'data: ')}\n\n`).join(''),
  strings: (events) => events.map((event) => `data: ${JSON.stringify(JSON.stringify(event))}\n\n`).join(''),
  twice: (events) =>
    events.map((event) => `data: ${JSON.stringify(`data: ${JSON.stringify(event)}\n\n`)}\n\n`).join(''),
  reprs: (events) => events.map((event) => `data: ${JSON.stringify(toRepr(event))}\n\n`).join(''),
  lines: (events) => events.map((event) => `${JSON.stringify(event)}\n`).join(''),
  parts: (events) => events.map((event, at) => `${'0g3bca9fed2z'.charAt(at % 12)}:${JSON.stringify(event)}\n`).join(''),
  list: (events) => JSON.stringify(events),
  whole: (events) => JSON.stringify(events[0] ?? null),
  string: (events) => JSON.stringify(JSON.stringify(events[0] ?? null)),
  repr: (events) => toRepr(events[0] ?? null),
};

function nameAt(at: number): string {
  return ['message', 'error', 'thinking', 'tool', 'status', '__proto__'][at % 6] ?? '';
}

function toRepr(value: unknown): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return `'${JSON.stringify(value).slice(1, -1).replaceAll("'", "\\'")}'`;
  if (Array.isArray(value)) return `[${value.map(toRepr).join(', ')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, field]) => `${toRepr(name)}: ${toRepr(field)}`)
    .join(', ')}}`;
}

const names = [...formats.map(({ name }) => name).filter((name) => name !== 'error'), 'string', 'string-cumulative'];

const chosen: fc.Arbitrary<AgentFormat | undefined> = fc.oneof(
  { weight: 5, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom(...names).map(parseAgentFormat) },
);

/** The events of every family of agents, well-formed or not. */
export const property = fc.property(
  told,
  fc.constantFrom(...Object.values(framings)),
  fc.constantFrom('application/json', 'text/event-stream', ''),
  chosen,
  fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: damages }),
  cuts,
  (events, toBody, type, format, damaged, places) => {
    const bytes = damage(Buffer.from(toBody(events)), damaged);
    checkAnswer(() => createReader(type, format), bytes, places);
  },
);
