import { agentExceptions, harnessExceptions, runtimeExceptions } from '../../src/local/exceptions.ts';
import { chunk, event } from '../support/frames.ts';
import { agentModel, harnessModel, reach, runtimeModel } from '../support/models.ts';

/** What is answered wherever nothing goes wrong: in two events at least, where a service has events. */
export const answer = 'one two';
/** What its first event says. */
export const firstWords = 'one ';

/** How one service is asked and answers. */
export interface Service {
  readonly name: ServiceName;
  readonly model: string;
  /** Parameters that reach a server of ours. */
  readonly reach: (url: string) => Readonly<Record<string, unknown>>;
  readonly contentType: string;
  /** The answer on the wire. */
  readonly events: readonly Buffer[];
  /** Bytes that say nothing; a body that is one value has none. */
  readonly heartbeat?: Buffer;
  /** The operation's exceptions and their HTTP status. */
  readonly exceptions: ReadonlyMap<string, number>;
  /** How its events stand in its body. */
  readonly framing: 'frames' | 'lines' | 'one value';
}

export const serviceNames = [
  'Agents',
  'Runtime (SSE)',
  'Runtime (JSON)',
  'Runtime (JWT)',
  'Container',
  'Harness',
] as const;
export type ServiceName = (typeof serviceNames)[number];

export const runtimes = ['Runtime (SSE)', 'Runtime (JSON)', 'Runtime (JWT)', 'Container'] as const;
export const streamedRuntimes = ['Runtime (SSE)', 'Runtime (JWT)', 'Container'] as const;
/** Those whose answers are AWS's event streams. */
export const framed = ['Agents', 'Harness'] as const;

/** An event of a runtime, as AWS's Python SDK writes it. */
export const line = (value: unknown) => Buffer.from(`data: ${JSON.stringify(value)}\n\n`);

const delta = (text: string) => ({ event: { contentBlockDelta: { delta: { text }, contentBlockIndex: 0 } } });

const sse: Service = {
  name: 'Runtime (SSE)',
  model: runtimeModel,
  reach,
  contentType: 'text/event-stream; charset=utf-8',
  // As a Strands agent tells it.
  events: [
    Buffer.concat([line({ event: { messageStart: { role: 'assistant' } } }), line(delta(firstWords))]),
    line(delta('two')),
    line({ event: { messageStop: { stopReason: 'end_turn' } } }),
  ],
  heartbeat: Buffer.from(': ping\n\n'),
  exceptions: runtimeExceptions,
  framing: 'lines',
};

const harnessDelta = (text: string) => event('contentBlockDelta', { contentBlockIndex: 0, delta: { text } });

export const services: readonly Service[] = [
  {
    name: 'Agents',
    model: agentModel,
    reach,
    contentType: 'application/vnd.amazon.eventstream',
    events: [chunk(firstWords), chunk('two')],
    heartbeat: event('trace', { agentId: 'L1RT58GYRW', trace: { orchestrationTrace: { modelInvocationInput: {} } } }),
    exceptions: agentExceptions,
    framing: 'frames',
  },
  sse,
  {
    name: 'Runtime (JSON)',
    model: runtimeModel,
    reach,
    contentType: 'application/json',
    events: [Buffer.from(JSON.stringify({ result: answer }))],
    exceptions: runtimeExceptions,
    framing: 'one value',
  },
  {
    ...sse,
    name: 'Runtime (JWT)',
    reach: (url) => ({ api_base: url, api_key: () => Promise.resolve('header.payload.signature') }),
  },
  { ...sse, name: 'Container', model: 'bedrock/agentcore/http://localhost:8080', reach: (url) => ({ api_base: url }) },
  {
    name: 'Harness',
    model: harnessModel,
    reach,
    contentType: 'application/vnd.amazon.eventstream',
    events: [
      Buffer.concat([event('messageStart', { role: 'assistant' }), harnessDelta(firstWords)]),
      harnessDelta('two'),
      event('messageStop', { stopReason: 'end_turn' }),
    ],
    heartbeat: event('hookEvent', { hookEventId: 'f3b5', name: 'audit', type: 'before_tool_call' }),
    exceptions: harnessExceptions,
    framing: 'frames',
  },
];
