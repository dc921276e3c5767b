import { checkAgentCall, messagesOf } from './agent-constraints.ts';
import type { LocalAgentEvent } from './agent-events.ts';
import { toRecord } from './json.ts';
import { parseBody } from './request-body.ts';
import { toTurns } from './sessions.ts';
import type { LocalTurn } from './sessions.ts';

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
  /** What this session said before, oldest first: its whole answers, and the conversation that this call brings along. */
  readonly turns: readonly LocalTurn[];
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

/** What the URL, the headers and the connection say of a call. */
export interface AgentCall extends Pick<
  LocalAgentRequest,
  'agentId' | 'agentAliasId' | 'sessionId' | 'requestId' | 'signal'
> {
  readonly sourceArn: string | undefined;
}

/** An InvokeAgent call before its session is known: `earlier` is the conversation that it brings along. */
export type ParsedAgentRequest = Omit<LocalAgentRequest, 'turns'> & { readonly earlier: readonly LocalTurn[] };

/** Reads an InvokeAgent call, or throws the ValidationException that AWS would send. */
export function parseAgentRequest(call: AgentCall, text: string): ParsedAgentRequest {
  const body = parseBody(text);
  checkAgentCall(call, body);
  const { agentId, agentAliasId, sessionId, requestId, signal } = call;
  const sessionState = toRecord(body['sessionState']);
  return {
    agentId,
    agentAliasId,
    sessionId,
    requestId,
    signal,
    inputText: typeof body['inputText'] === 'string' ? body['inputText'] : undefined,
    memoryId: typeof body['memoryId'] === 'string' ? body['memoryId'] : undefined,
    enableTrace: body['enableTrace'] === true,
    endSession: body['endSession'] === true,
    streamFinalResponse: toRecord(body['streamingConfigurations'])['streamFinalResponse'] === true,
    sessionState,
    body,
    earlier: toTurns(messagesOf(sessionState)),
  };
}
