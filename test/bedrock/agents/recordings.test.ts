import { describe, expect, test } from 'vitest';
import type { AgentEvent } from '../../../src/agent.ts';
import { parseCallId } from '../../../src/bedrock/agents/call-id.ts';
import { createReader } from '../../../src/bedrock/agents/events.ts';
import {
  APIError,
  AuthenticationError,
  BadGatewayError,
  BadRequestError,
  completion,
  PermissionDeniedError,
  RateLimitError,
} from '../../../src/index.ts';
import { chunk, event } from '../../support/frames.ts';
import { serve } from '../../support/loopback.ts';
import { agentModel, reach } from '../../support/models.ts';
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
  readonly returnControl: readonly ReturnControl[];
  readonly files: readonly { readonly name: string; readonly type: string }[];
  readonly citations: readonly ExpectedCitation[];
  readonly guardrails: readonly { readonly action: string }[];
  readonly failures: readonly unknown[];
  readonly streamErrors: readonly unknown[];
}

interface ExpectedCitation {
  readonly text: string;
  readonly references: readonly { readonly location: { readonly type: string } }[];
}

interface ReturnControl {
  readonly invocationId: string;
  readonly invocationInputs: readonly {
    readonly functionInvocationInput?: Invocation & { readonly function: string };
    readonly apiInvocationInput?: Invocation & {
      readonly apiPath: string;
      readonly httpMethod: string;
      readonly requestBody?: { readonly content: Readonly<Record<string, { readonly properties: readonly Value[] }>> };
    };
  }[];
}

interface Invocation {
  readonly actionGroup: string;
  readonly actionInvocationType?: string;
  readonly parameters?: readonly Value[];
}

interface Value {
  readonly name: string;
  readonly type: string;
  readonly value: string;
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

/** What the reader of an answer knows of its request. */
const asked = { sessionId: 'recorded-session', agentId: 'L1RT58GYRW', tools: [] };

const player = await createPlayer(agentModel);

/** The calls of recordings that are worth seeing; those of the others are computed from what was recorded. */
const callsSeen: Readonly<Record<string, string>> = {
  'nb-roc-function-turn1': 'get_available_vacations_days({"employee_id":1})',
  'nb-roc-api-schema-turn1':
    'post_notify({"claimId":"claim-006","pendingDocuments":' +
    '"[{id=AccidentImages, requirement=Please upload the accident images as soon as possible.}]"})',
  'nb-roc-user-confirmation-and-result-turn1':
    'reserve_vacation_time({"end_date":"2024-11-19","employee_id":1,"start_date":"2024-11-14"})',
  'q-docs-roc-api': 'get_get-weather({"location":"seattle","date":"2024-09-15"})',
  'nb-lc-roc-conversation-turn2': 'getMortgageRate({"asset_value":"100K","asset_holder_id":"AVC-1234"})',
};

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

    test('cites, hands over files and tells of guardrails and failures as it was recorded, in both modes', async () => {
      const { message, delta } = await tellFields(bytes);
      const fields = message.provider_specific_fields ?? {};
      const cited = (fields.citations ?? []) as WireCitation[];
      const said = cited.filter(({ looked_up: isLookedUp }) => isLookedUp !== true);
      expect(said.map((each) => each.generatedResponsePart?.textResponsePart?.text)).toEqual(
        expected.citations.map(({ text }) => text),
      );
      expect(said.map((each) => each.retrievedReferences.map(({ location }) => location.type))).toEqual(
        expected.citations.map(({ references }) => references.map(({ location }) => location.type)),
      );
      const isCited = expected.citations.some(({ references }) => references.length > 0);
      expect(cited.length - said.length).toBe(isCited ? 0 : lookupsIn(events));
      const web = said.flatMap((each) =>
        each.retrievedReferences.flatMap(({ location }) => location.webLocation?.url ?? []),
      );
      const marks = (message.annotations ?? []).map((each) => each.url_citation);
      expect(new Set(marks.map(({ url }) => url))).toEqual(new Set(web));
      for (const { start_index: start, end_index: end } of marks) {
        const texts = expected.citations.map(({ text }) => text.trim());
        expect(texts).toContain(message.content?.slice(start, end));
      }
      const made = [...(message.images ?? []), ...(fields.files ?? [])].map(({ name }) => name);
      expect(made.sort()).toEqual(expected.files.map(({ name }) => name).sort());
      const found = expected.guardrails.filter(({ action }) => action === 'INTERVENED');
      expect(fields.guardrails ?? []).toMatchObject(found);
      expect(fields.failures ?? []).toMatchObject(expected.failures);
      expect(delta).toMatchObject({
        ...(message.annotations && { annotations: message.annotations }),
        ...(message.images && { images: message.images }),
        provider_specific_fields: fields,
      });
    });

