import type { AgentEvent, ToolCall, Usage } from '../../agent.ts';
import { type APIError, BadGatewayError } from '../../errors.ts';
import { toFinishReason } from './finish.ts';
import { type Channel, createMessage, type Message } from './message.ts';

/** What a whole message says. */
export interface Content {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly ToolCall[];
}

/** An answer while it is put together: what the readers of all formats tell it, by rules that they share. */
export type Answer = ReturnType<typeof createAnswer>;

/** An answer that tells its events to `emit`. */
export function createAnswer(emit: (event: AgentEvent) => void) {
  /** The message that each node of a graph is telling; agents that are no graph are one node. */
  const messages = new Map<string, Message>();
  let node = '';
  let message = open();
  /** The message that spoke last. */
  let speaker: Message | undefined;
  const usageOf = createMessage();
  let usageSeen = false;
  /** Whether anything was understood, be it an empty text. */
  let understood = false;
  let stopReason: string | undefined;
  let running = false;
  /** What a caller who reads the answer himself told. */
  let called = false;
  let finish: AgentEvent | undefined;
  let format: string | undefined;
  /** Text that only a Python repr holds; said when nothing better came. */
  const lastResort: string[] = [];

  function open(): Message {
    const opened = createMessage();
    messages.set(node, opened);
    return opened;
  }

  /** A further message begins; calls of the one before it were run by the agent. */
  function begin(): void {
    message = open();
  }

  function say(type: 'text' | 'reasoning', text: string): void {
    if (message.told) begin();
    if (speaker && speaker !== message) emit({ type: 'message' });
    speaker = message;
    emit({ type, text });
  }

  function tell(text: string, channel?: Channel): void {
    understood = true;
    if (text === '' || !message.isFirst('text', channel)) return;
    say('text', text);
    message.said = true;
    message.calls.clear();
  }

  function think(text: string, channel?: Channel): void {
    if (text === '' || !message.isFirst('reasoning', channel)) return;
    say('reasoning', text);
    message.thought = true;
  }

  function tellWhole({ text, reasoning, calls }: Content, channel?: Channel): void {
    understood = true;
    if (!message.isFirst('message', channel)) return;
    // Told before, so this is another one; otherwise its pieces may have been heard.
    if (message.told) {
      begin();
      message.isFirst('message', channel);
    }
    if (!message.thought) think(reasoning);
    if (!message.said && text !== '') {
      say('text', text);
      message.said = true;
    }
    if (message.calls.size === 0 && !message.ran) for (const call of calls) message.calls.set(call.id, call);
    message.told = message.said || message.thought || calls.length > 0;
  }

  return {
    begin,
    text: tell,
    reasoning: think,
    message: tellWhole,

    /** What follows is said by this node of a graph of agents. */
    at(name: string): void {
      node = name;
      message = messages.get(name) ?? open();
    },

    /** What follows belongs to the message of this id; a new id begins a further message. */
    within(id: string): void {
      if (message.id !== id && (message.id !== undefined || message.said || message.told)) begin();
      message.id = id;
    },

    /** A run begins whose end will be told; a body that ends before was cut short. */
    beginRun(): void {
      running = true;
    },
    endRun(reason?: string): void {
      running = false;
      understood = true;
      stopReason = reason ?? stopReason;
    },

    /** A message begins whose end will be told. */
    beginMessage(): void {
      begin();
      message.open = true;
    },
    /** The end of this message will be told. */
    openMessage(): void {
      message.open = true;
    },
    endMessage(reason: string | undefined): void {
      message.open = false;
      stopReason = reason ?? stopReason;
    },
    /** Nothing more of this message will come, whatever begins next. */
    closeMessage(): void {
      message.told = true;
    },

    /** The agent's own last word, which repeats the last message where there was one. */
    result(content: Content): void {
      understood = true;
      if (!message.said) tellWhole(content.text.trim() === '' ? { ...content, text: '' } : content);
    },

    lastResort(text: string): void {
      if (!lastResort.includes(text)) lastResort.push(text);
    },

    beginCall(key: string, id: string, name: string): void {
      if (message.calls.get(key)?.id !== id) message.calls.set(key, { id, name, arguments: '' });
    },
    /** Without a key, they are of the call that began last. */
    addArguments(key: string | undefined, json: string): void {
      const at = key ?? [...message.calls.keys()].at(-1) ?? '';
      const call = message.calls.get(at);
      if (call) message.calls.set(at, { ...call, arguments: call.arguments + json });
    },
    /** A whole call, its pieces told before or not. */
    call(call: ToolCall): void {
      message.calls.set(call.id, call);
    },
    /** The agent ran them: all, or those of the keys that are `run`. */
    dropCalls(run: (key: string) => boolean = () => true): void {
      message.ran = true;
      for (const key of [...message.calls.keys()].filter(run)) message.calls.delete(key);
    },

    /** An event that the caller made itself; the end is told by `end`. */
    tell(event: AgentEvent): void {
      understood = true;
      if (event.type === 'tool-call') called = true;
      if (event.type === 'finish') finish = event;
      else emit(event);
    },

    /** A whole body that nobody knows, as its text. */
    unknown(text: string): void {
      format = 'unknown';
      tell(text);
    },

    usage(usage: Usage | undefined, channel?: Channel): void {
      if (!usage || !usageOf.isFirst('usage', channel)) return;
      usageSeen = true;
      emit({ type: 'usage', ...usage });
    },
    /** Usage that sums up what may have been told before. */
    lastUsage(usage: Usage | undefined): void {
      if (!usageSeen) this.usage(usage);
    },

    /** The agent failed. Strands tells as an error, too, that its model reached its limit. */
    fail(error: APIError): void {
      if (error.code !== null && /^MaxTokens/.test(error.code)) stopReason = 'max_tokens';
      else if (toFinishReason(stopReason) !== 'length' || !/max(imum)?[ _]?tokens?\b/i.test(error.message)) throw error;
    },

    end({ mayBeEmpty }: { readonly mayBeEmpty: boolean }): void {
      const calls = [...messages.values()].flatMap(({ calls: open }) => [...open.values()]);
      if ([...messages.values()].some((each) => each.open)) throw cutShort('inside a message');
      if (running) throw cutShort('before its run did');
      if (!speaker && calls.length === 0) {
        for (const text of lastResort) tellWhole({ text, reasoning: '', calls: [] });
      }
      if (!speaker && calls.length === 0 && !understood && !usageSeen && stopReason === undefined && !mayBeEmpty) {
        throw new BadGatewayError(
          'The agent ended without an answer, or answered in a format that this version does not know.',
        );
      }
      if (finish) return emit(finish);
      for (const call of calls) emit({ type: 'tool-call', ...call, arguments: call.arguments || '{}' });
      const reason = calls.length > 0 || called ? 'tool-calls' : toFinishReason(stopReason);
      emit({
        type: 'finish',
        reason,
        ...(stopReason !== undefined && { raw: stopReason }),
        ...(format !== undefined && { format }),
      });
    },
  };
}

/** The error for an answer that is not whole. */
export function cutShort(where: string): BadGatewayError {
  return new BadGatewayError(`The agent's answer was cut short: it ended ${where}.`);
}
