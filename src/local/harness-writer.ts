import { randomUUID } from 'node:crypto';
import type { LocalHarnessEvent, LocalHarnessPart, LocalToolResult, LocalToolUse } from './harness-events.ts';
import type { JsonObject } from './json.ts';

/** Makes AWS's stream events of what a local harness yields: it begins and ends messages and blocks where the harness does not say so. */
export function createHarnessWriter() {
  let role: 'user' | 'assistant' | undefined;
  let index = 0;
  let block: 'text' | 'reasoning' | undefined;
  let calls = false;
  let begun = false;

  function* open(speaker: 'user' | 'assistant'): Generator<LocalHarnessPart> {
    if (role === speaker) return;
    yield* close();
    role = speaker;
    begun = true;
    yield { messageStart: { role } };
  }

  function* close(stopReason = calls ? 'tool_use' : role === 'user' ? 'tool_result' : 'end_turn') {
    if (!role) return;
    yield* closeBlock();
    yield { messageStop: { stopReason } };
    forget();
  }

  function* closeBlock(): Generator<LocalHarnessPart> {
    if (block) yield { contentBlockStop: { contentBlockIndex: index++ } };
    block = undefined;
  }

  function forget(): void {
    role = undefined;
    index = 0;
    block = undefined;
    calls = false;
  }

  function* say(kind: 'text' | 'reasoning', delta: JsonObject): Generator<LocalHarnessPart> {
    yield* open('assistant');
    if (block !== kind) yield* closeBlock();
    block = kind;
    yield { contentBlockDelta: { contentBlockIndex: index, delta } };
  }

  function* call({ input, toolUseId = `tooluse_${randomUUID()}`, ...use }: LocalToolUse): Generator<LocalHarnessPart> {
    yield* open('assistant');
    yield* closeBlock();
    const delta = { toolUse: { input: JSON.stringify(input) } };
    yield { contentBlockStart: { contentBlockIndex: index, start: { toolUse: { toolUseId, ...use } } } };
    yield { contentBlockDelta: { contentBlockIndex: index, delta } };
    yield { contentBlockStop: { contentBlockIndex: index++ } };
    calls = true;
  }

  function* answer({ toolUseId, text, status = 'success' }: LocalToolResult): Generator<LocalHarnessPart> {
    yield* open('user');
    yield { contentBlockStart: { contentBlockIndex: index, start: { toolResult: { toolUseId, status } } } };
    if (text) yield { contentBlockDelta: { contentBlockIndex: index, delta: { toolResult: [{ text }] } } };
    yield { contentBlockStop: { contentBlockIndex: index++ } };
  }

  function* write(event: LocalHarnessEvent): Generator<LocalHarnessPart> {
    // An empty piece is no piece: AWS sends none.
    if (event === '') return;
    if (typeof event === 'string') yield* say('text', { text: event });
    else if ('reasoning' in event) yield* say('reasoning', { reasoningContent: { text: event.reasoning } });
    else if ('toolUse' in event) yield* call(event.toolUse);
    else if ('toolResult' in event) yield* answer(event.toolResult);
    else if ('usage' in event) {
      yield* close();
      const { inputTokens, outputTokens, cacheReadInputTokens = 0, cacheWriteInputTokens = 0 } = event.usage;
      const totalTokens = inputTokens + outputTokens + cacheReadInputTokens + cacheWriteInputTokens;
      yield { metadata: { usage: { ...event.usage, totalTokens }, metrics: { latencyMs: 1 } } };
    } else if ('stopReason' in event) {
      yield* open(role ?? 'assistant');
      yield* close(event.stopReason);
    } else {
      if ('messageStart' in event) role = event.messageStart['role'] === 'user' ? 'user' : 'assistant';
      if ('messageStop' in event) forget();
      begun = true;
      yield event;
    }
  }

  return {
    write,
    *end(): Generator<LocalHarnessPart> {
      if (!begun) yield* open('assistant');
      yield* close();
    },
  };
}
