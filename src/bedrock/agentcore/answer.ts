import type { AgentEvent, ToolCall, Usage } from '../../agent.ts';
import type { APIError } from '../../errors.ts';
import { createEnding } from './ending.ts';
import {
  addArguments,
  addCall,
  addWords,
  beginCall,
  type Channel,
  createMessage,
  dropCall,
  dropCalls,
  type Message,
  wordsOf,
} from './message.ts';

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
  /** Whether what follows is set off from what it said. */
  let apart = false;
  const ids = new Set<string>();
  /** The channels that are heard from beginning to end. */
  const throughout = createMessage();
  /** Text that only a Python repr holds; said when nothing better came. */
  const lastResort = new Set<string>();
  /** The messages that called for what may still be run, by its id: agents that give none have a name in its place. */
  const callers = new Map<string, Set<Message>>();
  const ending = createEnding(emit);

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
    if (speaker && (speaker !== message || apart)) emit({ type: 'message' });
    speaker = message;
    apart = false;
    if (type === 'text') addWords(message, text);
    emit({ type, text });
  }

  function tell(text: string, channel?: Channel): void {
    ending.understand();
    if (text === '' || !message.isFirst('text', channel)) return;
    // The agent ran what it called for, and goes on in another message.
    if (message.told || message.calls.size > 0) {
      begin();
      message.isFirst('text', channel);
    }
    say('text', text);
    message.said = true;
  }

  function think(text: string, channel?: Channel): void {
    if (text === '' || !message.isFirst('reasoning', channel)) return;
    if (message.told) {
      begin();
      message.isFirst('reasoning', channel);
    }
    say('reasoning', text);
    message.thought = true;
  }

  function tellWhole({ text, reasoning, calls }: Content, channel?: Channel): void {
    ending.understand();
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
    if (message.calls.size === 0) calls.forEach(call);
    message.told = message.said || message.thought || calls.length > 0;
  }

  function call(called: ToolCall): void {
    callsFor(called.id);
    addCall(message, called);
  }

  function callsFor(id: string): void {
    callers.set(id, (callers.get(id) ?? new Set()).add(message));
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

    /** Whether a whole message of this id was told before; from now on it was. */
    knows(id: string): boolean {
      const isKnown = ids.has(id);
      ids.add(id);
      return isKnown;
    },

    /** Whether a family that tells its whole answer on several channels is heard on this one, the first that spoke. */
    hears: (channel: Channel): boolean => throughout.isFirst('answer', channel),

    /** From here on, this message says its text on this channel. */
    speaksOn(channel: Channel): void {
      message.isFirst('text', channel);
    },

    /** A run begins whose end will be told; a body that ends before was cut short. */
    beginRun: () => ending.beginRun(),
    endRun: (reason?: string) => ending.endRun(reason),
    /** The server says that nothing follows: some send no end of a run. A message that has begun is cut nevertheless. */
    done: () => ending.done(),

    /** A message begins whose end will be told. */
    beginMessage(): void {
      begin();
      message.open = true;
    },
    /** The end of this message will be told, whether or not its beginning was. */
    openMessage(): void {
      if (message.told) begin();
      message.open = true;
    },
    /** Another part of a message begins, which reads as a message of its own. */
    setOff(): void {
      apart = message.said;
    },
    /** What is told again of a message after this belongs to it. */
    endMessage(reason: string | undefined): void {
      message.open = false;
      ending.stopped(reason);
    },
    /** What is told after this belongs to another message. */
    closeMessage(): void {
      message.told = true;
    },

    /** The agent's own last word, which repeats the last message where there was one. */
    result(content: Content): void {
      ending.understand();
      if (!message.said) tellWhole(content.text.trim() === '' ? { ...content, text: '' } : content);
    },

    /** What the message has said so far, as far as any value could repeat it. */
    words: (): string => wordsOf(message),
    /** How many characters the message has said so far. */
    length: (): number => message.length,

    /** Whether anything was told that an answer can end with. */
    saysSomething: (): boolean => ending.isUnderstood() || message.called.size > 0 || lastResort.size > 0,

    lastResort(text: string): void {
      lastResort.add(text);
    },

    beginCall(key: string, id: string, name: string): void {
      if (message.told) begin();
      callsFor(id);
      beginCall(message, key, { id, name, arguments: '' });
    },
    /** A whole call, whose pieces may have been heard. */
    call(called: ToolCall): void {
      if (message.told && !message.called.has(called.id)) begin();
      call(called);
    },
    /** Without a key, they are of the call that began last. */
    addArguments(key: string | undefined, json: string): void {
      addArguments(message, key, json);
    },
    /** The agent ran them: all of this message, or those of the keys that are `run`. */
    dropCalls(run?: (key: string) => boolean): void {
      dropCalls(message, run);
    },
    /** The agent ran this one, whichever message called for it. */
    dropCall(id: string): void {
      for (const each of callers.get(id) ?? []) dropCall(each, id);
      callers.delete(id);
    },

    /** An event that the caller made itself; the end is told by `end`. */
    tell: (event: AgentEvent) => ending.tell(event),

    /** A whole body that nobody knows, as its text. */
    unknown(text: string): void {
      ending.unknown();
      tell(text);
    },

    usage(usage: Usage | undefined, channel?: Channel): void {
      if (usage && throughout.isFirst('usage', channel)) ending.usage(usage);
    },
    /** Usage that sums up what may have been told before. */
    lastUsage(usage: Usage | undefined): void {
      if (usage && !ending.isUsageTold()) ending.usage(usage);
    },
    /** Usage of the whole run, in place of what its model calls told. */
    totalUsage(usage: Usage | undefined): void {
      if (usage) ending.usage({ ...usage, total: true });
    },

    /** The agent failed. */
    fail(error: APIError): void {
      ending.fail(error);
      for (const each of messages.values()) each.open = false;
    },

    end({ mayBeEmpty }: { readonly mayBeEmpty: boolean }): void {
      const all = [...messages.values()];
      const calls = all.flatMap((each) => [...each.calls.values()]);
      ending.checkWhole(all.some((each) => each.open));
      if (!speaker && calls.length === 0) {
        for (const text of lastResort) tellWhole({ text, reasoning: '', calls: [] });
      }
      ending.finish(calls, mayBeEmpty || speaker !== undefined);
    },
  };
}
