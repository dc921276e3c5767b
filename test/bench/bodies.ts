import { setTimeout as sleep } from 'node:timers/promises';
import { chunk, event } from '../support/frames.ts';

/** An answer of AWS, by the name of the agent or runtime that gives it. */
export interface Body {
  readonly type: string;
  readonly pieces: () => AsyncIterable<Buffer> | Iterable<Buffer>;
}

/** Events in one of the long streams. */
export const manyEvents = 20_000;
export const manyTraces = 1_000;
/** Chunks in a stream that comes as a model speaks: each alone, and the next one a while later. */
export const spokenChunks = 100;
/** Chunks in a stream that tells when each was sent, and milliseconds between them. */
export const timedChunks = 20;
const pause = 3;
/** Bytes of the longest stream. */
export const gigabyte = 2 ** 30;

const eventStream = 'application/vnd.amazon.eventstream';
const word = 'A word of it, ';

/** Made when first asked for; every frame is 130 bytes long, as in AWS's own streams. */
function once(create: () => Buffer): () => Buffer[] {
  let made: Buffer | undefined;
  return () => [(made ??= create())];
}

function lines(line: (index: number) => string): () => Buffer[] {
  return once(() => Buffer.from(Array.from({ length: manyEvents }, (_, index) => line(index)).join('')));
}

export const bodies: Readonly<Record<string, Body>> = {
  CHUNKS: { type: eventStream, pieces: once(() => Buffer.concat(Array<Buffer>(manyEvents).fill(chunk(word)))) },
  TRACES: {
    type: eventStream,
    pieces: once(() => Buffer.concat([...Array.from({ length: manyTraces }, (_, index) => trace(index)), chunk(word)])),
  },
  SHORT: { type: eventStream, pieces: once(() => Buffer.concat([chunk('A short '), chunk('answer.')])) },
  OPEN: { type: eventStream, pieces: open },
  TIMED: { type: eventStream, pieces: () => timed(chunk) },
  SPOKEN: { type: eventStream, pieces: spoken },
  GIGABYTE: { type: eventStream, pieces: long },
  EVENTS: {
    type: eventStream,
    pieces: once(() => Buffer.concat(harness(Array<Buffer>(manyEvents).fill(delta(word))))),
  },
  BRIEF: { type: eventStream, pieces: once(() => Buffer.concat(harness([delta('A short '), delta('answer.')]))) },
  objects: {
    type: 'text/event-stream',
    pieces: lines(
      () => `data: {"event": {"contentBlockDelta": {"delta": {"text": "${word}"}, "contentBlockIndex": 0}}}\n\n`,
    ),
  },
  strings: { type: 'text/event-stream', pieces: lines(() => `data: ${JSON.stringify(word)}\n\n`) },
  short: { type: 'application/json', pieces: once(() => Buffer.from('{"result": "A short answer."}')) },
  timed: {
    type: 'text/event-stream',
    pieces: () => timed((text) => Buffer.from(`data: ${JSON.stringify(text)}\n\n`)),
  },
  json: {
    type: 'application/json',
    pieces: once(() => Buffer.from(JSON.stringify({ result: paragraph.repeat(1000) }))),
  },
};

const paragraph = 'The agent said: "It rains in Spain",\nand the plain — as ever — stayed dry.\n';

/** 16 KB of what an agent reports of a step: the prompt, the model's answer, what a tool and a knowledge base said. */
function trace(index: number): Buffer {
  const traceId = `step-${Math.floor(index / 4)}`;
  const text = JSON.stringify({
    system: paragraph.repeat(80),
    messages: [{ role: 'user', content: paragraph.repeat(80) }],
  });
  const usage = { inputTokens: 1000, outputTokens: 100 };
  const steps = [
    {
      modelInvocationInput: {
        traceId,
        type: 'ORCHESTRATION',
        foundationModel: 'anthropic.claude-3-haiku-20240307-v1:0',
        text,
      },
    },
    {
      modelInvocationOutput: {
        traceId,
        metadata: { clientRequestId: `call-${index}`, usage },
        rawResponse: { content: text },
      },
    },
    { observation: { traceId, type: 'ACTION_GROUP', actionGroupInvocationOutput: { text } } },
    {
      observation: {
        traceId,
        type: 'KNOWLEDGE_BASE',
        knowledgeBaseLookupOutput: {
          retrievedReferences: Array.from({ length: 5 }, (_, document) => ({
            content: { text: paragraph.repeat(40) },
            location: { type: 'S3', s3Location: { uri: `s3://bucket/document-${document}` } },
          })),
        },
      },
    },
  ];
  const orchestrationTrace = steps[index % steps.length];
  return event('trace', {
    agentId: 'TRACES',
    agentAliasId: 'ALIAS',
    sessionId: 'session',
    trace: { orchestrationTrace },
  });
}

function delta(text: string): Buffer {
  return event('contentBlockDelta', { contentBlockIndex: 0, delta: { text } });
}

/** What a harness sends around its words. */
function harness(deltas: readonly Buffer[]): Buffer[] {
  const usage = { inputTokens: 10, outputTokens: 10, totalTokens: 20 };
  return [
    event('messageStart', { role: 'assistant' }),
    ...deltas,
    event('contentBlockStop', { contentBlockIndex: 0 }),
    event('messageStop', { stopReason: 'end_turn' }),
    event('metadata', { usage, metrics: { latencyMs: 10 } }),
  ];
}

async function* spoken() {
  for (let index = 0; index < spokenChunks; index++) {
    await sleep(pause);
    yield chunk(word);
  }
}

async function* open() {
  yield chunk('The first word');
  // Until whoever reads has left.
  await new Promise<never>(() => undefined);
}

async function* timed(toPiece: (text: string) => Buffer) {
  for (let index = 0; index < timedChunks; index++) {
    await sleep(pause);
    yield toPiece(String(process.hrtime.bigint()));
  }
}

function* long() {
  const piece = chunk(paragraph.repeat(1000));
  for (let sent = 0; sent < gigabyte; sent += piece.length) yield piece;
}
