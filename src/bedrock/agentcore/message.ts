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
  /** Calls that the agent may still run itself: only those open at the end are the caller's. */
  readonly calls: Map<string, ToolCall>;
  /** All that it called for: what was run is nobody's when it is told again. */
  readonly called: Set<string>;
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
    calls: new Map(),
    called: new Set(),
    isFirst(kind, channel) {
      if (!channel) return true;
      const key = `${kind} ${channel.family}`;
      const first = heard.get(key) ?? channel.name;
      heard.set(key, first);
      return first === channel.name;
    },
  };
}
