import type { IncomingMessage, ServerResponse } from 'node:http';
import { createLeaveSignal, readBody } from './connection.ts';
import { checkConstraints } from './constraints.ts';
import { awsException } from './exceptions.ts';
import { type RuntimeService, sendFailure } from './invoke-runtime.ts';
import { parseRuntimeRequest, type RuntimeCall, sessionHeader } from './runtime-request.ts';

/** Answers one StopRuntimeSession call. A runtime here is a function or a container that knows no session, so that is all. */
export async function stopRuntimeSession(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  target: Pick<RuntimeCall, 'arn' | 'accountId' | 'qualifier'>,
  { find }: Pick<RuntimeService, 'find'>,
): Promise<void> {
  const signal = createLeaveSignal(outgoing);
  try {
    const { headers } = incoming;
    checkConstraints([{ field: 'runtimeSessionId', value: headers[sessionHeader], required: true }]);
    const request = parseRuntimeRequest({ ...target, headers, signal }, await readBody(incoming));
    if (!find(request)) {
      throw awsException('ResourceNotFoundException', `The local Bedrock has no runtime '${request.arn}'.`);
    }
    outgoing.writeHead(200, { 'content-type': 'application/json', [sessionHeader]: request.sessionId });
    outgoing.end('{}');
  } catch (error) {
    if (!signal.aborted) sendFailure(outgoing, error);
  }
}
