import type { Annotation } from './citations.ts';
import type { HiddenParams } from './hidden.ts';
import type { CompletionUsage } from './usage.ts';

/** A piece of a streamed answer, as OpenAI's API sends it. */
export interface ChatCompletionChunk {
  id: string;
  object: 'chat.completion.chunk';
  /** Seconds since 1970, the same on every chunk. */
  created: number;
  /** The model string that was asked for. */
  model: string;
  choices: ChunkChoice[];
  /** On the last chunk only. */
  usage?: CompletionUsage;
  /** Not enumerable, so that it never reaches the wire. */
  readonly _hidden_params: HiddenParams;
}

/** What all chunks of an answer have in common. */
export type ChunkHead = Readonly<Pick<ChatCompletionChunk, 'id' | 'created' | 'model' | '_hidden_params'>>;

/**
 * A chunk as it is made here. `_hidden_params` stands on the prototype, where `JSON.stringify` and `{ ...spread }` do
 * not see it: to define it on every chunk takes longer than to read the event that it is made of.
 */
export class Chunk implements ChatCompletionChunk {
  id: string;
  object: 'chat.completion.chunk';
  created: number;
  model: string;
  choices: ChunkChoice[];
  readonly #head: ChunkHead;

  constructor(head: ChunkHead, choices: ChunkChoice[]) {
    this.#head = head;
    this.id = head.id;
    this.object = 'chat.completion.chunk';
    this.created = head.created;
    this.model = head.model;
    this.choices = choices;
  }

  get _hidden_params(): HiddenParams {
    // A clone of this or a proxy around it (a user interface's state) has none, as copies never had.
    return #head in this ? this.#head._hidden_params : (undefined as unknown as HiddenParams);
  }
}

/** The one answer of a chunk; `finish_reason` is set on the last chunk that has a choice. */
export interface ChunkChoice {
  index: number;
  delta: ChunkDelta;
  finish_reason: ChatFinishReason | null;
  logprobs: null;
}

/** What is new: texts go behind what came before, `role` comes once and first. */
export interface ChunkDelta {
  role?: 'assistant';
  content?: string;
  reasoning_content?: string;
  tool_calls?: ToolCallDelta[];
  /** New ones as they are found, and all of them on the finishing delta. */
  annotations?: Annotation[];
  /** The same for images that the agent made. */
  images?: ChatImage[];
  provider_specific_fields?: ProviderSpecificFields;
}

/** An image that the agent made, as LiteLLM and others hand it out: a data URL. */
export interface ChatImage {
  type: 'image_url';
  index: number;
  image_url: { url: string };
  name: string;
}

/** A call of a function of the caller's; it comes whole, in one chunk. */
export interface ToolCallDelta {
  index: number;
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
  /** What AWS says of the call: `action_group`, `action_invocation_type`, a collaborator's `agent_id`. */
  provider_specific_fields?: Readonly<Record<string, string>>;
}

/** Why an answer ended, in OpenAI's words. */
export type ChatFinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** What AWS says and OpenAI's format has no place for. */
export interface ProviderSpecificFields {
  /** Send it back to go on with this conversation. */
  session_id?: string;
  /** Why AWS stopped, in its own word. */
  finish_reason?: string;
  /** What the answer rests on, as AWS tells it; what was only looked up is marked `looked_up`. */
  citations?: unknown[];
  /** Files that the agent made, but for images; `bytes` is base64. */
  files?: { name: string; type: string; bytes: string }[];
  /** AWS's guardrail traces, where a guardrail found something. */
  guardrails?: unknown[];
  /** AWS's failure traces of steps after which the agent went on. */
  failures?: unknown[];
  /** `unknown` where an AgentCore agent answered in a format that this version does not know: the text is its JSON. */
  format?: string;
  /** AWS's raw traces, where `enableTrace: true` was given. */
  trace?: unknown[];
}
