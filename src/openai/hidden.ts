import type { AgentResponse } from '../agent.ts';
import type { CompletionUsage } from './usage.ts';

/** What is known about an answer beside the answer; complete once the answer is. */
export interface HiddenParams {
  custom_llm_provider: 'bedrock';
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
  region_name?: string;
  api_base?: string;
  memory_id?: string;
  /** The model that AWS reported; the last one where there were several. */
  foundation_model?: string;
  /** The answer's tokens, counted when they are read; absent until it has ended. */
  readonly usage?: CompletionUsage;
  /** Whether nobody reported usage, so that it was estimated from the visible text. */
  usage_estimated?: boolean;
  /** Dollars, computed when read; `null` when a price is unknown. */
  readonly response_cost: number | null;
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

/** What is known once an answer has begun; `cost` is asked when it is read. */
export function toHidden({ sessionId, requestId, about }: AgentResponse, cost: () => number | null): HiddenParams {
  return {
    custom_llm_provider: 'bedrock',
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
}
