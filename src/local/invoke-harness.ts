import type { IncomingMessage, ServerResponse } from 'node:http';
import { createLeaveSignal, readBody, write } from './connection.ts';
import { eventFrame, exceptionFrame } from './event-stream.ts';
import {
  awsException,
  harnessExceptions,
  harnessStreamExceptions,
  sendException,
  toError,
  toWireException,
} from './exceptions.ts';
import type { WireException } from './exceptions.ts';
import type { Fault } from './faults.ts';
import { toParts } from './harness-events.ts';
import type { LocalHarnessPart } from './harness-events.ts';
import { parseHarnessRequest } from './harness-request.ts';
import type { HarnessCall, LocalHarness, LocalMessage } from './harness-request.ts';
import { toRecord } from './json.ts';
import { createMemory } from './memory.ts';
import type { Memory } from './memory.ts';
import { sessionHeader, userHeader } from './runtime-request.ts';
import { strike } from './strike.ts';

/** Who answers InvokeHarness, what was said before, and what goes wrong with this call. */
export interface HarnessService {
  readonly find: (arn: string) => LocalHarness | undefined;
  readonly memory: Memory<LocalMessage[]>;
  readonly fault: Fault | undefined;
}

/** What was said in the sessions of harnesses, by ARN and session id. */
export function createHarnessMemory(): Memory<LocalMessage[]> {
  return createMemory<LocalMessage[]>(() => []);
}

/** Answers one InvokeHarness call. A failure is an HTTP error as long as nothing was sent, then an exception in the stream. */
export async function invokeHarness(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  target: Pick<HarnessCall, 'arn' | 'qualifier' | 'requestId'>,
  { find, memory, fault }: HarnessService,
): Promise<void> {
  const signal = createLeaveSignal(outgoing);
  try {
    const { headers } = incoming;
    const [sessionId, userId] = [headers[sessionHeader]?.toString(), headers[userHeader]?.toString()];
    const body = (await readBody(incoming)).toString('utf8');
    const request = parseHarnessRequest({ ...target, sessionId, userId, signal }, body);
    const harness = find(request.arn);
    if (!harness) throw awsException('ResourceNotFoundException', `The local Bedrock has no harness '${request.arn}'.`);
    if (fault?.type === 'exception') throw fault.exception;

    const session = memory.open(`${request.arn}/${request.sessionId}`);
    const parts = toParts(harness({ ...request, earlier: [...session] }), signal);
    const frames = toFrames(remember(session, request.messages, parts));
    for await (const frame of strike(frames, fault, { outgoing, signal, toLastPiece: toExceptionFrame })) {
      if (!outgoing.headersSent) outgoing.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
      await write(outgoing, frame, signal);
    }
    outgoing.end();
  } catch (error) {
    if (!signal.aborted) fail(outgoing, error);
  }
}

async function* toFrames(parts: AsyncIterable<LocalHarnessPart>): AsyncGenerator<Uint8Array> {
  for await (const part of parts) for (const [type, body] of Object.entries(part)) yield eventFrame(type, body);
}

/** Passes an answer on, and remembers these messages and its text when it has come to its end; AWS forgets an answer that waits for its caller. */
async function* remember(
  session: LocalMessage[],
  messages: readonly LocalMessage[],
  parts: AsyncIterable<LocalHarnessPart>,
): AsyncGenerator<LocalHarnessPart> {
  let text = '';
  let stopReason: unknown;
  for await (const part of parts) {
    if ('contentBlockDelta' in part) {
      const said = toRecord(part.contentBlockDelta['delta'])['text'];
      if (typeof said === 'string') text += said;
    }
    if ('messageStop' in part) stopReason = part.messageStop['stopReason'];
    yield part;
  }
  session.push(...messages);
  if (stopReason !== 'tool_use' && text !== '') session.push({ role: 'assistant', content: [{ text }] });
}

function fail(outgoing: ServerResponse, error: unknown): void {
  if (outgoing.headersSent) {
    outgoing.end(toExceptionFrame(error));
    return;
  }
  const exception = toException(error, harnessExceptions);
  sendException(outgoing, harnessExceptions.get(exception.name) ?? 424, exception);
}

function toExceptionFrame(error: unknown): Uint8Array {
  return exceptionFrame(toException(error, harnessStreamExceptions));
}

/** AWS's model of a ValidationException requires a reason. */
function toException(error: unknown, names: ReadonlyMap<string, number>): WireException {
  const unknown = { name: 'RuntimeClientError', fields: { message: toError(error).message } };
  const { name, fields } = toWireException(error, names) ?? unknown;
  return { name, fields: { ...(name === 'ValidationException' && { reason: 'FieldValidationFailed' }), ...fields } };
}
