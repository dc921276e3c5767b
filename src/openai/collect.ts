import type { ChatCompletionChunk, ChatFinishReason, ChatImage, ProviderSpecificFields } from './chunk.ts';
import type { Annotation } from './citations.ts';
import { type HiddenParams, withHidden } from './hidden.ts';
import type { CompletionUsage } from './usage.ts';

/** A whole answer, as OpenAI's API sends it. */
export interface ChatCompletion {
  id: string;
  object: 'chat.completion';
  /** Seconds since 1970. */
  created: number;
  /** The model string that was asked for. */
  model: string;
  choices: ChatChoice[];
  usage?: CompletionUsage;
  /** Not enumerable, so that it never reaches the wire. */
  readonly _hidden_params: HiddenParams;
}

/** The one answer of a completion. */
export interface ChatChoice {
  index: number;
  message: ChatCompletionMessage;
  finish_reason: ChatFinishReason;
  logprobs: null;
}

/** What the agent answered; push it to the messages of the next call as it is. */
export interface ChatCompletionMessage {
  role: 'assistant';
  content: string | null;
  refusal: null;
  /** What the agent thought aloud. */
  reasoning_content?: string;
  tool_calls?: ChatCompletionToolCall[];
  /** Sources of the answer's words; complete citations are under `provider_specific_fields.citations`. */
  annotations?: Annotation[];
  /** Images that the agent made. */
  images?: ChatImage[];
  provider_specific_fields?: ProviderSpecificFields;
}

/** A function that the caller is asked to run; `arguments` is JSON, as the model wrote it. */
export interface ChatCompletionToolCall {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
  provider_specific_fields?: Readonly<Record<string, string>>;
}

/** Chunks → the completion they add up to. Throws what the chunks throw: a part is never returned as a whole. */
export async function collect(source: AsyncIterable<readonly ChatCompletionChunk[]>): Promise<ChatCompletion> {
  const batches: (readonly ChatCompletionChunk[])[] = [];
  for await (const batch of source) batches.push(batch);
  return sum(batches);
}

/** The chunks of a stream → the completion they add up to; throws a `TypeError` for none. */
export function streamChunkBuilder(chunks: readonly ChatCompletionChunk[]): ChatCompletion {
  return sum([chunks]);
}

function sum(batches: readonly (readonly ChatCompletionChunk[])[]): ChatCompletion {
  const texts: string[] = [];
  const thoughts: string[] = [];
  const calls = new Map<number, ChatCompletionToolCall>();
  const traces: unknown[] = [];
  let fields: ProviderSpecificFields = {};
  let annotations: Annotation[] | undefined;
  let images: ChatImage[] | undefined;
  let finish_reason: ChatFinishReason = 'stop';
  let last: ChatCompletionChunk | undefined;

  for (const batch of batches) {
    for (const chunk of batch) {
      last = chunk;
      const choice = chunk.choices[0];
      if (!choice) continue;
      const { content, reasoning_content, tool_calls, provider_specific_fields } = choice.delta;
      if (content !== undefined) texts.push(content);
      if (reasoning_content !== undefined) thoughts.push(reasoning_content);
      for (const { index, id, type, function: call, provider_specific_fields: details } of tool_calls ?? []) {
        const begun = calls.get(index);
        // Our own deltas are whole calls; those that passed through other hands may not be.
        if (begun) begun.function.arguments += call.arguments;
        else
          calls.set(index, { id, type, function: { ...call }, ...(details && { provider_specific_fields: details }) });
      }
      if (provider_specific_fields) {
        traces.push(...(provider_specific_fields.trace ?? []));
        fields = provider_specific_fields;
      }
      // Each is whole on the last delta that has it.
      annotations = choice.delta.annotations ?? annotations;
      images = choice.delta.images ?? images;
      if (choice.finish_reason) finish_reason = choice.finish_reason;
    }
  }
  if (!last) throw new TypeError('There is no completion in no chunks.');

  const message: ChatCompletionMessage = {
    role: 'assistant',
    content: texts.length === 0 && calls.size > 0 ? null : texts.join(''),
    refusal: null,
    ...(thoughts.length > 0 && { reasoning_content: thoughts.join('') }),
    ...(calls.size > 0 && { tool_calls: [...calls.values()] }),
    ...(annotations && { annotations }),
    ...(images && { images }),
    provider_specific_fields: { ...fields, ...(traces.length > 0 && { trace: traces }) },
  };
  const { id, created, model, _hidden_params: hidden } = last;
  const choices: ChatChoice[] = [{ index: 0, message, finish_reason, logprobs: null }];
  return withUsage(withHidden({ id, object: 'chat.completion', created, model, choices }, hidden), last);
}

/** Counted when it is read: where nobody reported it, an estimate costs as much as all that came before. */
function withUsage(completion: ChatCompletion, last: ChatCompletionChunk): ChatCompletion {
  // Chunks that passed through other hands may have lost what is hidden.
  const hidden = last._hidden_params as HiddenParams | undefined;
  if (!('usage' in last) && !hidden) return completion;
  const shown = { enumerable: true, configurable: true };
  const set = (value: CompletionUsage | undefined) =>
    Object.defineProperty(completion, 'usage', { ...shown, writable: true, value });
  return Object.defineProperty(completion, 'usage', {
    ...shown,
    get: () => set(last.usage ?? hidden?.usage).usage,
    set: (value: CompletionUsage | undefined) => void set(value),
  });
}
