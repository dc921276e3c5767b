import type { AssistantMessage, ChatMessage, ChatToolCall, Completion, CompletionStream } from '../completion.ts';

/** A conversation with an agent that remembers it: only what is new is sent. */
export interface Conversation {
  /** Says something; resolves when the answer has begun. */
  readonly say: (text: string, signal: AbortSignal) => Promise<CompletionStream>;
  /** Answers the calls of the last answer, in their order. */
  readonly answer: (results: readonly string[], signal: AbortSignal) => Promise<CompletionStream>;
  /** Takes note of an answer; returns the calls that it waits for. */
  readonly remember: (message: AssistantMessage) => readonly ChatToolCall[];
}

/** Begins a conversation, or goes on with the one of a session. */
export function createConversation(completion: Completion, model: string, session: string | undefined): Conversation {
  let turn: ChatMessage[] = [];

  async function ask(signal: AbortSignal): Promise<CompletionStream> {
    const named = session !== undefined && { litellm_session_id: session };
    const stream = await completion({ model, messages: turn, stream: true, signal, ...named });
    session = stream.session_id;
    return stream;
  }

  return {
    say(text, signal) {
      turn = [{ role: 'user', content: text }];
      return ask(signal);
    },
    answer(results, signal) {
      const last = turn.at(-1);
      const calls = last?.role === 'assistant' ? (last.tool_calls ?? []) : [];
      calls.forEach(({ id }, index) => turn.push({ role: 'tool', tool_call_id: id, content: results[index] ?? '' }));
      return ask(signal);
    },
    remember(message) {
      turn.push(message);
      return message.tool_calls ?? [];
    },
  };
}
