import { describe, expect, test } from 'vitest';
import type { AgentEvent } from '../../../src/agent.ts';
import { createReader } from '../../../src/bedrock/agents/events.ts';
import {
  APIError,
  AuthenticationError,
  BadGatewayError,
  BadRequestError,
  PermissionDeniedError,
  RateLimitError,
} from '../../../src/index.ts';
import { chunk, event } from '../../support/frames.ts';
import { agentModel } from '../../support/models.ts';
import {
  around,
  bytesOf,
  bytewise,
  createPlayer,
  cutAt,
  filesIn,
  frameEnds,
  jsonOf,
  nameOf,
  play,
  range,
  recorded,
} from '../../support/recordings.ts';

interface Expected {
  readonly finalText: string | null;
  readonly usageDistinctByClientRequestId: { readonly inputTokens: number; readonly outputTokens: number } | null;
  readonly rationales: readonly { readonly text: string }[];
  readonly reasoningContent: readonly { readonly reasoningContent?: { readonly reasoningText?: { text?: string } } }[];
  readonly returnControl: readonly unknown[];
  readonly files: readonly unknown[];
  readonly streamErrors: readonly unknown[];
}

interface Recording {
  readonly name: string;
  readonly bytes: Buffer;
  readonly events: readonly Readonly<Record<string, unknown>>[];
  readonly expected: Expected;
}

const all = ['wire', 'notebook', 'quoted'].flatMap((folder) =>
  filesIn(`agents/${folder}`, '.expected.json').map(readRecording),
);

/** Until return of control is built these reject; what they must say instead stands in their `expected.returnControl`. */
const returningControl = all.filter(({ expected }) => expected.returnControl.length > 0);
const silent = all.filter(
  ({ expected }) => expected.returnControl.length === 0 && expected.finalText === null && expected.files.length === 0,
);
const answered = all.filter((recording) => !returningControl.includes(recording) && !silent.includes(recording));

const named = (list: readonly Recording[]) => list.map((recording) => [recording.name, recording] as const);
const small = named(all.filter(({ bytes }) => bytes.length < 6000));

const headers = {
  'content-type': 'application/vnd.amazon.eventstream',
  'x-amz-bedrock-agent-session-id': 'recorded-session',
  'x-amzn-bedrock-agent-content-type': 'application/json',
};

const player = await createPlayer(agentModel);

describe.skipIf(!recorded)('recorded answers of Bedrock Agents', () => {
  test('the recordings are all there', () => {
    expect(all.length).toBeGreaterThanOrEqual(45);
    expect(returningControl.length).toBeGreaterThanOrEqual(10);
    expect(silent.map(({ name }) => name)).toEqual(['q-failure-trace-400-2025-05']);
    expect(filesIn('agents/errors', '').length).toBeGreaterThanOrEqual(14);
    expect(all.flatMap(({ expected }) => expected.streamErrors)).toEqual([]);
  });

  describe.each(named(answered))('%s', (_, { bytes, events, expected }) => {
    const awkward = cutAt(bytes, [...around(frameEnds(bytes)), ...range(1, 12).map((part) => part * 997)]);

    test.each([
      ['in one write', [bytes]],
      ['in many', awkward],
    ])('is read whole as it was recorded, %s', async (_, pieces) => {
      const told = await player.whole({ pieces, headers });
      const usage = expected.usageDistinctByClientRequestId;
      expect(told.text).toBe(expected.finalText);
      expect(told.finish).toBe(isBlocked(events) ? 'content_filter' : 'stop');
      expect(told.calls).toEqual([]);
      expect(told.estimated).toBe(usage === null);
      if (usage) expect(told.usage).toEqual([usage.inputTokens, usage.outputTokens]);
      else expect(told.usage?.every((tokens) => tokens > 0)).toBe(true);
      expect(told.model).toBe(usage ? lastModel(events) : undefined);
      expectReasoning(told.reasoning, expected);
    });

    test('is the same as a stream, in one write and in many', async () => {
      const told = await player.whole({ pieces: [bytes], headers });
      expect(await player.streamed({ pieces: [bytes], headers })).toEqual({ told });
      expect(await player.streamed({ pieces: awkward, headers })).toEqual({ told });
    });

    test('hands on the text of a chunk with the byte that completes its frame', () => {
      const reader = createReader({ showTraces: false });
      const seen: AgentEvent[] = [];
      const said = () => seen.flatMap((one) => (one.type === 'text' ? [one.text] : [])).join('');
      let due = '';
      cutAt(bytes, frameEnds(bytes)).forEach((frame, index) => {
        reader.read(frame.subarray(0, -1), seen);
        expect(said()).toBe(due);
        reader.read(frame.subarray(-1), seen);
        due += textOf(events[index]);
        expect(said()).toBe(due);
      });
      expect(due).toBe(expected.finalText);
    });
  });

  // RETURN_CONTROL: replace this list with what the recordings expect once it is built.
  describe.each(named(returningControl))('%s, which returns control', (_, { bytes }) => {
    test('says that this is not built yet', async () => {
      const { error } = await player.streamed({ pieces: [bytes], headers });
      await expect(player.whole({ pieces: [bytes], headers })).rejects.toThrow(/not built yet/);
      expect(error).toBeInstanceOf(APIError);
      expect(String(error)).toMatch(/not built yet/);
    });
  });

  describe.each(named(silent))('%s, which has no answer', (_, { bytes }) => {
    test('is an error that gives the reason of the failure', async () => {
      await expect(player.whole({ pieces: [bytes], headers })).rejects.toThrow(BadRequestError);
      const { told, error } = await player.streamed({ pieces: [bytes], headers });
      expect(error).toBeInstanceOf(BadRequestError);
      expect(String(error)).toContain('on-demand throughput isn’t supported');
      expect(told).toMatchObject({ text: '', finish: null });
    });
  });

  test('an answer that ends before its first chunk is an error, whatever traces came', async () => {
    for (const { name, bytes, events } of answered) {
      const first = events.findIndex((one) => 'chunk' in one || 'files' in one);
      const cut = bytes.subarray(0, frameEnds(bytes)[first - 1] ?? 0);
      await expect(player.whole({ pieces: [cut], headers }), name).rejects.toThrow(APIError);
    }
  });
});

