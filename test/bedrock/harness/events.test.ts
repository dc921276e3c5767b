import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentEvent } from '../../../src/agent.ts';
import { createReader } from '../../../src/bedrock/harness/events.ts';
import { toAPIError } from '../../../src/bedrock/errors.ts';
import { BadGatewayError, BadRequestError, completion, InternalServerError } from '../../../src/index.ts';
import { event, exception, frame } from '../../support/frames.ts';
import { serve } from '../../support/loopback.ts';
import { harnessModel, reach } from '../../support/models.ts';
import { bytewise, cutAt, play } from '../../support/recordings.ts';

type Step = readonly [type: string, body: object];

const start = (role = 'assistant'): Step => ['messageStart', { role }];
const delta = (contentBlockIndex: number, delta: object): Step => ['contentBlockDelta', { contentBlockIndex, delta }];
const text = (text: string): Step => delta(0, { text });
const think = (reasoningContent: object): Step => delta(0, { reasoningContent });
const call = (index: number, toolUse: object): Step => [
  'contentBlockStart',
  { contentBlockIndex: index, start: { toolUse } },
];
const input = (index: number, input: string): Step => delta(index, { toolUse: { input } });
const result = (toolUseId: string): Step => [
  'contentBlockStart',
  { contentBlockIndex: 0, start: { toolResult: { toolUseId, status: 'success' } } },
];
const close = (contentBlockIndex = 0): Step => ['contentBlockStop', { contentBlockIndex }];
const stop = (stopReason: string): Step => ['messageStop', { stopReason }];
const usage = (usage: object): Step => ['metadata', { usage, metrics: { latencyMs: 7 } }];

const toBytes = (steps: readonly Step[]) => Buffer.concat(steps.map(([type, body]) => event(type, body)));

/** The events that these steps are read as. */
function read(steps: readonly Step[], callable: readonly string[] = []): readonly AgentEvent[] {
  const { events, error } = play(createReader(new Set(callable)), [toBytes(steps)]);
  if (error !== undefined) throw error;
  return events;
}

const toolCall = (id: string, name: string, json = '{}') => ({ type: 'tool-call', id, name, arguments: json });
const calling = { type: 'finish', reason: 'tool-calls', raw: 'tool_use' };

