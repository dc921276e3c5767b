import { extname } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AgentEvent } from '../../../src/agent.ts';
import { createReader } from '../../../src/bedrock/agentcore/events.ts';
import { APIError, InternalServerError } from '../../../src/index.ts';
import { runtimeModel } from '../../support/models.ts';
import {
  around,
  bytesOf,
  bytewise,
  createPlayer,
  cutAt,
  jsonOf,
  play,
  range,
  recorded,
  type Told,
} from '../../support/recordings.ts';

interface Expected {
  readonly families: readonly string[];
  readonly text: string;
  readonly reasoning: string;
  readonly pendingTools: readonly string[];
  readonly openaiFinish: string;
  readonly usage: readonly [number, number] | null;
  readonly error: string | null;
  /** The bytes do not decide; further readings that are as good. */
  readonly skip?: boolean;
  readonly accept?: { readonly text?: readonly string[]; readonly usage?: readonly (readonly [number, number])[] };
}

interface Recording {
  readonly file: string;
  readonly bytes: Buffer;
  readonly expected: Expected;
}

/** An HTTP error with an empty body, so there is nothing to read without HTTP. */
const emptyError = 'agentcore-ts-json-error500.sse';

const all = readRecordings();
const bodies = all.filter(({ file }) => file !== emptyError);
const decided = bodies.filter(({ expected }) => expected.skip !== true);
const answers = decided.filter(({ expected }) => expected.error === null);
const failures = decided.filter(({ expected }) => expected.error !== null);
const undecided = bodies.filter(({ expected }) => expected.skip === true);

const named = (list: readonly Recording[]) => list.map((recording) => [recording.file, recording] as const);

/** What the agent says its body is, and what it might say in error: the body must win. */
const ownType: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.sse': 'text/event-stream; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};
const typesOf = (file: string) => [ownType[extname(file)] ?? '', 'application/octet-stream', 'text/plain'];

const player = await createPlayer(runtimeModel);

describe.skipIf(!recorded)('recorded answers of AgentCore runtimes', () => {
  test('the recordings are all there', () => {
    expect(all.length).toBeGreaterThanOrEqual(80);
    expect(answers.length).toBeGreaterThanOrEqual(60);
    expect(failures.length).toBeGreaterThanOrEqual(10);
  });

  describe.each(named(answers))('%s', (file, { bytes, expected }) => {
    const several = cutAt(bytes, [...around(lineEnds(bytes)), ...range(1, 20).map((part) => part * 331)]);

    test.each(typesOf(file))('is read whole and as a stream when it is called %s', async (type) => {
      const headers = { 'content-type': type };
      const told = await player.whole({ pieces: [bytes], headers });
      expectAnswer(told, expected);
      expect(await player.streamed({ pieces: [bytes], headers })).toEqual({ told });
    });

    test('is the same in several writes, whole and as a stream', async () => {
      const headers = { 'content-type': ownType[extname(file)] ?? '' };
      const told = await player.whole({ pieces: several, headers });
      expectAnswer(told, expected);
      expect(await player.streamed({ pieces: several, headers })).toEqual({ told });
    });
  });

  describe.each(named(failures))('%s, which fails', (file, { bytes, expected }) => {
    const several = cutAt(bytes, [...around(lineEnds(bytes)), ...range(1, 20).map((part) => part * 331)]);

    test.each(typesOf(file))('is an error after the text before it when it is called %s', async (type) => {
      for (const pieces of [[bytes], several]) {
        const body = { pieces, headers: { 'content-type': type } };
        const whole = await player.whole(body).catch((error: unknown) => error);
        const { told, error } = await player.streamed(body);
        for (const thrown of [whole, error]) {
          expect(thrown).toBeInstanceOf(APIError);
          expect(String(thrown)).toContain(expected.error);
        }
        expect(told).toMatchObject({ text: expected.text, reasoning: expected.reasoning, finish: null });
      }
    });
  });

  describe.each(named(undecided))('%s, whose bytes do not decide', (file, { bytes, expected }) => {
    test.each(typesOf(file))('comes to an end and shows no Python object when it is called %s', async (type) => {
      const body = { pieces: [bytes], headers: { 'content-type': type } };
      const { told, error } = await player.streamed(body);
      if (error !== undefined) expect(error).toBeInstanceOf(APIError);
      expectNoRepr(told.text);
      if (expected.accept?.text) expect([expected.text, ...expected.accept.text]).toContain(told.text);
    });
  });

  test('an HTTP error with an empty body is an error of its status', async () => {
    const body = { pieces: [], headers: { 'content-type': 'text/event-stream' }, status: 500 };
    expect(bytesOf(`agentcore/${emptyError}`)).toHaveLength(0);
    const whole = await player.whole(body).catch((error: unknown) => error);
    const { error } = await player.streamed(body);
    for (const thrown of [whole, error]) {
      expect(thrown).toBeInstanceOf(InternalServerError);
      expect(String(thrown)).toContain('HTTP 500');
    }
  });
});

