import type { Agent } from '../../agent.ts';
import { authorize } from '../bearer.ts';
import { call } from '../call.ts';
import type { Clients } from '../clients.ts';
import { parseConnection } from '../connection.ts';
import type { HarnessRef } from '../model.ts';
import { priceOf } from '../price.ts';
import { createReader } from './events.ts';
import { namesOf } from './overrides.ts';
import { toInput } from './request.ts';

/** An AgentCore harness, asked with InvokeHarness. */
export function invokeHarness(ref: HarnessRef, clients: Clients): Agent {
  return async (request) => {
    const connection = parseConnection(request, ref.region);
    const input = toInput(ref, request);

    return call(
      request,
      async (signal, secrets) => {
        const { client, invokeHarness: send, region } = await clients.agentcore(connection);
        const authorization = await authorize(client, connection);
        secrets.push(...authorization.secrets);
        const { headers, body } = await send(input, { headers: authorization.headers, signal });
        const requestId = headers['x-amzn-requestid'];
        return {
          body,
          reader: createReader(namesOf(input.tools ?? [])),
          sessionId: input.runtimeSessionId ?? '',
          ...(requestId !== undefined && { requestId }),
          about: { region, ...(connection.endpoint !== undefined && { endpoint: connection.endpoint }) },
          price: priceOf,
        };
      },
      connection,
    );
  };
}