describe.skipIf(!recorded)('recorded failures of Bedrock Agents', () => {
  const read = (name: string) => (recorded ? bytesOf(`agents/errors/${name}.bin`) : Buffer.alloc(0));

  test.each([
    ['http-400-validation', BadRequestError, 400, 'ValidationException', /3 validation errors detected/],
    ['http-403-unrecognized-client', AuthenticationError, 401, 'UnrecognizedClientException', /security token/],
  ])('%s is an error of its status, in both modes', async (name, kind, status, code, message) => {
    const answer = jsonOf(`agents/errors/${name}.json`) as {
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    };
    const pieces = [Buffer.from(answer.body)];
    // The body was made readable after it was recorded, so its length no longer fits.
    const kept = Object.entries(answer.headers).filter(([name]) => name !== 'Content-Length');
    const body = { pieces, headers: Object.fromEntries(kept), status: answer.status };
    const whole = await player.whole(body).catch((error: unknown) => error);
    const { told, error } = await player.streamed(body);
    for (const thrown of [whole, error]) {
      expect(thrown).toBeInstanceOf(kind);
      expect(thrown).toMatchObject({ status, code, model: agentModel });
      expect(thrown).toMatchObject({ request_id: answer.headers['x-amzn-RequestId'] });
      expect(String(thrown)).toMatch(message);
    }
    expect(told.text).toBe('');
  });

  const exceptions = [
    ['stream-access-denied', PermissionDeniedError, 403, 'AccessDeniedException', /Access denied when calling Bedrock/],
    ['stream-dependency-failed', BadGatewayError, 502, 'DependencyFailedException', /model timeout\/error exception/],
    ['stream-throttling', RateLimitError, 429, 'ThrottlingException', /request rate is too high/],
  ] as const;

  test.each(exceptions)('%s rejects the call when it comes first', async (name, kind, status, code, message) => {
    for (const pieces of [[read(name)], bytewise(read(name))]) {
      const whole = await player.whole({ pieces, headers }).catch((error: unknown) => error);
      const { told, error } = await player.streamed({ pieces, headers });
      for (const thrown of [whole, error]) {
        expect(thrown).toBeInstanceOf(kind);
        expect(thrown).toMatchObject({ status, code, model: agentModel });
        expect(String(thrown)).toMatch(message);
      }
      expect(told).toMatchObject({ text: '', finish: null });
    }
  });

  test.each(exceptions)('%s in the middle comes after the text before it', async (name, kind, _status, code) => {
    const bytes = Buffer.concat([chunk('Half an '), chunk('answer'), read(name)]);
    for (const pieces of [[bytes], cutAt(bytes, frameEnds(bytes)), bytewise(bytes)]) {
      await expect(player.whole({ pieces, headers })).rejects.toThrow(kind);
      const { told, error } = await player.streamed({ pieces, headers });
      expect(error).toBeInstanceOf(kind);
      expect(error).toMatchObject({ code });
      expect(told).toMatchObject({ text: 'Half an answer', finish: null, usage: undefined });
    }
  });

  test('a denied stream says which permission the agent lacks, a denied answer does not', async () => {
    const pieces = [read('stream-access-denied')];
    const whole = await player.whole({ pieces, headers }).catch((error: unknown) => error);
    const { error } = await player.streamed({ pieces, headers });
    expect(String(error)).toContain('bedrock:InvokeModelWithResponseStream');
    expect(String(whole)).not.toContain('bedrock:InvokeModelWithResponseStream');
  });

  test('a stream that is cut inside a frame is a bad gateway', async () => {
    const bytes = read('stream-truncated-mid-frame');
    for (const pieces of [[bytes], cutAt(bytes, around(frameEnds(bytes)))]) {
      await expect(player.whole({ pieces, headers })).rejects.toThrow(BadGatewayError);
      const { told, error } = await player.streamed({ pieces, headers });
      expect(error).toBeInstanceOf(BadGatewayError);
      expect(error).toMatchObject({ status: 502 });
      expect(told).toMatchObject({ text: '', finish: null });
    }
  });

  test('a stream that is cut after text hands on the text and then fails', async () => {
    const bytes = Buffer.concat([chunk('Half an '), read('stream-truncated-mid-frame')]);
    await expect(player.whole({ pieces: [bytes], headers })).rejects.toThrow(BadGatewayError);
    const { told, error } = await player.streamed({ pieces: [bytes], headers });
    expect(error).toBeInstanceOf(BadGatewayError);
    expect(told).toMatchObject({ text: 'Half an ', finish: null, usage: undefined });
  });
});

