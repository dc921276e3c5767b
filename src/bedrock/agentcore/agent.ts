import type { Agent } from '../../agent.ts';
import { type APIError, BadGatewayError, BadRequestError } from '../../errors.ts';
import { ask } from '../ask.ts';
import { call } from '../call.ts';
import type { Clients } from '../clients.ts';
import { parseConnection } from '../connection.ts';
import type { RuntimeRef } from '../model.ts';
import { createReader } from './events.ts';
import { toInvocation } from './request.ts';
import { endSession } from './session-end.ts';

/** An agent that runs on AgentCore, asked with InvokeAgentRuntime. */
export function invokeRuntime(ref: RuntimeRef, clients: Clients): Agent {
  return async (request) => {
    const connection = parseConnection(request, ref.region);
    const asked = toInvocation(request);
    const qualifier = toQualifier(ref, asked.input.qualifier);
    const input = { ...asked.input, ...(qualifier !== undefined && { qualifier }), agentRuntimeArn: ref.arn };

    const response = await call(
      request,
      async (signal, secrets) => {
        const client = await clients.agentcore(connection);
        const { headers, answer } = await ask(client, client.invokeRuntime, input, { connection, signal, secrets });
        return {
          ...answer,
          reader: createReader(headers['content-type'], asked.format),
          sessionId: headers['x-amzn-bedrock-agentcore-runtime-session-id'] ?? input.runtimeSessionId,
        };
      },
      { ...connection, explain: (error) => explainFailure(error, ref, qualifier) },
    );
    if (!asked.endsSession) return response;
    return endSession(request, response, async (signal, secrets) => {
      const client = await clients.agentcore(connection);
      const { agentRuntimeArn, runtimeSessionId } = input;
      const { answer: stopped } = await ask(
        client,
        client.stopSession,
        { agentRuntimeArn, runtimeSessionId, ...(qualifier !== undefined && { qualifier }) },
        { connection, signal, secrets },
      );
      // What it says is of no use, but the connection is.
      stopped.body.resume();
    });
  };
}

function toQualifier(ref: RuntimeRef, given: string | undefined): string | undefined {
  if (given === undefined || ref.qualifier === undefined || given === ref.qualifier) return given ?? ref.qualifier;
  throw new BadRequestError(`qualifier: the ARN names the endpoint ${ref.qualifier} already; give one of the two.`, {
    param: 'qualifier',
  });
}

/** The service hands on nothing of what a failing agent said; this is where it can be read. */
function explainFailure(error: APIError, { arn }: RuntimeRef, qualifier = 'DEFAULT'): APIError {
  const { message, code, cause, request_id, retryable } = error;
  if (!(error instanceof BadGatewayError) || !isRuntimes(error)) return error;
  const group = `/aws/bedrock-agentcore/runtimes/${arn.slice(arn.lastIndexOf('/') + 1)}-${qualifier}`;
  const sentence = /[.!?]$/.test(message) ? message : `${message}.`;
  return new BadGatewayError(`${sentence} The agent's own log is in CloudWatch Logs, in the group ${group}.`, {
    cause,
    retryable,
    ...(code !== null && { code }),
    ...(request_id !== undefined && { request_id }),
  });
}

/** Whether the runtime failed, and not what is before it: HTTP 424, be it without a name or without a body to read. */
function isRuntimes({ code, cause, message }: APIError): boolean {
  // AWS's exceptions have it; anything else has nothing there.
  const { $metadata } = (cause ?? {}) as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return code === 'RuntimeClientError' || $metadata?.httpStatusCode === 424 || /\bHTTP 424\b/.test(message);
}
