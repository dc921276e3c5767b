import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { checkConstraints } from './constraints.ts';
import { awsException } from './exceptions.ts';

/**
 * An AgentCore runtime as a function. An async iterable answers with server-sent events, as Python's BedrockAgentCoreApp frames them;
 * a web `Response` goes out as it is; anything else, or what its promise gives, is the JSON body.
 */
export type LocalRuntime = (request: LocalRuntimeRequest) => unknown;

/** An InvokeAgentRuntime call as the runtime gets it. */
export interface LocalRuntimeRequest {
  /** As the caller named it: an ARN, or the id of a runtime of `accountId`. */
  readonly arn: string;
  readonly accountId: string | undefined;
  /** The parsed JSON, or the text if it is no JSON. */
  readonly payload: unknown;
  /** The payload's bytes. */
  readonly body: Uint8Array;
  /** The caller's, or a new one as the service would make it. */
  readonly sessionId: string;
  readonly qualifier: string;
  readonly userId: string | undefined;
  /** By lower-case name. */
  readonly headers: IncomingMessage['headers'];
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
}

/** What the URL, the headers and the connection say of a call. */
export type RuntimeCall = Pick<LocalRuntimeRequest, 'arn' | 'accountId' | 'qualifier' | 'headers' | 'signal'>;

/** The header with the session of a runtime, down and up. */
export const sessionHeader = 'x-amzn-bedrock-agentcore-runtime-session-id';

/** The header with the user of a runtime. */
export const userHeader = 'x-amzn-bedrock-agentcore-runtime-user-id';

/** Reads an InvokeAgentRuntime call, or throws the ValidationException that AWS would send. */
export function parseRuntimeRequest(call: RuntimeCall, body: Buffer): LocalRuntimeRequest {
  const { arn, accountId, qualifier, headers } = call;
  checkConstraints([
    ...Object.entries(headerLimits).map(([name, limit]) => ({ ...limit, value: headers[name] })),
    { field: 'accountId', value: accountId, pattern: /^[0-9]{12}$/ },
    { field: 'qualifier', value: qualifier, least: 1 },
    { field: 'payload', value: body, most: 100_000_000 },
  ]);
  if (!arn.startsWith('arn:') && accountId === undefined) {
    throw awsException('ValidationException', 'agentRuntimeArn must be an ARN unless accountId is given.');
  }
  return {
    ...call,
    payload: parsePayload(body.toString('utf8')),
    body,
    sessionId: headers[sessionHeader]?.toString() ?? randomUUID(),
    userId: headers[userHeader]?.toString(),
  };
}

const headerLimits: Readonly<Record<string, { field: string; least: number; most: number }>> = {
  [sessionHeader]: { field: 'runtimeSessionId', least: 33, most: 256 },
  [userHeader]: { field: 'runtimeUserId', least: 1, most: 1024 },
  'content-type': { field: 'contentType', least: 1, most: 256 },
  accept: { field: 'accept', least: 1, most: 256 },
  'mcp-session-id': { field: 'mcpSessionId', least: 1, most: 1024 },
  'mcp-protocol-version': { field: 'mcpProtocolVersion', least: 1, most: 1024 },
  'mcp-method': { field: 'mcpMethod', least: 1, most: 1024 },
  'mcp-name': { field: 'mcpName', least: 1, most: 1024 },
  'x-amzn-trace-id': { field: 'traceId', least: 0, most: 128 },
  traceparent: { field: 'traceParent', least: 0, most: 128 },
  tracestate: { field: 'traceState', least: 0, most: 512 },
  baggage: { field: 'baggage', least: 0, most: 8192 },
};

function parsePayload(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
