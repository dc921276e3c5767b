import type { Agent } from '../../agent.ts';
import { type APIError, BadRequestError, PermissionDeniedError } from '../../errors.ts';
import { ask } from '../ask.ts';
import { call } from '../call.ts';
import type { Clients } from '../clients.ts';
import { parseConnection } from '../connection.ts';
import type { AgentRef } from '../model.ts';
import { createReader } from './events.ts';
import { toInput } from './request.ts';

/** An Amazon Bedrock agent, asked with InvokeAgent. */
export function invokeAgent(ref: AgentRef, clients: Clients): Agent {
  return async (request) => {
    if (request.parameters['api_key'] != null) {
      throw new BadRequestError(
        'api_key is a JWT for AgentCore; Bedrock Agents accept SigV4 only. Authenticate with aws_access_key_id ' +
          "and its like, or with AWS's default chain.",
        { param: 'api_key' },
      );
    }
    const connection = parseConnection(request);
    const { input, showTraces, isStreamedByUs } = toInput(ref, request);

    return call(
      request,
      async (signal, secrets) => {
        const client = await clients.agents(connection);
        const { headers, answer } = await ask(client, client.invokeAgent, input, { connection, signal, secrets });
        const memoryId = headers['x-amz-bedrock-agent-memory-id'];
        const sessionId = headers['x-amz-bedrock-agent-session-id'] ?? input.sessionId ?? '';
        return {
          ...answer,
          reader: createReader({ showTraces, asked: { sessionId, agentId: ref.agentId, tools: request.tools } }),
          sessionId,
          about: { ...answer.about, ...(memoryId !== undefined && { memoryId }) },
        };
      },
      { ...connection, ...(isStreamedByUs && { explain: explainStreaming }) },
    );
  };
}

/** `streamFinalResponse` needs a permission that agents made without streaming do not have. */
function explainStreaming(error: APIError): APIError {
  // A caller who may not even invoke the agent has another problem.
  if (!(error instanceof PermissionDeniedError) || /InvokeAgent\b/.test(error.message)) return error;
  const { code, cause, request_id } = error;
  return new PermissionDeniedError(
    `${error.message} Streaming needs bedrock:InvokeModelWithResponseStream in the agent's role; ` +
      'add it, or pass `streamingConfigurations: { streamFinalResponse: false }` to get the answer in one piece.',
    { cause, ...(code !== null && { code }), ...(request_id !== undefined && { request_id }) },
  );
}
