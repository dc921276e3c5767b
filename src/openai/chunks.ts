import { randomUUID } from 'node:crypto';
import type { AgentEvent, AgentRequest, AgentResponse, FinishReason, Price, Usage } from '../agent.ts';
import { withModel } from '../errors.ts';
import {
  type ChatCompletionChunk,
  type ChatFinishReason,
  type ChatImage,
  Chunk,
  type ChunkDelta,
  type ProviderSpecificFields,
} from './chunk.ts';
import { createCitations } from './citations.ts';
import { type HiddenParams, toHidden } from './hidden.ts';
import { createSaid } from './said.ts';
import { type CompletionUsage, estimate, toUsage } from './usage.ts';

type Lists = Required<Pick<ProviderSpecificFields, 'citations' | 'files' | 'guardrails' | 'failures'>>;

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
  const fields: ProviderSpecificFields = { session_id: response.sessionId };
  const said = { text: createSaid(), reasoning: createSaid() };
  const usages: Usage[] = [];
  let spoken = false;
  let toolCalls = 0;
  /** Where the last piece of text begins. */
  let lastText = 0;
  const citations = createCitations();
  const images: ChatImage[] = [];
  const lists: Record<string, unknown[]> = {};
  // A further message is set off by a blank line, but only once it says something.
  const apart = { text: false, reasoning: false };

  const hidden = toHidden(response, {
    cost() {
      if (usages.length > 0) return (price ?? response.price)?.(usages) ?? null;
      return hidden.usage_estimated && price ? price([estimate(request, said)]) : null;
    },
    usage: () => toUsage(usages.length === 0 ? [estimate(request, said)] : usages),
  });
  if (callId !== undefined) hidden.litellm_call_id = callId;
  const created = Math.floor(Date.now() / 1000);
  const head = { id: `chatcmpl-${randomUUID()}`, created, model, _hidden_params: hidden };

  function write(event: AgentEvent, chunks: ChatCompletionChunk[]): void {
    switch (event.type) {
      case 'text':
        lastText = said.text.length();
        chunks.push(toChunk({ content: say('text', event.text) }));
        break;
      case 'reasoning':
        chunks.push(toChunk({ reasoning_content: say('reasoning', event.text) }));
        break;
      case 'message':
        apart.text = said.text.length() > 0;
        apart.reasoning = said.reasoning.length() > 0;
        break;
      case 'tool-call': {
        const { id, name, arguments: json, details } = event;
        const call = { index: toolCalls++, id, type: 'function' as const, function: { name, arguments: json } };
        chunks.push(toChunk({ tool_calls: [{ ...call, ...(details && { provider_specific_fields: details }) }] }));
        break;
      }
      case 'citation': {
        const annotations = citations.place(event, said.text, lastText);
        chunks.push(toChunk({ ...(annotations.length > 0 && { annotations }), ...note('citations', event.citation) }));
        break;
      }
      case 'file': {
        const { name, mediaType: type, data: bytes } = event;
        if (!type.startsWith('image/')) {
          chunks.push(toChunk(note('files', { name, type, bytes })));
          break;
        }
        const url = `data:${type};base64,${bytes}`;
        const image = { type: 'image_url' as const, index: images.length, image_url: { url }, name };
        images.push(image);
        chunks.push(toChunk({ images: [image] }));
        break;
      }
      case 'note':
        chunks.push(toChunk(note(`${event.about}s`, event.note)));
        break;
      case 'trace':
        chunks.push(toChunk({ provider_specific_fields: { trace: [event.trace] } }));
        break;
      case 'usage':
        if (event.total) usages.length = 0;
        usages.push(event);
        if (event.model !== undefined) hidden.foundation_model = event.model;
        break;
      case 'finish':
        if (event.raw !== undefined) fields.finish_reason = event.raw;
        if (event.format !== undefined) fields.format = event.format;
        chunks.push(toChunk(toLastDelta(), toFinishReason(event.reason)), toUsageChunk());
        break;
      default:
        event satisfies never;
    }
  }

  function say(channel: 'text' | 'reasoning', text: string): string {
    const piece = apart[channel] ? `\n\n${text}` : text;
    apart[channel] = false;
    said[channel].add(piece);
    return piece;
  }

  /** Adds to a list under `provider_specific_fields`, and tells what was added. */
  function note<Name extends keyof Lists>(name: Name, value: Lists[Name][number]): ChunkDelta {
    (lists[name] ??= []).push(value);
    return { provider_specific_fields: { [name]: [value] } };
  }

  /** Clients that put deltas together keep the last value of a field, so the last is the whole. */
  function toLastDelta(): ChunkDelta {
    const annotations = citations.all(said.text);
    return {
      ...(annotations.length > 0 && { annotations }),
      ...(images.length > 0 && { images: [...images] }),
      provider_specific_fields: { ...fields, ...lists },
    };
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
    return new Chunk(head, [{ index: 0, delta, finish_reason, logprobs: null }]);
  }

  function toUsageChunk(): ChatCompletionChunk {
    if (usages.length === 0) hidden.usage_estimated = true;
    if (began !== undefined) hidden._response_ms = Math.round(performance.now() - began);
    // Counted when it is read: few streams show this chunk, and to estimate costs as much as all that came before.
    let usage: CompletionUsage | undefined;
    return Object.defineProperty(new Chunk(head, []), 'usage', {
      enumerable: true,
      get: () => (usage ??= hidden.usage),
    });
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
