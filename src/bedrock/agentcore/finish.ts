import type { FinishReason } from '../../agent.ts';

/** The words of every model API that agents pass on; a call for tools that nobody is left to run is a plain end. */
export function toFinishReason(raw: string | undefined): FinishReason {
  switch (raw) {
    case 'length':
    case 'LENGTH':
    case 'max_tokens':
    case 'maxTokens':
    case 'MAX_TOKENS':
    case 'max_output_tokens':
    case 'max_output_tokens_exceeded':
    case 'model_context_window_exceeded':
    case 'modelContextWindowExceeded':
      return 'length';
    case 'content_filter':
    case 'CONTENT_FILTER':
    case 'content-filter':
    case 'content_filtered':
    case 'contentFiltered':
    case 'guardrail_intervened':
    case 'guardrailIntervened':
    case 'refusal':
    case 'SAFETY':
    case 'RECITATION':
    case 'BLOCKLIST':
    case 'PROHIBITED_CONTENT':
    case 'SPII':
      return 'content-filter';
    default:
      return 'stop';
  }
}
