import type { CompletionParameters } from '../openai/parameters.ts';

/** Headers that may name the session: ours, LiteLLM's, Open WebUI's, and the one LibreChat's documentation sends. */
const sessionHeaders = ['x-session-id', 'x-litellm-session-id', 'x-openwebui-chat-id', 'x-conversation-id'];

export interface ParametersOptions {
  readonly headers: Headers;
  /** The model that the path names. */
  readonly deployment: string | undefined;
  readonly callId: string;
  readonly signal: AbortSignal;
}

/** A request's body and headers → the parameters of `completion()`, which checks them. */
export function toParameters(
  body: Readonly<Record<string, unknown>>,
  { headers, deployment, callId, signal }: ParametersOptions,
): CompletionParameters {
  const session = isSessionNamed(body) ? undefined : readSession(headers);
  const parameters: Readonly<Record<string, unknown>> = {
    ...body,
    ...(deployment !== undefined && { model: deployment }),
    ...(session !== undefined && { litellm_session_id: session }),
    litellm_call_id: body['litellm_call_id'] ?? callId,
    // A body's own is no signal, and refused as such.
    signal: body['signal'] ?? signal,
  };
  // From a stranger; `completion()` takes it for what it is.
  return parameters as CompletionParameters;
}

/** What the body says counts; names that are a service's own win over `litellm_session_id` anyway. */
function isSessionNamed({ litellm_session_id: named, metadata }: Readonly<Record<string, unknown>>): boolean {
  return Boolean(named) || Boolean((metadata as { session_id?: unknown } | null | undefined)?.session_id);
}

function readSession(headers: Headers): string | undefined {
  const given = sessionHeaders.map((name) => headers.get(name));
  // LibreChat sends its placeholder as it stands where it knows no conversation: one session for everybody.
  return given.find((id) => id !== null && id !== '' && !id.startsWith('{{')) ?? undefined;
}
