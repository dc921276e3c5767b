/** What a caller asks of an agent, whatever dialect the caller speaks. */
export interface AgentRequest {
  /** System and developer messages, joined; empty when there are none. */
  readonly instructions: string;
  /** The whole conversation, oldest first. */
  readonly turns: readonly Turn[];
  /** What the caller can run when the agent asks for it. */
  readonly tools: readonly Tool[];
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
}

/** What may happen around an agent. */
export interface Policy {
  /** How often the call may be repeated; left out where the caller does not say. */
  readonly retries?: number;
  /** The same for errors of one class: `{ RateLimitErrorRetries: 3 }`. */
  readonly retryPolicy?: Readonly<Record<string, number | undefined>>;
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

/** The conversation that a caller names; `exact` ids are sent as they are, others may be made valid. */
export interface Session {
  readonly id: string;
  readonly exact: boolean;
  /** The parameter it was given under. */
  readonly name: string;
}

export type Turn = UserTurn | AssistantTurn | ResultsTurn;

export interface UserTurn {
  readonly type: 'user';
  readonly parts: readonly Part[];
}

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

export type Part = { readonly type: 'text'; readonly text: string } | { readonly type: 'file'; readonly name: string };

export interface Tool {
  readonly name: string;
  readonly description?: string;
  /** The JSON Schema of its arguments. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** A JSON text, as the model wrote it. */
  readonly arguments: string;
}

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
  /** The agent's own record of a step, as AWS sent it. */
  | { readonly type: 'trace'; readonly trace: unknown }
  | ({ readonly type: 'usage' } & Usage)
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly raw?: string };

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
