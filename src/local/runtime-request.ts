import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { checkConstraints } from './constraints.ts';

/**
 * An AgentCore runtime as a function. An async iterable answers with server-sent events, as Python's BedrockAgentCoreApp frames them;
 * a web `Response` goes out as it is; anything else, or what its promise gives, is the JSON body.
 */
export type LocalRuntime = (request: LocalRuntimeRequest) => unknown;

/** An InvokeAgentRuntime call as the runtime gets it. */
export interface LocalRuntimeRequest {
  readonly arn: string;
  /** The parsed JSON, or the text if it is no JSON. */
  readonly payload: unknown;
  /** The caller's, or a new one as the service would make it. */
  readonly sessionId: string;
  readonly qualifier: string;
  readonly userId: string | undefined;
  /** By lower-case name. */
  readonly headers: IncomingMessage['headers'];
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
}

/** The header with the session of a runtime, down and up. */
export const sessionHeader = 'x-amzn-bedrock-agentcore-runtime-session-id';

/** Reads an InvokeAgentRuntime call, or throws the ValidationException that AWS would send. */
export function parseRuntimeRequest(
  call: Pick<LocalRuntimeRequest, 'arn' | 'qualifier' | 'headers' | 'signal'>,
  text: string,
): LocalRuntimeRequest {
  const sessionId = headerValue(call.headers, sessionHeader) ?? randomUUID();
  checkConstraints([{ field: 'runtimeSessionId', value: sessionId, shortest: 33, longest: 256 }]);
  const userId = headerValue(call.headers, 'x-amzn-bedrock-agentcore-runtime-user-id');
  return { ...call, payload: parsePayload(text), sessionId, userId };
}

function headerValue(headers: IncomingMessage['headers'], name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function parsePayload(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
