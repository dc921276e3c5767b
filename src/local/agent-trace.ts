import { randomUUID } from 'node:crypto';
import type { LocalAgentRequest } from './agent-request.ts';

/**
 * What a local agent tells of its work; sent only to a caller with `enableTrace`. `usage` stands for one model call (its input and its
 * output trace), `rationale` for the agent's reasoning.
 */
export type LocalTraceEvent = LocalTracePart | { readonly usage: LocalUsage } | { readonly rationale: string };

/** A trace as AWS has it: any kind of its union, with blobs in base64. What is left out beside it is filled in. */
export interface LocalTracePart {
  readonly trace: Readonly<Record<string, unknown>>;
  readonly agentId?: string;
  readonly agentAliasId?: string;
  readonly agentVersion?: string;
  readonly callerChain?: readonly { readonly agentAliasArn: string }[];
  readonly collaboratorName?: string;
  readonly eventTime?: Date | string;
}

/** The tokens of one model call. */
export interface LocalUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly foundationModel?: string;
}

/** Makes the function that turns one call's trace events into AWS's TraceParts. It counts the model calls, as AWS's trace ids do. */
export function createTracer(request: LocalAgentRequest): (event: LocalTraceEvent) => readonly unknown[] {
  const { agentId, agentAliasId, sessionId, requestId } = request;
  const agentAliasArn = `arn:aws:bedrock:us-east-1:123456789012:agent-alias/${agentId}/${agentAliasId}`;
  let modelCalls = 0;

  const part = (trace: unknown) => ({
    agentId,
    agentAliasId,
    agentVersion: agentAliasId === 'TSTALIASID' ? 'DRAFT' : '1',
    callerChain: [{ agentAliasArn }],
    eventTime: new Date().toISOString(),
    sessionId,
    trace,
  });

  return (event) => {
    if ('trace' in event) return [{ ...part(event.trace), ...event }];
    if ('rationale' in event) {
      const traceId = `${requestId}-${Math.max(modelCalls - 1, 0)}`;
      return [part({ orchestrationTrace: { rationale: { traceId, text: event.rationale } } })];
    }
    if ('usage' in event) {
      const { foundationModel, inputTokens, outputTokens } = event.usage;
      const traceId = `${requestId}-${modelCalls++}`;
      const metadata = { clientRequestId: randomUUID(), usage: { inputTokens, outputTokens } };
      return [
        part({ orchestrationTrace: { modelInvocationInput: { traceId, type: 'ORCHESTRATION', foundationModel } } }),
        part({ orchestrationTrace: { modelInvocationOutput: { traceId, metadata } } }),
      ];
    }
    event satisfies never;
    throw new TypeError(`A local agent cannot yield an event with the keys: ${Object.keys(event).join(', ')}.`);
  };
}
