import type { HiddenParams } from '../openai/hidden.ts';

/** Of this package, as its manifest has it. */
const version = '0.1.0';

/** The headers of every answer, an error too. `callId` is also the request id until AWS has given one. */
export function toCallHeaders(callId: string): Record<string, string> {
  return toHeaders({ 'x-request-id': callId, 'x-litellm-call-id': callId, 'x-litellm-version': version });
}

/** The headers that tell of an answer; what is not known, or not yet in a stream, has none. */
export function toAnswerHeaders(known: HiddenParams): Record<string, string> {
  return toHeaders({
    'x-session-id': known.session_id,
    'x-request-id': known.request_id,
    'x-litellm-call-id': known.litellm_call_id,
    'x-litellm-model-id': known.model_id,
    'x-litellm-response-cost': known.response_cost,
    'x-litellm-response-duration-ms': known._response_ms,
    'x-litellm-attempted-retries': known.attempted_retries,
    'x-litellm-attempted-fallbacks': known.attempted_fallbacks,
  });
}

/** Ids may be any string, but a header holds only what ASCII can print: what holds more is left out. */
export function toHeaders(
  headers: Readonly<Record<string, string | number | null | undefined>>,
): Record<string, string> {
  const sent: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value != null && /^[\x20-\x7e]+$/.test(String(value))) sent[name] = String(value);
  }
  return sent;
}
