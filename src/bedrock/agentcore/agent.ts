import type { Readable } from 'node:stream';
import type { Agent } from '../../agent.ts';
import { BadRequestError } from '../../errors.ts';
import { call } from '../call.ts';
import type { Clients } from '../clients.ts';
import { parseConnection } from '../connection.ts';
import { toSecrets } from '../credentials.ts';
import { addHeaders } from '../middleware.ts';
import type { RuntimeRef } from '../model.ts';
import { priceOf } from '../price.ts';
import { parseAgentFormat } from './agent-format.ts';
import { createReader } from './events.ts';
import { toInput } from './request.ts';

/** An agent that runs on AgentCore, asked with InvokeAgentRuntime. */
export function invokeRuntime(ref: RuntimeRef, clients: Clients): Agent {
  return async (request) => {
    const connection = parseConnection(request);
    if (connection.region !== undefined && connection.region !== ref.region) {
      throw new BadRequestError(
        `aws_region_name is ${connection.region} but the ARN names ${ref.region}; leave aws_region_name out.`,
        { param: 'aws_region_name' },
      );
    }
    const { agent_format: agentFormat, ...parameters } = request.parameters;
    const format = parseAgentFormat(agentFormat);
    const input = toInput(ref, { ...request, parameters });

    return call(
      request,
      async (signal, secrets) => {
        const { client, InvokeAgentRuntimeCommand, region } = await clients.agentcore({
          ...connection,
          region: ref.region,
        });
        const command = new InvokeAgentRuntimeCommand(input);
        addHeaders(command, connection.headers);
        secrets.push(...toSecrets(await client.config.credentials()));
        const output = await client.send(command, { abortSignal: signal });
        return {
          // On Node the SDK hands out the response of node:http.
          body: output.response as unknown as Readable,
          reader: createReader(output.contentType, format),
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