// Without a network, and after all that have one: these keep Node from noticing that an idle connection was closed.
describe.skipIf(!recorded)('recorded bytes of Bedrock Agents', () => {
  describe.each(named(all))('%s, however it is cut', (_, { bytes }) => {
    const whole = play(createReader({ showTraces: true }), [bytes]);
    const read = (pieces: readonly Buffer[]) => play(createReader({ showTraces: true }), pieces);

    test('one byte at a time', () => {
      expect(read(bytewise(bytes))).toEqual(whole);
    });

    test('at, before and after each border of a frame', () => {
      for (const at of around(frameEnds(bytes))) expect(read(cutAt(bytes, [at])), `cut at ${at}`).toEqual(whole);
    });
  });

  describe.each(small)('%s, which is small', (_, { bytes }) => {
    const whole = play(createReader({ showTraces: false }), [bytes]);

    test('reads the same cut anywhere', () => {
      for (const at of range(1, bytes.length)) {
        expect(play(createReader({ showTraces: false }), cutAt(bytes, [at])), `cut at ${at}`).toEqual(whole);
      }
    });

    test('is an error when it ends anywhere inside a frame', () => {
      const ends = frameEnds(bytes);
      for (const at of range(1, bytes.length).filter((at) => !ends.includes(at))) {
        const { events, error } = play(createReader({ showTraces: false }), [bytes.subarray(0, at)]);
        expect(error, `ended at ${at}`).toBeInstanceOf(BadGatewayError);
        expect(events.filter(({ type }) => type === 'finish')).toEqual([]);
      }
    });
  });
});

function readRecording(file: string): Recording {
  const { expected } = jsonOf(file) as { readonly expected: Expected };
  const events = jsonOf(file.replace('.expected.json', '.json')) as Recording['events'];
  const hasBytes = filesIn(file.slice(0, file.lastIndexOf('/')), `/${nameOf(file)}.bin`.slice(1)).length > 0;
  const frames = () => Buffer.concat(events.flatMap((one) => Object.entries(one).map((entry) => event(...entry))));
  return {
    name: nameOf(file),
    bytes: hasBytes ? bytesOf(file.replace('.expected.json', '.bin')) : frames(),
    events,
    expected,
  };
}

/** An independent reading: each text in its order, and none more often than it was recorded. */
function expectReasoning(reasoning: string, { rationales, reasoningContent }: Expected): void {
  const texts = rationales.map(({ text }) => text).filter((text) => text !== '');
  let from = 0;
  for (const text of texts.filter((text, index) => text !== texts[index - 1])) {
    const at = reasoning.indexOf(text, from);
    expect(at, `missing after ${from}: ${text}`).toBeGreaterThanOrEqual(0);
    from = at + text.length;
  }
  const told = reasoningContent.map((one) => one.reasoningContent?.reasoningText?.text ?? '');
  const heard = [...texts, ...told].join('\n');
  for (const text of texts) expect(count(reasoning, text), text).toBeLessThanOrEqual(count(heard, text));
  if (heard.trim() === '') expect(reasoning).toBe('');
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

interface Step {
  readonly modelInvocationInput?: { readonly foundationModel?: string };
  readonly action?: string;
}

function stepsOf(events: Recording['events'], isTop: boolean): (readonly [string, Step])[] {
  return events.flatMap(({ trace }) => {
    const part = trace as
      { readonly trace: Readonly<Record<string, Step>>; readonly callerChain?: unknown[] } | undefined;
    if (!part || (isTop && (part.callerChain?.length ?? 0) > 1)) return [];
    return Object.entries(part.trace);
  });
}

/** `expected.foundationModels` lists each model once, so it does not say which came last. */
function lastModel(events: Recording['events']): string | undefined {
  const models = stepsOf(events, false).map(([, step]) => step.modelInvocationInput?.foundationModel);
  return models.findLast((model) => model !== undefined);
}

function isBlocked(events: Recording['events']): boolean {
  return stepsOf(events, true).some(
    ([name, step]) =>
      name === 'guardrailTrace' && step.action === 'INTERVENED' && JSON.stringify(step).includes('"BLOCKED"'),
  );
}

function textOf(one: Recording['events'][number] | undefined): string {
  const body = one?.['chunk'] as { readonly bytes?: string } | undefined;
  return Buffer.from(body?.bytes ?? '', 'base64').toString('utf8');
}
