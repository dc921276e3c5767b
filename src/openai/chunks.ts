import { randomUUID } from 'node:crypto';
import type { AgentEvent, AgentRequest, AgentResponse, FinishReason, Price, Usage } from '../agent.ts';
import { withModel } from '../errors.ts';
import { type HiddenParams, toHidden, withHidden } from './hidden.ts';
import { type CompletionUsage, estimate, toUsage } from './usage.ts';

/** A piece of a streamed answer, as OpenAI's API sends it. */
export interface ChatCompletionChunk {
  id: string;
  object: 'chat.completion.chunk';
  created: number;
  /** The model string that was asked for. */
  model: string;
  choices: ChunkChoice[];
  /** On the last chunk only. */
  usage?: CompletionUsage;
  /** Not enumerable, so that it never reaches the wire. */
  readonly _hidden_params: HiddenParams;
}

export interface ChunkChoice {
  index: number;
  delta: ChunkDelta;
  finish_reason: ChatFinishReason | null;
  logprobs: null;
}

export interface ChunkDelta {
  role?: 'assistant';
  content?: string;
  reasoning_content?: string;
  tool_calls?: ToolCallDelta[];
  provider_specific_fields?: ProviderSpecificFields;
}

export interface ToolCallDelta {
  index: number;
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
  /** What AWS says of the call: `action_group`, `action_invocation_type`, a collaborator's `agent_id`. */
  provider_specific_fields?: Readonly<Record<string, string>>;
}

export type ChatFinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** What AWS says and OpenAI's format has no place for. */
export interface ProviderSpecificFields {
  /** Send it back to go on with this conversation. */
  session_id?: string;
  /** Why AWS stopped, in its own word. */
  finish_reason?: string;
  /** AWS's raw traces, where `enableTrace: true` was given. */
  trace?: unknown[];
}

export interface ChunkOptions {
  readonly model: string;
  readonly request: Pick<AgentRequest, 'instructions' | 'turns'>;
  /** The caller's own price; it wins over the agent's and counts estimated tokens too. */
  readonly price?: Price | undefined;
  /** For `_hidden_params`: the call's name and when it began, by `performance.now()`. */
  readonly callId?: string;
  readonly began?: number;
}

export interface Chunks extends AsyncIterable<readonly ChatCompletionChunk[]> {
  readonly hidden: HiddenParams;
}

/** An agent's events → chunks, batch by batch; the last two are the finishing chunk and the usage chunk. */
export function toChunks(response: AgentResponse, options: ChunkOptions): Chunks {
  const { write, hidden } = createWriter(response, options);
  return {
    hidden,
    async *[Symbol.asyncIterator]() {
      try {
        for await (const events of response.events) {
          const chunks: ChatCompletionChunk[] = [];
          for (const event of events) write(event, chunks);
          if (chunks.length > 0) yield chunks;
        }
      } catch (error) {
        throw withModel(error, options.model);
      }
    },
  };
}

function createWriter(response: AgentResponse, { model, request, price, callId, began }: ChunkOptions) {
  const id = `chatcmpl-${randomUUID()}`;
  const created = Math.floor(Date.now() / 1000);
  const fields: ProviderSpecificFields = { session_id: response.sessionId };
  const written = { text: '', reasoning: '' };
  let usages: Usage[] = [];
  let spoken = false;
  let toolCalls = 0;
  // A further message is set off by a blank line, but only once it says something.
  const apart = { text: false, reasoning: false };

  const hidden = toHidden(response, () => {
    if (usages.length > 0) return (price ?? response.price)?.(usages) ?? null;
    return hidden.usage_estimated && price ? price([estimate(request, written)]) : null;
  });
  if (callId !== undefined) hidden.litellm_call_id = callId;

  function write(event: AgentEvent, chunks: ChatCompletionChunk[]): void {
    switch (event.type) {
      case 'text':
        chunks.push(toChunk({ content: say('text', event.text) }));
        break;
      case 'reasoning':
        chunks.push(toChunk({ reasoning_content: say('reasoning', event.text) }));
        break;
      case 'message':
        apart.text = written.text !== '';
        apart.reasoning = written.reasoning !== '';
        break;
      case 'tool-call': {
        const { id, name, arguments: json, details } = event;
        const call = { index: toolCalls++, id, type: 'function' as const, function: { name, arguments: json } };
        chunks.push(toChunk({ tool_calls: [{ ...call, ...(details && { provider_specific_fields: details }) }] }));
        break;
      }
      case 'trace':
        chunks.push(toChunk({ provider_specific_fields: { trace: [event.trace] } }));
        break;
      case 'usage':
        usages = event.total ? [event] : [...usages, event];
        if (event.model !== undefined) hidden.foundation_model = event.model;
        break;
      case 'finish':
        if (event.raw !== undefined) fields.finish_reason = event.raw;
        chunks.push(toChunk({ provider_specific_fields: { ...fields } }, toFinishReason(event.reason)), toUsageChunk());
        break;
      default:
        event satisfies never;
    }
  }

  function say(channel: 'text' | 'reasoning', text: string): string {
    const said = apart[channel] ? `\n\n${text}` : text;
    apart[channel] = false;
    written[channel] += said;
    return said;
  }

  function toChunk(delta: ChunkDelta, finish_reason: ChatFinishReason | null = null): ChatCompletionChunk {
    if (!spoken) {
      spoken = true;
      delta = {
        role: 'assistant',
        ...delta,
        provider_specific_fields: { ...fields, ...delta.provider_specific_fields },
      };
    }
    return seal([{ index: 0, delta, finish_reason, logprobs: null }]);
  }

  function toUsageChunk(): ChatCompletionChunk {
    if (usages.length === 0) hidden.usage_estimated = true;
    if (began !== undefined) hidden._response_ms = Math.round(performance.now() - began);
    const chunk = seal([]);
    chunk.usage = toUsage(usages.length === 0 ? [estimate(request, written)] : usages);
    return chunk;
  }

  function seal(choices: ChunkChoice[]): ChatCompletionChunk {
    return withHidden({ id, object: 'chat.completion.chunk', created, model, choices }, hidden);
  }

  return { write, hidden };
}

function toFinishReason(reason: FinishReason): ChatFinishReason {
  switch (reason) {
    case 'tool-calls':
      return 'tool_calls';
    case 'content-filter':
      return 'content_filter';
    default:
      return reason;
  }
}
