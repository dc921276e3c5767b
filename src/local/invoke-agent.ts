import type { IncomingMessage, ServerResponse } from 'node:http';
import { toFrames } from './agent-events.ts';
import { parseAgentRequest } from './agent-request.ts';
import type { AgentCall, LocalAgent, LocalAgentRequest, ParsedAgentRequest } from './agent-request.ts';
import { createLeaveSignal, readBody, write } from './connection.ts';
import { exceptionFrame } from './event-stream.ts';
import { agentExceptions, awsException, sendException, toError, toWireException } from './exceptions.ts';
import type { WireException } from './exceptions.ts';
import type { Fault } from './faults.ts';
import { remember } from './sessions.ts';
import type { Session, Sessions } from './sessions.ts';
import { strike } from './strike.ts';

/** Who answers InvokeAgent, what was said before, and what goes wrong with this call. */
export interface AgentService {
  readonly find: (name: string) => LocalAgent | undefined;
  readonly sessions: Sessions;
  readonly fault: Fault | undefined;
}

/** Answers one InvokeAgent call. A failure is an HTTP error as long as nothing was sent, then an exception in the stream. */
export async function invokeAgent(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  labels: Omit<AgentCall, 'signal' | 'sourceArn'>,
  { find, sessions, fault }: AgentService,
): Promise<void> {
  const signal = createLeaveSignal(outgoing);
  try {
    // Every SigV4 client sends one; the signature itself is not looked at.
    if (incoming.headers.authorization === undefined) {
      const fields = { message: 'Missing Authentication Token' };
      sendException(outgoing, 403, { name: 'MissingAuthenticationTokenException', fields });
      return;
    }
    const sourceArn = incoming.headers['x-amz-source-arn']?.toString();
    const body = (await readBody(incoming)).toString('utf8');
    const parsed = parseAgentRequest({ ...labels, sourceArn, signal }, body);
    const agent = find(`${parsed.agentId}/${parsed.agentAliasId}`);
    if (!agent) throw awsException('ResourceNotFoundException', notFound(parsed));
    const key = `${parsed.agentId}/${parsed.agentAliasId}/${parsed.sessionId}`;
    const session = sessions.open(key);
    checkInvocation(session, parsed);
    if (fault?.type === 'exception') throw fault.exception;

    const { earlier, ...rest } = parsed;
    const request = { ...rest, turns: [...session.turns, ...earlier] };
    const frames = toFrames(request, remember(session, parsed, agent(request)));
    for await (const frame of strike(frames, fault, { outgoing, signal, toLastPiece: toExceptionFrame })) {
      if (!outgoing.headersSent) outgoing.writeHead(200, toHeaders(request));
      await write(outgoing, frame, signal);
    }
    if (request.endSession) sessions.forget(key);
    if (!outgoing.headersSent) outgoing.writeHead(200, toHeaders(request));
    outgoing.end();
  } catch (error) {
    if (!signal.aborted) fail(outgoing, error);
  }
}

function notFound({ agentId, agentAliasId }: ParsedAgentRequest): string {
  return `The local Bedrock has no agent '${agentId}/${agentAliasId}'.`;
}

function checkInvocation({ invocationIds }: Session, { sessionState }: ParsedAgentRequest): void {
  if (sessionState['returnControlInvocationResults'] === undefined) return;
  if (invocationIds.has(String(sessionState['invocationId']))) return;
  throw awsException(
    'ValidationException',
    'The invocationId in sessionState must be that of a returnControl event of this session.',
  );
}

function toHeaders({ sessionId, memoryId }: LocalAgentRequest): Record<string, string> {
  return {
    'content-type': 'application/vnd.amazon.eventstream',
    'x-amzn-bedrock-agent-content-type': 'application/json',
    'x-amz-bedrock-agent-session-id': sessionId,
    ...(memoryId !== undefined && { 'x-amz-bedrock-agent-memory-id': memoryId }),
  };
}

function fail(outgoing: ServerResponse, error: unknown): void {
  const exception = toAgentException(error);
  if (outgoing.headersSent) outgoing.end(exceptionFrame(exception));
  else sendException(outgoing, agentExceptions.get(exception.name) ?? 500, exception);
}

function toAgentException(error: unknown): WireException {
  const unknown = { name: 'InternalServerException', fields: { message: toError(error).message } };
  return toWireException(error, agentExceptions) ?? unknown;
}

function toExceptionFrame(exception: Error): Uint8Array {
  return exceptionFrame(toAgentException(exception));
}