// Without a network, and after all that have one: these keep Node from noticing that an idle connection was closed.
describe.skipIf(!recorded)('recorded bytes of AgentCore runtimes', () => {
  test.each(named(decided))('%s is what was recorded', (file, { bytes, expected }) => {
    for (const type of typesOf(file)) {
      const { events, error } = play(createReader(type), [bytes]);
      const text = textOf(events, 'text');
      expect([expected.text, ...(expected.accept?.text ?? [])], type).toContain(text);
      expect(textOf(events, 'reasoning'), type).toBe(expected.reasoning);
      expectNoRepr(text);
      if (expected.error !== null) expect(String(error), type).toContain(expected.error);
      else expect(error, type).toBeUndefined();
      const finishes = events.filter((event) => event.type === 'finish');
      expect(finishes, type).toHaveLength(expected.error === null ? 1 : 0);
      if (expected.error === null) expect(events.at(-1), type).toMatchObject({ type: 'finish' });
    }
  });

  test.each(named(bodies))('%s reads the same one byte at a time', (file, { bytes }) => {
    for (const type of typesOf(file)) {
      expect(play(createReader(type), bytewise(bytes)), type).toEqual(play(createReader(type), [bytes]));
    }
  });

  test.each(named(bodies))('%s reads the same wherever it is cut in two', (file, { bytes }) => {
    const positions = bytes.length < 6000 ? range(1, bytes.length) : around(lineEnds(bytes));
    for (const type of typesOf(file)) {
      const whole = play(createReader(type), [bytes]);
      for (const at of positions) {
        expect(play(createReader(type), cutAt(bytes, [at])), `${type}, cut at ${at}`).toEqual(whole);
      }
    }
  });

  test.each(named(bodies.filter(({ file }) => file.endsWith('.sse'))))(
    '%s reads the same with \\r\\n and with \\r',
    (_, { bytes }) => {
      const read = (pieces: readonly Buffer[]) => play(createReader('text/event-stream'), pieces);
      const whole = read([bytes]);
      for (const end of ['\r\n', '\r']) {
        const other = Buffer.from(bytes.toString('utf8').replaceAll('\n', end));
        expect(read([other]), JSON.stringify(end)).toEqual(whole);
        expect(read(bytewise(other)), JSON.stringify(end)).toEqual(whole);
      }
    },
  );

  // The text of this one stands in Python objects only, so it is a last resort and waits for the end.
  const lastResort = 'langgraph-py-legacy-updates-repr.sse';
  const streamed = answers.filter(({ file }) => file.endsWith('.sse') && file !== lastResort);
  test.each(named(streamed))('%s says all its text as it comes, not at its end', (_, { bytes, expected }) => {
    const reader = createReader('text/event-stream');
    const events: AgentEvent[] = [];
    reader.read(bytes, events);
    expect(textOf(events, 'text')).not.toBe('');
    expect([expected.text, ...(expected.accept?.text ?? [])]).toContain(textOf(events, 'text'));
    const last: AgentEvent[] = [];
    reader.end(last);
    expect(last.filter((event) => event.type === 'text' || event.type === 'reasoning')).toEqual([]);
  });
});

function readRecordings(): Recording[] {
  if (!recorded) return [];
  const rows = jsonOf('agentcore/EXPECTED.json') as Readonly<Record<string, Expected>>;
  return Object.entries(rows)
    .filter(([file]) => !file.startsWith('_'))
    .map(([file, expected]) => ({ file, bytes: bytesOf(`agentcore/${file}`), expected }));
}

function expectAnswer(told: Told, { text, reasoning, pendingTools, openaiFinish, usage, accept }: Expected): void {
  expect([text, ...(accept?.text ?? [])]).toContain(told.text);
  expect(told.reasoning).toBe(reasoning);
  expect(told.calls).toEqual(pendingTools);
  expect(told.finish).toBe(openaiFinish);
  if (usage) {
    expect([usage, ...(accept?.usage ?? [])]).toContainEqual(told.usage);
    expect(told.estimated).toBe(false);
  }
  expectNoRepr(told.text);
}

/** Python's way to write its objects, which is for nobody to read. */
function expectNoRepr(text: string): void {
  expect(text).not.toMatch(/object at 0x|\{'\w+': |event_loop_cycle_id|AgentResult\(|AIMessage|ResponseTextDelta/);
}

/** A further message is set off by a blank line, once it says something. */
function textOf(events: readonly AgentEvent[], channel: 'text' | 'reasoning'): string {
  let said = '';
  let apart = false;
  for (const event of events) {
    if (event.type === 'message') apart = said !== '';
    if (event.type !== channel) continue;
    said += apart ? `\n\n${event.text}` : event.text;
    apart = false;
  }
  return said;
}

function lineEnds(bytes: Buffer): number[] {
  return range(0, bytes.length).flatMap((at) => (bytes[at] === 0x0a ? [at + 1] : []));
}
