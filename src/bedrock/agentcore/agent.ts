import type { Readable } from 'node:stream';
import type { Agent } from '../../agent.ts';
import { call } from '../call.ts';
import type { Clients } from '../clients.ts';
import { parseConnection } from '../connection.ts';
import { toSecrets } from '../credentials.ts';
import { addHeaders } from '../middleware.ts';
import type { RuntimeRef } from '../model.ts';
import { priceOf } from '../price.ts';
import { createReader } from './events.ts';
import { toInput } from './request.ts';

/** An agent that runs on AgentCore, asked with InvokeAgentRuntime. */
export function invokeRuntime(ref: RuntimeRef, clients: Clients): Agent {
  return async (request) => {
    const connection = parseConnection(request, ref.region);
    const input = toInput(ref, request);

    return call(
      request,
      async (signal, secrets) => {
        const { client, InvokeAgentRuntimeCommand, region } = await clients.agentcore(connection);
        const command = new InvokeAgentRuntimeCommand(input);
        addHeaders(command, connection.headers);
        secrets.push(...toSecrets(await client.config.credentials()));
        const output = await client.send(command, { abortSignal: signal });
        return {
          // On Node the SDK hands out the response of node:http.
          body: output.response as unknown as Readable,
          reader: createReader(output.contentType),
          sessionId: output.runtimeSessionId ?? input.runtimeSessionId ?? '',
          ...(output.$metadata.requestId !== undefined && { requestId: output.$metadata.requestId }),
          about: { region, ...(connection.endpoint !== undefined && { endpoint: connection.endpoint }) },
          price: priceOf,
        };
      },
      connection,
    );
  };
}
