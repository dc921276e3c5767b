import type { AgentResponse } from '../agent.ts';
import type { CompletionUsage } from './usage.ts';

/** What is known about an answer beside the answer; complete once the answer is. */
export interface HiddenParams {
  /** As LiteLLM has it. */
  custom_llm_provider: 'bedrock';
  /** Send it back to go on with this conversation. */
  session_id: string;
  /** AWS's request id. */
  request_id?: string;
  /** The router's deployment that answered. */
  model_id?: string;
  /** The call's name: the one that was given, or a new one. */
  litellm_call_id?: string;
  /** Milliseconds from the call to the end of the answer. */
  _response_ms?: number;
  /** How often the call was repeated before this answer. */
  attempted_retries: number;
  /** How many fallbacks were asked. */
  attempted_fallbacks: number;
  /** Where the request went. */
  region_name?: string;
  /** The host that was asked, with scheme. */
  api_base?: string;
  /** The memory that a Bedrock agent used. */
  memory_id?: string;
  /** The model that AWS reported; the last one where there were several. */
  foundation_model?: string;
  /** Whether nobody reported usage, so that it was estimated from the visible text. */
  usage_estimated?: boolean;
  /** Dollars, computed when read; `null` when a price is unknown. */
  readonly response_cost: number | null;
  /** What was used so far, computed when read; not enumerable, since the answer tells it in the end. */
  readonly usage: CompletionUsage;
}

/** Adds `_hidden_params` where `JSON.stringify` and `{ ...spread }` do not see it. */
export function withHidden<T extends object>(
  value: T,
  hidden: HiddenParams,
): T & { readonly _hidden_params: HiddenParams } {
  return Object.defineProperty(value, '_hidden_params', { value: hidden }) as T & {
    readonly _hidden_params: HiddenParams;
  };
}

/** What can be told at any time of an answer. */
export interface Sums {
  readonly cost: () => number | null;
  readonly usage: () => CompletionUsage;
}

/** What is known once an answer has begun; the sums are asked for when they are read. */
export function toHidden({ sessionId, requestId, about }: AgentResponse, { cost, usage }: Sums): HiddenParams {
  const hidden = {
    custom_llm_provider: 'bedrock' as const,
    session_id: sessionId,
    attempted_retries: about.retries ?? 0,
    attempted_fallbacks: about.fallbacks ?? 0,
    ...(about.deployment !== undefined && { model_id: about.deployment }),
    ...(requestId !== undefined && { request_id: requestId }),
    ...(about.region !== undefined && { region_name: about.region }),
    ...(about.endpoint !== undefined && { api_base: about.endpoint }),
    ...(about.memoryId !== undefined && { memory_id: about.memoryId }),
    get response_cost() {
      return cost();
    },
  };
  // The type of `defineProperty` does not show what it defines.
  return Object.defineProperty(hidden, 'usage', { get: usage }) as typeof hidden & Pick<HiddenParams, 'usage'>;
}
