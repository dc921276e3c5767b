import { checkHarnessCall } from './harness-constraints.ts';
import type { LocalHarnessEvent } from './harness-events.ts';
import { toList } from './json.ts';
import type { JsonObject } from './json.ts';
import { parseBody } from './request-body.ts';

/** A harness as a function, usually an async generator. What it throws reaches the caller as an AWS exception. */
export type LocalHarness = (request: LocalHarnessRequest) => AsyncIterable<LocalHarnessEvent>;

/** An InvokeHarness call as the harness gets it. */
export interface LocalHarnessRequest {
  readonly arn: string;
  readonly qualifier: string;
  readonly sessionId: string;
  /** AWS's id of this call, as in the answer's `x-amzn-requestid`. */
  readonly requestId: string;
  readonly userId: string | undefined;
  /** What this call brings, oldest first. */
  readonly messages: readonly LocalMessage[];
  /** What this session said before, but for turns that wait for the caller's functions. */
  readonly earlier: readonly LocalMessage[];
  /** The text of the last message. */
  readonly text: string | undefined;
  /** In AWS's shape; empty if the caller sent none. */
  readonly tools: readonly JsonObject[];
  /** The whole body, for all that has no field here. */
  readonly body: JsonObject;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
}

/** A message in AWS's shape. */
export interface LocalMessage {
  readonly role: 'user' | 'assistant';
  readonly content: readonly JsonObject[];
}

/** What the URL, the headers and the connection say of a call. */
export interface HarnessCall extends Pick<
  LocalHarnessRequest,
  'arn' | 'qualifier' | 'requestId' | 'userId' | 'signal'
> {
  readonly sessionId: string | undefined;
}

/** Reads an InvokeHarness call, or throws the ValidationException that AWS would send. */
export function parseHarnessRequest(call: HarnessCall, text: string): Omit<LocalHarnessRequest, 'earlier'> {
  const body = parseBody(text);
  checkHarnessCall(call, body);
  const messages = toList(body['messages']).map((message) => ({
    role: message['role'] === 'assistant' ? ('assistant' as const) : ('user' as const),
    content: toList(message['content']),
  }));
  const said = messages.at(-1)?.content.flatMap(({ text }) => (typeof text === 'string' ? [text] : [])) ?? [];
  return {
    ...call,
    sessionId: call.sessionId ?? '',
    messages,
    text: said.length > 0 ? said.join('\n') : undefined,
    tools: toList(body['tools']),
    body,
  };
}
