import type { Agent } from '../../agent.ts';
import { ask } from '../ask.ts';
import { call } from '../call.ts';
import type { Clients } from '../clients.ts';
import { parseConnection } from '../connection.ts';
import type { HarnessRef } from '../model.ts';
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
        const client = await clients.agentcore(connection);
        const { answer } = await ask(client, client.invokeHarness, input, {
          connection,
          signal,
          secrets,
        });
        return {
          ...answer,
          reader: createReader(namesOf(input.tools ?? [])),
          sessionId: input.runtimeSessionId ?? '',
        };
      },
      connection,
    );
  };
}
