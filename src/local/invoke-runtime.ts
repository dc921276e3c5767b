import type { IncomingMessage, ServerResponse } from 'node:http';
import { createLeaveSignal, readBody, write } from './connection.ts';
import { awsException, containerFailed, runtimeExceptions, sendException, toWireException } from './exceptions.ts';
import type { Fault } from './faults.ts';
import { toAnswer } from './runtime-answer.ts';
import { parseRuntimeRequest, sessionHeader } from './runtime-request.ts';
import type { LocalRuntime, LocalRuntimeRequest, RuntimeCall } from './runtime-request.ts';
import { strike } from './strike.ts';

/** Who answers InvokeAgentRuntime, and what goes wrong with this call. */
export interface RuntimeService {
  readonly find: (request: LocalRuntimeRequest) => LocalRuntime | undefined;
  readonly fault: Fault | undefined;
}

/** Answers one InvokeAgentRuntime call. A failure is an HTTP error as long as nothing was sent. */
export async function invokeRuntime(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  target: Pick<RuntimeCall, 'arn' | 'accountId' | 'qualifier'>,
  { find, fault }: RuntimeService,
): Promise<void> {
  const signal = createLeaveSignal(outgoing);
  try {
    const { headers } = incoming;
    const request = parseRuntimeRequest({ ...target, headers, signal }, await readBody(incoming));
    const runtime = find(request);
    if (!runtime) {
      throw awsException('ResourceNotFoundException', `The local Bedrock has no runtime '${request.arn}'.`);
    }
    if (fault?.type === 'exception') throw fault.exception;

    outgoing.setHeader(sessionHeader, request.sessionId);
    const answer = toAnswer(await runtime(request), signal);
    if (answer.begun) {
      outgoing.writeHead(answer.status, answer.headers);
      outgoing.flushHeaders();
    }
    for await (const piece of strike(answer.pieces, fault, { outgoing, signal, toLastPiece: answer.toLastPiece })) {
      if (!outgoing.headersSent) outgoing.writeHead(answer.status, answer.headers);
      await write(outgoing, piece, signal);
    }
    if (!outgoing.headersSent) outgoing.writeHead(answer.status, answer.headers);
    outgoing.end();
  } catch (error) {
    if (!signal.aborted) sendFailure(outgoing, error);
  }
}

/** Tells a caller of a runtime what was thrown, as AWS would. */
export function sendFailure(outgoing: ServerResponse, error: unknown): void {
  if (outgoing.headersSent) {
    // Only a passed-through body gets here: a container that broke off. The connection breaks with it.
    outgoing.destroy();
    return;
  }
  const exception = toWireException(error, runtimeExceptions);
  const unknown = { name: 'RuntimeClientError', fields: { message: containerFailed(500) } };
  const { name, fields } = exception ?? unknown;
  // The model of this service, other than that of agents, requires a reason.
  const reason = name === 'ValidationException' && { reason: 'FieldValidationFailed' };
  sendException(outgoing, runtimeExceptions.get(name) ?? 424, { name, fields: { ...reason, ...fields } });
}
