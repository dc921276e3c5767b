import type { LocalAgentEvent } from './agent-events.ts';
import { checkConstraints } from './constraints.ts';
import { awsException } from './exceptions.ts';

/** An agent as a function, usually an async generator. What it throws reaches the caller as an AWS exception. */
export type LocalAgent = (request: LocalAgentRequest) => AsyncIterable<LocalAgentEvent>;

/** An InvokeAgent call as the agent gets it. */
export interface LocalAgentRequest {
  readonly agentId: string;
  readonly agentAliasId: string;
  readonly sessionId: string;
  /** AWS's id of this call, as in the answer's `x-amzn-requestid`. */
  readonly requestId: string;
  readonly inputText: string | undefined;
  readonly memoryId: string | undefined;
  readonly enableTrace: boolean;
  readonly endSession: boolean;
  readonly streamFinalResponse: boolean;
  /** In AWS's shape; empty if the caller sent none. */
  readonly sessionState: Readonly<Record<string, unknown>>;
  /** The whole body, for all that has no field here. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
}

/** What the URL and the connection say of a call. */
export type AgentCall = Pick<LocalAgentRequest, 'agentId' | 'agentAliasId' | 'sessionId' | 'requestId' | 'signal'>;

/** Reads an InvokeAgent call, or throws the ValidationException that AWS would send. */
export function parseAgentRequest(call: AgentCall, text: string): LocalAgentRequest {
  const body = parseBody(text);
  const memoryId = typeof body['memoryId'] === 'string' ? body['memoryId'] : undefined;
  checkConstraints([
    { field: 'agentId', value: call.agentId, ...shortId },
    { field: 'agentAliasId', value: call.agentAliasId, ...shortId },
    { field: 'sessionId', value: call.sessionId, ...longId },
    ...(memoryId === undefined ? [] : [{ field: 'memoryId', value: memoryId, ...longId }]),
  ]);
  const streaming = body['streamingConfigurations'];
  return {
    ...call,
    inputText: typeof body['inputText'] === 'string' ? body['inputText'] : undefined,
    memoryId,
    enableTrace: body['enableTrace'] === true,
    endSession: body['endSession'] === true,
    streamFinalResponse: isRecord(streaming) && streaming['streamFinalResponse'] === true,
    sessionState: isRecord(body['sessionState']) ? body['sessionState'] : {},
    body,
  };
}

const shortId = { shortest: 1, longest: 10, pattern: /^[0-9a-zA-Z]+$/ };
const longId = { shortest: 2, longest: 100, pattern: /^[0-9a-zA-Z._:-]+$/ };

function parseBody(text: string): Readonly<Record<string, unknown>> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  if (!isRecord(body)) throw awsException('ValidationException', 'The request body must be a JSON object.');
  return body;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
