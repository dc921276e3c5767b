import { createInterface } from 'node:readline';
import type { ChatToolCall, Completion, CompletionStream } from '../completion.ts';
import { APIError } from '../errors.ts';
import { createConversation } from './conversation.ts';
import { createJsonScreen, createTextScreen, type Terminal } from './screen.ts';

/** What the command line says of a conversation. */
export interface ChatCommandOptions {
  readonly model: string;
  readonly session?: string;
  /** One line of JSON for each answer, and none of what is for people. */
  readonly json?: boolean;
}

export interface ChatCommandParts {
  readonly completion: Completion;
  readonly terminal: Terminal;
}

/**
 * Talks to an agent, a line of the input each time, until the input ends. Ctrl-C aborts an answer, or else ends the
 * conversation. Resolves with the exit code: 1 where something failed.
 */
export async function runChatCommand(
  { model, session, json }: ChatCommandOptions,
  { completion, terminal }: ChatCommandParts,
): Promise<number> {
  const conversation = createConversation(completion, model, session);
  const screen = json ? createJsonScreen(terminal) : createTextScreen(terminal);
  const lines = createInterface({ input: terminal.input, ...(terminal.isInteractive && { output: terminal.output }) });
  const reader = lines[Symbol.asyncIterator]();
  let running: AbortController | undefined;
  let code = 0;
  const onInterrupt = () => (running ? running.abort() : lines.close());
  lines.on('SIGINT', onInterrupt);
  process.on('SIGINT', onInterrupt);

  async function ask(prompt: string): Promise<string | undefined> {
    if (terminal.isInteractive) {
      lines.setPrompt(prompt);
      lines.prompt();
    }
    const line = await reader.next();
    return line.done ? undefined : line.value;
  }

  /** Shows one answer; what it waits for then is the next thing to do. */
  async function show(begin: (signal: AbortSignal) => Promise<CompletionStream>): Promise<readonly ChatToolCall[]> {
    const controller = new AbortController();
    running = controller;
    try {
      const stream = await begin(controller.signal);
      return conversation.remember(await screen.show(stream));
    } catch (error) {
      if (controller.signal.aborted) screen.tellAborted();
      else {
        code = 1;
        screen.tellError(error instanceof APIError ? error : new APIError(String(error)));
      }
      return [];
    } finally {
      running = undefined;
    }
  }

  for (;;) {
    const text = await ask('> ');
    if (text === undefined) break;
    if (text.trim() === '') continue;
    let calls = await show((signal) => conversation.say(text, signal));
    while (calls.length > 0) {
      const results: string[] = [];
      for (const call of calls) {
        screen.tellCall(call);
        const result = await ask('result> ');
        if (result === undefined) return code;
        results.push(result);
      }
      calls = await show((signal) => conversation.answer(results, signal));
    }
  }
  process.off('SIGINT', onInterrupt);
  return code;
}
