import type { ResponseStream } from '@aws-sdk/client-bedrock-agent-runtime';
import { describe, expect, test } from 'vitest';
import type { LocalAgent, LocalAgentEvent, LocalTracePart } from '../../src/local.ts';
import { event } from '../support/frames.ts';
import { serve } from '../support/loopback.ts';
import { filesIn, jsonOf, nameOf, recorded } from '../support/recordings.ts';
import { invokeAgent, start } from './clients.ts';

/** An event of AWS's as it was on the wire: bytes are base64. */
type WireEvent =
  | { readonly chunk: { readonly bytes: string; readonly attribution?: unknown } }
  | { readonly files: { readonly files: readonly { name: string; type: string; bytes: string }[] } }
  | { readonly returnControl: Readonly<Record<string, unknown>> }
  | { readonly trace: LocalTracePart };

const asked = { enableTrace: true, streamingConfigurations: { streamFinalResponse: true } };

// A generator function is what users write; not all of them have something to wait for.
/* eslint-disable @typescript-eslint/require-await */
/** An agent that says again what one of AWS's said. */
function createReplay(recording: readonly WireEvent[]): LocalAgent {
  return async function* () {
    for (const recorded of recording) yield toLocalEvent(recorded);
  };
}

function toLocalEvent(recorded: WireEvent): LocalAgentEvent {
  if ('trace' in recorded) return recorded.trace;
  if ('chunk' in recorded) return { chunk: { ...recorded.chunk, bytes: Buffer.from(recorded.chunk.bytes, 'base64') } };
  if ('returnControl' in recorded) return recorded;
  const { files } = recorded.files;
  return { files: files.map((file) => ({ ...file, bytes: Buffer.from(file.bytes, 'base64') })) };
}

/** What AWS's client reads from the recording itself, framed by AWS's own codec. */
async function readRecording(recording: readonly WireEvent[]): Promise<readonly ResponseStream[]> {
  const frames = recording.flatMap((recorded) => Object.entries(recorded).map(([type, body]) => event(type, body)));
  const { url } = await serve((response) => {
    response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
    response.end(Buffer.concat(frames));
  });
  return (await invokeAgent({ url })).events;
}

async function play(agent: LocalAgent): Promise<readonly ResponseStream[]> {
  const { events, error } = await invokeAgent(await start({ agents: { 'AGENT/ALIAS': agent } }), asked);
  expect(error).toBeUndefined();
  return events;
}

const recordings = ['wire', 'notebook', 'quoted']
  .flatMap((folder) => filesIn(`agents/${folder}`, '.json'))
  .filter((file) => !file.endsWith('.expected.json'));

describe.skipIf(!recorded)('a recorded answer', () => {
  test.each(recordings.map((file) => [nameOf(file), file]))(
    '%s is read as it was when an agent says it',
    async (_, file) => {
      const recording = jsonOf(file) as readonly WireEvent[];
      const [expected, replayed] = [await readRecording(recording), await play(createReplay(recording))];
      // The local Bedrock fills in what old recordings do not have of a trace's frame.
      expect(replayed).toMatchObject(expected);
      const tracesOf = (events: readonly ResponseStream[]) => events.map(({ trace }) => trace?.trace);
      expect(tracesOf(replayed)).toEqual(tracesOf(expected));
    },
  );
});

const metadata = {
  clientRequestId: 'c',
  startTime: '2026-01-01T00:00:00Z',
  usage: { inputTokens: 1, outputTokens: 2 },
};
const traceId = 't-0';

test.each<LocalTracePart>([
  { trace: { guardrailTrace: { traceId, action: 'INTERVENED', inputAssessments: [{ topicPolicy: { topics: [] } }] } } },
  {
    trace: {
      orchestrationTrace: {
        invocationInput: {
          traceId,
          invocationType: 'KNOWLEDGE_BASE',
          knowledgeBaseLookupInput: { knowledgeBaseId: 'KB', text: 'What?' },
        },
      },
    },
  },
  {
    trace: {
      orchestrationTrace: {
        observation: {
          traceId,
          type: 'KNOWLEDGE_BASE',
          knowledgeBaseLookupOutput: {
            retrievedReferences: [{ content: { type: 'TEXT', text: 'x' }, metadata: { page: 1 } }],
          },
        },
      },
    },
  },
  {
    trace: {
      orchestrationTrace: {
        invocationInput: {
          traceId,
          invocationType: 'ACTION_GROUP_CODE_INTERPRETER',
          codeInterpreterInvocationInput: { code: '1 + 1' },
        },
      },
    },
  },
  {
    trace: {
      orchestrationTrace: {
        observation: { traceId, codeInterpreterInvocationOutput: { executionOutput: '2', files: ['a.png'] } },
      },
    },
  },
  { trace: { orchestrationTrace: { observation: { traceId, finalResponse: { text: 'Done.' } } } } },
  { trace: { preProcessingTrace: { modelInvocationOutput: { traceId, parsedResponse: { isValid: true } } } } },
  { trace: { postProcessingTrace: { modelInvocationOutput: { traceId, parsedResponse: { text: 'Done.' } } } } },
  { trace: { routingClassifierTrace: { modelInvocationInput: { traceId, type: 'ROUTING_CLASSIFIER' } } } },
  { trace: { customOrchestrationTrace: { traceId, event: { text: 'x' } } } },
  { trace: { failureTrace: { traceId, failureCode: 400, failureReason: 'tired' } } },
])('$trace passes', async (part) => {
  const [read] = await play(async function* () {
    yield part;
  });
  expect(read?.trace?.trace).toEqual(part.trace);
});

test('the metadata of a trace and the reasoning of a model pass, times as dates and blobs as bytes', async () => {
  const redactedContent = Buffer.from('secret').toString('base64');
  const output = { traceId, metadata, reasoningContent: { redactedContent } };
  const [read] = await play(async function* () {
    yield { trace: { orchestrationTrace: { modelInvocationOutput: output } } };
  });
  expect(read?.trace?.trace?.orchestrationTrace?.modelInvocationOutput).toEqual({
    traceId,
    metadata: { ...metadata, startTime: new Date('2026-01-01T00:00:00Z') },
    reasoningContent: { redactedContent: new Uint8Array(Buffer.from('secret')) },
  });
});

test('a trace may be that of a collaborator', async () => {
  const callerChain = [{ agentAliasArn: 'arn:a' }, { agentAliasArn: 'arn:b' }];
  const [read] = await play(async function* () {
    yield {
      trace: { failureTrace: { failureReason: 'tired' } },
      agentId: 'OTHER',
      agentVersion: '7',
      collaboratorName: 'helper',
      callerChain,
      eventTime: new Date(0),
    };
  });
  expect(read?.trace).toMatchObject({
    agentId: 'OTHER',
    agentAliasId: 'ALIAS',
    agentVersion: '7',
    collaboratorName: 'helper',
    callerChain,
    eventTime: new Date(0),
    sessionId: 'session',
  });
});