    test('hands on the text of a chunk with the byte that completes its frame', () => {
      const reader = createReader({ showTraces: false, asked });
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

  describe.each(named(returningControl))('%s, which returns control', (name, { bytes, expected }) => {
    const cuts = cutAt(bytes, [...around(frameEnds(bytes)), ...range(1, 12).map((part) => part * 97)]);

    test.each([
      ['in one write', [bytes]],
      ['in many', cuts],
    ])('asks for each of its actions, %s', async (_, pieces) => {
      const told = await player.whole({ pieces, headers });
      const usage = expected.usageDistinctByClientRequestId;
      expect(told.calls).toEqual(callsOf(expected));
      expect(told.calls).toHaveLength(1);
      if (callsSeen[name] !== undefined) expect(told.calls).toEqual([callsSeen[name]]);
      expect(told.text).toBe('');
      expect(told.finish).toBe('tool_calls');
      expect(told.estimated).toBe(usage === null);
      if (usage) expect(told.usage).toEqual([usage.inputTokens, usage.outputTokens]);
      expectReasoning(told.reasoning, expected);
    });

    test('is the same as a stream, in one write and in many', async () => {
      const told = await player.whole({ pieces: [bytes], headers });
      expect(await player.streamed({ pieces: [bytes], headers })).toEqual({ told });
      expect(await player.streamed({ pieces: cuts, headers })).toEqual({ told });
    });

    test('has calls that a client can run and answer, and no content', async () => {
      const server = await serve((response) => void response.writeHead(200, headers).end(bytes));
      const messages = [{ role: 'user', content: 'Hi' }] as const;
      const { choices } = await completion({ model: agentModel, messages, ...reach(server.url) });
      const message = choices[0]?.message;
      expect(message?.content).toBeNull();
      const inputs = expected.returnControl.flatMap(({ invocationId, invocationInputs }) =>
        invocationInputs.map((input) => ({ invocationId, input })),
      );
      message?.tool_calls?.forEach((call, index) => {
        const { invocationId, input } = inputs[index] ?? expect.unreachable('a call that was not recorded');
        const { actionGroup, actionInvocationType: kind } = input.functionInvocationInput ??
          input.apiInvocationInput ?? { actionGroup: '' };
        const target = input.functionInvocationInput
          ? { type: 'function', name: input.functionInvocationInput.function }
          : { type: 'api', path: input.apiInvocationInput?.apiPath, verb: input.apiInvocationInput?.httpMethod };
        expect(call.type).toBe('function');
        expect(call.function.name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
        expect(parseCallId(call.id)).toMatchObject({
          sessionId: 'recorded-session',
          invocationId,
          index,
          actionGroup,
          target,
        });
        expect(call.provider_specific_fields).toMatchObject({
          action_group: actionGroup,
          ...(kind !== undefined && { action_invocation_type: kind }),
        });
      });
      expect(message?.tool_calls).toHaveLength(inputs.length);
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
    const whole = play(createReader({ showTraces: true, asked }), [bytes]);
    const read = (pieces: readonly Buffer[]) => play(createReader({ showTraces: true, asked }), pieces);

    test('one byte at a time', () => {
      expect(read(bytewise(bytes))).toEqual(whole);
    });

    test('at, before and after each border of a frame', () => {
      for (const at of around(frameEnds(bytes))) expect(read(cutAt(bytes, [at])), `cut at ${at}`).toEqual(whole);
    });
  });

  describe.each(small)('%s, which is small', (_, { bytes }) => {
    const whole = play(createReader({ showTraces: false, asked }), [bytes]);

    test('reads the same cut anywhere', () => {
      for (const at of range(1, bytes.length)) {
        expect(play(createReader({ showTraces: false, asked }), cutAt(bytes, [at])), `cut at ${at}`).toEqual(whole);
      }
    });

    test('is an error when it ends anywhere inside a frame', () => {
      const ends = frameEnds(bytes);
      for (const at of range(1, bytes.length).filter((at) => !ends.includes(at))) {
        const { events, error } = play(createReader({ showTraces: false, asked }), [bytes.subarray(0, at)]);
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

/** `name(arguments)` of each recorded action. All recorded lists are Java's, so they stay text. */
function callsOf({ returnControl }: Expected): string[] {
  return returnControl.flatMap(({ invocationInputs }) =>
    invocationInputs.map(({ functionInvocationInput: called, apiInvocationInput: api }) => {
      const name = called?.function ?? `${api?.httpMethod.toLowerCase()}_${api?.apiPath.slice(1)}`;
      const body = Object.values(api?.requestBody?.content ?? {}).flatMap(({ properties }) => properties);
      const values = [...((called ?? api)?.parameters ?? []), ...body].map(
        (one) => [one.name, one.type === 'integer' ? Number.parseInt(one.value, 10) : one.value] as const,
      );
      return `${name}(${JSON.stringify(Object.fromEntries(values))})`;
    }),
  );
}

interface WireCitation {
  readonly looked_up?: boolean;
  readonly generatedResponsePart?: { readonly textResponsePart?: { readonly text?: string } };
  readonly retrievedReferences: readonly {
    readonly location: { readonly type: string; readonly webLocation?: { readonly url: string } };
  }[];
}

/** The message of a whole answer, and the last delta of the same as a stream. */
async function tellFields(bytes: Buffer) {
  const server = await serve((response) => void response.writeHead(200, headers).end(bytes));
  const parameters = { model: agentModel, messages: [{ role: 'user', content: 'Hi' }], ...reach(server.url) } as const;
  const { choices } = await completion(parameters);
  let delta: unknown;
  for await (const { choices: each } of await completion({ ...parameters, stream: true })) delta = each[0]?.delta;
  return { message: choices[0]?.message ?? expect.unreachable('an answer has a message'), delta };
}

function lookupsIn(events: Recording['events']): number {
  return stepsOf(events, false).filter(([, step]) => {
    const { retrievedReferences = [] } = step.observation?.knowledgeBaseLookupOutput ?? {};
    return retrievedReferences.length > 0;
  }).length;
}

/** An independent reading: each text in its order, and none more often than it was recorded. */
function expectReasoning(reasoning: string, { rationales, reasoningContent }: Expected): void {
  const texts = rationales.map(({ text }) => text).filter((text) => text !== '');
  let from = 0;
  for (const text of texts) {
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
  readonly observation?: { readonly knowledgeBaseLookupOutput?: { readonly retrievedReferences?: readonly unknown[] } };
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
