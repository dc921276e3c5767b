import type { IncomingMessage, ServerResponse } from 'node:http';
import { toFrames } from './agent-events.ts';
import { parseAgentRequest } from './agent-request.ts';
import type { AgentCall, LocalAgent, LocalAgentRequest } from './agent-request.ts';
import { createLeaveSignal, readBody, write } from './connection.ts';
import { exceptionFrame } from './event-stream.ts';
import { agentExceptions, awsException, sendException } from './exceptions.ts';

/** Answers one InvokeAgent call. A failure is an HTTP error as long as nothing was sent, then an exception in the stream. */
export async function invokeAgent(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  labels: Omit<AgentCall, 'signal'>,
  find: (name: string) => LocalAgent | undefined,
): Promise<void> {
  const signal = createLeaveSignal(outgoing);
  try {
    // Every SigV4 client sends one; the signature itself is not looked at.
    if (incoming.headers.authorization === undefined) {
      sendException(outgoing, 403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
      return;
    }
    const request = parseAgentRequest({ ...labels, signal }, await readBody(incoming));
    const agent = find(`${request.agentId}/${request.agentAliasId}`);
    if (!agent) throw awsException('ResourceNotFoundException', notFound(request));
    for await (const frame of toFrames(request, agent(request))) {
      if (!outgoing.headersSent) outgoing.writeHead(200, toHeaders(request));
      await write(outgoing, frame, signal);
    }
    if (!outgoing.headersSent) outgoing.writeHead(200, toHeaders(request));
    outgoing.end();
  } catch (error) {
    if (!signal.aborted) fail(outgoing, error);
  }
}

function notFound({ agentId, agentAliasId }: LocalAgentRequest): string {
  return `The local Bedrock has no agent '${agentId}/${agentAliasId}'.`;
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
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const status = agentExceptions.get(name);
  const known = status === undefined ? 'InternalServerException' : name;
  if (outgoing.headersSent) outgoing.end(exceptionFrame(known, message));
  else sendException(outgoing, status ?? 500, known, message);
}