describe('an answer', () => {
  it('is its text and its reasoning, in their order', () => {
    const steps = [
      start(),
      think({ text: 'Hm' }),
      think({ signature: 'c2ln' }),
      think({ redactedContent: 'eA==' }),
      close(),
      text('Hello '),
      text('€'),
      close(),
      stop('end_turn'),
    ];
    expect(read(steps)).toEqual([
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: 'Hello €' },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  it('may have several messages', () => {
    const steps = [
      start(),
      text('Let me look.'),
      call(1, { toolUseId: 'a', name: 'shell', type: 'tool_use' }),
      stop('tool_use'),
      start('user'),
      result('a'),
      delta(0, { toolResult: [{ text: 'secret' }] }),
      text('secret'),
      delta(0, { toolResultMetadata: { metadata: '{}' } }),
      stop('tool_result'),
      start(),
      text('Done.'),
      stop('end_turn'),
    ];
    expect(read(steps)).toEqual([
      { type: 'text', text: 'Let me look.' },
      { type: 'message' },
      { type: 'text', text: 'Done.' },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  it('may be empty', () => {
    expect(read([start(), stop('end_turn')])).toEqual([{ type: 'finish', reason: 'stop' }]);
  });

  it('is read the same however its bytes are cut, and around events that nobody knows', () => {
    const steps = [
      start(),
      text('Grüße'),
      ['hookEvent', { hookEventId: 'x', name: 'audit', type: 'after_invocation' }] as const,
      ['somethingNew', { a: 1 }] as const,
      call(1, { toolUseId: 'a', name: 'add' }),
      input(1, '{"a":'),
      input(1, '1}'),
      stop('tool_use'),
      usage({ inputTokens: 1, outputTokens: 2, totalTokens: 3 }),
    ];
    const bytes = toBytes(steps);
    const whole = read(steps);
    expect(whole.map(({ type }) => type)).toEqual(['text', 'usage', 'tool-call', 'finish']);
    expect(play(createReader(new Set()), bytewise(bytes)).events).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
        expect(play(createReader(new Set()), cutAt(bytes, cuts))).toEqual({ events: whole });
      }),
    );
  });
});

describe('a call', () => {
  it('that is open at the end is the caller’s, with its arguments put together', () => {
    const steps = [
      start(),
      call(0, { toolUseId: 'a', name: 'add' }),
      input(0, '{"a":1'),
      input(0, '}'),
      close(),
      stop('tool_use'),
    ];
    expect(read(steps)).toEqual([toolCall('a', 'add', '{"a":1}'), calling]);
  });

  it('is one of several, though their indexes repeat', () => {
    const steps = [
      start(),
      call(0, { toolUseId: 'a', name: 'add' }),
      input(0, '{"a":1}'),
      call(0, { toolUseId: 'b', name: 'add' }),
      input(0, '{"b":2}'),
      call(1, { toolUseId: 'c', name: 'say' }),
      stop('tool_use'),
    ];
    expect(read(steps)).toEqual([
      toolCall('a', 'add', '{"a":1}'),
      toolCall('b', 'add', '{"b":2}'),
      toolCall('c', 'say'),
      calling,
    ]);
  });

  it.each([
    ['of a server', { type: 'server_tool_use' }],
    ['of an MCP server', { type: 'mcp_tool_use' }],
    ['of a named server', { serverName: 'git' }],
  ])('%s is never the caller’s', (_, more) => {
    const steps = [start(), call(0, { toolUseId: 'a', name: 'f', ...more }), input(0, '{}'), stop('tool_use')];
    expect(read(steps)).toEqual([{ type: 'finish', reason: 'stop', raw: 'tool_use' }]);
  });

  it('of a tool that the caller did not describe is the harness’s, where the caller described any', () => {
    const steps = [
      start(),
      call(0, { toolUseId: 'a', name: 'shell' }),
      call(1, { toolUseId: 'b', name: 'add' }),
      stop('tool_use'),
    ];
    expect(read(steps, ['add'])).toEqual([toolCall('b', 'add'), calling]);
    expect(read(steps)).toEqual([toolCall('a', 'shell'), toolCall('b', 'add'), calling]);
  });

  it('that the harness ran beside the caller’s leaves the caller’s open', () => {
    const steps = [
      start(),
      call(0, { toolUseId: 'a', name: 'shell' }),
      call(1, { toolUseId: 'b', name: 'add' }),
      input(1, '{"a":1}'),
      stop('tool_use'),
      start('user'),
      result('a'),
      stop('tool_result'),
    ];
    expect(read(steps)).toEqual([
      toolCall('b', 'add', '{"a":1}'),
      { type: 'finish', reason: 'tool-calls', raw: 'tool_result' },
    ]);
  });

  it('that a further message of the assistant follows was run', () => {
    const steps = [start(), call(0, { toolUseId: 'a', name: 'f' }), stop('tool_use'), start(), stop('end_turn')];
    expect(read(steps)).toEqual([{ type: 'message' }, { type: 'finish', reason: 'stop' }]);
  });

  it.each(['max_tokens', 'content_filtered', 'malformed_tool_use', 'timeout_exceeded', 'interrupted'])(
    'of a turn that ended with %s is not to be run',
    (reason) => {
      const steps = [start(), call(0, { toolUseId: 'a', name: 'f' }), input(0, '{"a":'), stop(reason)];
      expect(read(steps).map(({ type }) => type)).toEqual(['finish']);
    },
  );
});

describe('the end', () => {
  it.each([
    ['end_turn', 'stop', undefined],
    ['stop_sequence', 'stop', 'stop_sequence'],
    ['tool_use', 'stop', 'tool_use'],
    ['max_tokens', 'length', 'max_tokens'],
    ['max_output_tokens_exceeded', 'length', 'max_output_tokens_exceeded'],
    ['model_context_window_exceeded', 'length', 'model_context_window_exceeded'],
    ['content_filtered', 'content-filter', 'content_filtered'],
    ['partial_turn', 'stop', 'partial_turn'],
    ['interrupted', 'stop', 'interrupted'],
    ['timeout_exceeded', 'stop', 'timeout_exceeded'],
    ['max_iterations_exceeded', 'stop', 'max_iterations_exceeded'],
    ['malformed_model_output', 'stop', 'malformed_model_output'],
    ['malformed_tool_use', 'stop', 'malformed_tool_use'],
    ['hook_stopped', 'stop', 'hook_stopped'],
    ['a_new_one', 'stop', 'a_new_one'],
  ])('%s is %s', (stopReason, reason, raw) => {
    const finish = { type: 'finish', reason, ...(raw !== undefined && { raw }) };
    expect(read([start(), text('x'), stop(stopReason)]).at(-1)).toEqual(finish);
  });

  it.each<[string, readonly Step[]]>([
    ['nothing came', []],
    ['only usage came', [usage({ inputTokens: 1, outputTokens: 1 })]],
    ['a message began', [start()]],
    ['text came', [start(), text('Hel')]],
    ['text came after the last message', [start(), stop('tool_use'), text('Hel')]],
    ['a further message began', [start(), stop('tool_use'), start('user')]],
  ])('is missing when %s', (_, steps) => {
    expect(() => read(steps)).toThrow(BadGatewayError);
  });
});

describe('usage', () => {
  it('is told for every model call, with what the cache read and wrote in the input', () => {
    const steps = [
      start(),
      stop('tool_use'),
      usage({ inputTokens: 10, outputTokens: 5, totalTokens: 15 }),
      start(),
      stop('end_turn'),
      usage({
        inputTokens: 3,
        outputTokens: 4,
        totalTokens: 1107,
        cacheReadInputTokens: 1000,
        cacheWriteInputTokens: 100,
      }),
    ];
    expect(read(steps).filter(({ type }) => type === 'usage')).toEqual([
      { type: 'usage', inputTokens: 10, outputTokens: 5 },
      { type: 'usage', inputTokens: 1103, outputTokens: 4, cachedTokens: 1000 },
    ]);
  });

  it('is summed in the answer', async () => {
    const bytes = toBytes([
      start(),
      text('a'),
      stop('tool_use'),
      usage({ inputTokens: 10, outputTokens: 5, totalTokens: 19, cacheReadInputTokens: 4 }),
      start(),
      text('b'),
      stop('end_turn'),
      usage({ inputTokens: 3, outputTokens: 4, totalTokens: 7 }),
    ]);
    const server = await serve((response) => {
      response.writeHead(200, {
        'content-type': 'application/vnd.amazon.eventstream',
        'x-amzn-requestid': 'request-1',
      });
      response.end(bytes);
    });
    const answer = await completion({
      ...reach(server.url),
      model: harnessModel,
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(answer.choices[0]?.message.content).toBe('a\n\nb');
    expect(answer.usage).toEqual({
      prompt_tokens: 17,
      completion_tokens: 9,
      total_tokens: 26,
      prompt_tokens_details: { cached_tokens: 4 },
    });
    expect(answer._hidden_params).toMatchObject({ request_id: 'request-1', region_name: 'us-west-2' });
    expect(answer._hidden_params.session_id).toMatch(/^session-[0-9a-f-]{36}$/);
  });
});

describe('an exception in the stream', () => {
  it.each([
    ['internalServerException', InternalServerError, 500],
    ['validationException', BadRequestError, 400],
    ['runtimeClientError', BadGatewayError, 502],
  ] as const)('%s is ours, after what came before it', (type, expected, status) => {
    const bytes = Buffer.concat([toBytes([start(), text('one')]), exception(type, 'It broke.')]);
    const { events, error } = play(createReader(new Set()), [bytes]);
    expect(events).toEqual([{ type: 'text', text: 'one' }]);
    const ours = toAPIError(error);
    expect(ours).toBeInstanceOf(expected);
    expect(ours).toMatchObject({ status, message: 'It broke.' });
  });

  it('may have no name that anybody knows', () => {
    const bytes = frame({ ':message-type': 'error', ':error-code': 'Odd', ':error-message': 'It is odd.' }, '');
    expect(toAPIError(play(createReader(new Set()), [bytes]).error)).toMatchObject({
      status: 500,
      message: 'It is odd.',
    });
  });
});
