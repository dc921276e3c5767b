import { createHarnessWriter } from './harness-writer.ts';
import type { JsonObject } from './json.ts';

/**
 * What a local harness may yield: a piece of the answer as a string, a shorthand, or one of AWS's stream events as it is. `usage` ends the
 * message that it is about, `stopReason` ends it for this reason; both go without saying at the end.
 */
export type LocalHarnessEvent =
  | string
  | { readonly reasoning: string }
  | { readonly toolUse: LocalToolUse }
  | { readonly toolResult: LocalToolResult }
  | { readonly usage: LocalHarnessUsage }
  | { readonly stopReason: string }
  | LocalHarnessPart;

/** A call: of a function of the caller's, unless a result follows or its type says that a server runs it. */
export interface LocalToolUse {
  readonly name: string;
  readonly input: unknown;
  /** A new one if left out. */
  readonly toolUseId?: string;
  readonly type?: 'tool_use' | 'server_tool_use' | 'mcp_tool_use';
  readonly serverName?: string;
}

/** What a tool gave that the harness ran itself. */
export interface LocalToolResult {
  readonly toolUseId: string;
  readonly text?: string;
  readonly status?: 'success' | 'error';
}

/** The tokens of one model call. */
export interface LocalHarnessUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadInputTokens?: number;
  readonly cacheWriteInputTokens?: number;
}

/** One of AWS's stream events. */
export type LocalHarnessPart = {
  [Name in PartName]: { readonly [name in Name]: JsonObject };
}[PartName];

/** The members of AWS's stream of a harness. */
export type PartName =
  | 'messageStart'
  | 'contentBlockStart'
  | 'contentBlockDelta'
  | 'contentBlockStop'
  | 'messageStop'
  | 'metadata'
  | 'hookEvent';

/** A harness's events as AWS's, each as soon as it is there. */
export async function* toParts(
  events: AsyncIterable<LocalHarnessEvent>,
  signal: AbortSignal,
): AsyncGenerator<LocalHarnessPart> {
  const writer = createHarnessWriter();
  for await (const event of events) {
    signal.throwIfAborted();
    yield* writer.write(event);
  }
  yield* writer.end();
}
