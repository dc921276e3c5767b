/** What a caller asks of an agent, whatever dialect the caller speaks. */
export interface AgentRequest {
  /** System and developer messages, joined; empty when there are none. */
  readonly instructions: string;
  /** The whole conversation, oldest first. */
  readonly turns: readonly Turn[];
  /** What the caller can run when the agent asks for it. */
  readonly tools: readonly Tool[];
  /** Tools that the service itself runs, where it has any that a caller may name. */
  readonly serviceTools?: readonly ServiceTool[];
  /** OpenAI parameters that ask for something, under the caller's names. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Whether a setting that the service cannot honour is dropped; otherwise it is an error. */
  readonly dropUnsupported: boolean;
  /** Everything else that was given: AWS's names, credentials, custom parameters. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly session?: Session;
  /** The id of the new session where none is given; one that every service takes. */
  readonly freshSessionId?: string;
  readonly stream: boolean;
  /** Seconds of silence after which the call fails. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  /** What the policies around an agent are asked for; an agent itself does not look at it. */
  readonly policy?: Policy;
  /** A secret of the caller's, whose sessions, memories and calls nobody else may enter; without it ids are as they are. */
  readonly scope?: string;
}

/** What may happen around an agent. */
export interface Policy {
  /** How often the call may be repeated; left out where the caller does not say. */
  readonly retries?: number;
  /** The same for errors of one class: `{ RateLimitErrorRetries: 3 }`. */
  readonly retryPolicy?: Readonly<Record<string, number | undefined>> | undefined;
  readonly mock?: Mock;
}

/** An answer in an agent's place. */
export interface Mock {
  /** They end with a `finish`, unless there is an error. */
  readonly events: readonly AgentEvent[];
  /** Thrown after the events. */
  readonly error?: unknown;
  /** Seconds before anything comes. */
  readonly delay?: number;
  /** Whether nothing comes until the request's `timeout` has passed, which is then the error. */
  readonly timesOut?: boolean;
}

/**
 * What a function that is given as `payload_format` is told. It returns the payload: a JSON value, a string or bytes.
 */
export interface PayloadRequest extends Pick<AgentRequest, 'instructions' | 'turns' | 'tools' | 'stream'> {
  /** What the default form sends: what is new, after a transcript of what no session remembers. */
  readonly prompt: string;
  readonly sessionId: string;
  /** Whether the caller named the session, which then remembers what went before. */
  readonly hasSession: boolean;
  /** The caller's custom parameters. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** The conversation that a caller names; `exact` ids are sent as they are, others may be made valid. */
export interface Session {
  readonly id: string;
  readonly exact: boolean;
  /** The parameter it was given under. */
  readonly name: string;
}

/** What one side said: the user, the assistant, or the tools that the assistant called. */
export type Turn = UserTurn | AssistantTurn | ResultsTurn;

/** The user's words and files, in their order. */
export interface UserTurn {
  readonly type: 'user';
  readonly parts: readonly Part[];
  /** The parts as the caller spelt them, for agents that read that spelling; absent where the message was one text. */
  readonly content?: readonly unknown[];
}

/** What the agent said before; `calls` are the tools that it asked for, answered or not. */
export interface AssistantTurn {
  readonly type: 'assistant';
  readonly text: string;
  readonly calls: readonly ToolCall[];
}

/** The caller's answers to the calls of the assistant turn before it. */
export interface ResultsTurn {
  readonly type: 'results';
  readonly results: readonly ToolResult[];
}

/** A piece of what a user says. */
export type Part = { readonly type: 'text'; readonly text: string } | FilePart;

/** An image, a recording or any other file of a user. */
export interface FilePart {
  readonly type: 'file';
  readonly kind: 'image' | 'audio' | 'file';
  /** What the caller calls it, or else its kind. */
  readonly name: string;
  /** Its bytes in base64; absent where only a link or an id came. The media type may be empty. */
  readonly content?: { readonly mediaType: string; readonly data: string };
  /** Where the caller put it, for errors. */
  readonly param: string;
}

/** A function that the caller can run, as `tools` describe it. */
export interface Tool {
  readonly name: string;
  readonly description?: string;
  /** The JSON Schema of its arguments. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** An entry of `tools` that is no function. */
export interface ServiceTool {
  /** As the caller spelt it. */
  readonly definition: Readonly<Record<string, unknown>>;
  /** Where the caller put it, for errors. */
  readonly param: string;
}

/** A function that the caller is asked to run. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** A JSON text, as the model wrote it. */
  readonly arguments: string;
}

/** What the caller's function gave, as a text; `id` is the call's. */
export interface ToolResult {
  readonly id: string;
  readonly text: string;
}

/** One thing that happened while an agent answered. */
export type AgentEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  /** A further assistant message begins. */
  | { readonly type: 'message' }
  /** A call that the caller must run; what the agent ran itself is never one. */
  | ({ readonly type: 'tool-call'; readonly details?: Readonly<Record<string, string>> } & ToolCall)
  /** Words of the answer and what they rest on; `citation` is AWS's own record of it. */
  | {
      readonly type: 'citation';
      readonly text?: string;
      readonly sources: readonly Source[];
      readonly citation: unknown;
    }
  /** A file that the agent made; `data` is base64. */
  | { readonly type: 'file'; readonly name: string; readonly mediaType: string; readonly data: string }
  /** What a guardrail found, or a step that failed before the agent went on: AWS's own record. */
  | { readonly type: 'note'; readonly about: 'guardrail' | 'failure'; readonly note: unknown }
  /** The agent's own record of a step, as AWS sent it. */
  | { readonly type: 'trace'; readonly trace: unknown }
  | ({ readonly type: 'usage' } & Usage)
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly raw?: string; readonly format?: string };

/** Where something can be read up; the title may be made of the address. */
export interface Source {
  readonly url: string;
  readonly title: string;
}

/** Why an answer ended; `length` is a limit of tokens or steps, `content-filter` a guardrail. */
export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter';

/** Tokens of one model call; usages add up, but one with `total` replaces what came before. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens?: number;
  /** The foundation model, as AWS names it. */
  readonly model?: string;
  readonly total?: boolean;
}

/** Dollars for these usages, or `null` when a price is unknown. */
export type Price = (usages: readonly Usage[]) => number | null;

/** Who answered, and after what. */
export interface About {
  readonly region?: string;
  readonly endpoint?: string;
  readonly memoryId?: string;
  /** The model string of the fallback that answered. */
  readonly model?: string;
  /** The router's deployment. */
  readonly deployment?: string;
  /** How often the call was repeated before this answer. */
  readonly retries?: number;
  /** How many fallbacks were asked, this one included. */
  readonly fallbacks?: number;
}

/** An answer that has begun. */
export interface AgentResponse {
  readonly sessionId: string;
  readonly requestId?: string;
  readonly about: About;
  readonly price?: Price;
  /** The price that was given together with who answered; it wins over every other. */
  readonly ownPrice?: Price;
  /** The events in batches: what one read from the socket brought goes on together, at once. */
  readonly events: AsyncIterable<readonly AgentEvent[]>;
}

/**
 * Asks an agent. Every agent keeps four promises:
 *
 * 1. It resolves when the first event of the answer has been read, and rejects otherwise.
 * 2. Its events end with exactly one `finish`, or the iteration throws: a truncated answer is an error.
 * 3. Stopping to read closes the connection at once.
 * 4. After the signal aborts, reading throws the signal's reason.
 */
export type Agent = (request: AgentRequest) => Promise<AgentResponse>;

/** The agent that a model string names; throws a `BadRequestError` when it names none. */
export type Agents = (model: string) => Agent;
