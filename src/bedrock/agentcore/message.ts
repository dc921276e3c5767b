import type { ToolCall } from '../../agent.ts';

/** Where a piece was heard. A family that says everything on several channels is heard on the first that speaks. */
export interface Channel {
  readonly family: string;
  readonly name: string;
}

/** One assistant message of an answer, while it is told. */
export interface Message {
  /** Its name among the messages of an answer, where the agent gives it one. */
  id?: string;
  /** Whether it has said any text, or thought aloud. */
  said: boolean;
  thought: boolean;
  /** Whether it was told to its end, after which a further piece belongs to another. */
  told: boolean;
  /** Whether its format will tell of its end; a body that ends before was cut short. */
  open: boolean;
  /** Whether the agent ran its calls, so that they are nobody's when they are told again. */
  ran: boolean;
  /** Calls that the agent may still run itself: only those open at the end are the caller's. */
  readonly calls: Map<string, ToolCall>;
  readonly isFirst: (kind: string, channel: Channel | undefined) => boolean;
}

/** A message that has said nothing yet. */
export function createMessage(): Message {
  const heard = new Map<string, string>();
  return {
    said: false,
    thought: false,
    told: false,
    open: false,
    ran: false,
    calls: new Map(),
    isFirst(kind, channel) {
      if (!channel) return true;
      const key = `${kind} ${channel.family}`;
      const first = heard.get(key) ?? channel.name;
      heard.set(key, first);
      return first === channel.name;
    },
  };
}
