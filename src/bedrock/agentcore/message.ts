import type { ToolCall } from '../../agent.ts';
import { mostCharacters } from './lines.ts';

/** Where a piece was heard. A family that says everything on several channels is heard on the first that speaks. */
export interface Channel {
  readonly family: string;
  readonly name: string;
}

/** What a family may tell on several channels. */
type Kind = 'text' | 'reasoning' | 'message' | 'answer' | 'usage';

/** One assistant message of an answer, while it is told. */
export interface Message {
  /** Its name among the messages of an answer, where the agent gives it one. */
  id?: string;
  /** What it has said, as far as any value could repeat it: its beginning, and the pieces that follow. */
  words: string;
  readonly pieces: string[];
  /** How many characters it has said. */
  length: number;
  /** Whether it has said any text, or thought aloud. */
  said: boolean;
  thought: boolean;
  /** Whether it was told to its end, after which a further piece belongs to another. */
  told: boolean;
  /** Whether its format will tell of its end; a body that ends before was cut short. */
  open: boolean;
  /** Calls that the agent may still run itself: only those open at the end are the caller's. */
  readonly calls: Map<string, ToolCall>;
  /** All that it called for, and what each went by: what was run is nobody's when it is told again. */
  readonly called: Map<string, string>;
  /** What the call that began last goes by. */
  lastKey: string;
  /** Whether a channel is the one that its family first told such a thing on. */
  readonly isFirst: (kind: Kind, channel: Channel | undefined) => boolean;
}

/** A message that has said nothing yet. */
export function createMessage(): Message {
  // By kind and family: one key of both would have to be put together for every piece.
  const heard = new Map<Kind, Map<string, string>>();
  return {
    words: '',
    pieces: [],
    length: 0,
    said: false,
    thought: false,
    told: false,
    open: false,
    calls: new Map(),
    called: new Map(),
    lastKey: '',
    isFirst(kind, channel) {
      if (!channel) return true;
      const families = heard.get(kind) ?? new Map<string, string>();
      const first = families.get(channel.family);
      if (first === undefined) heard.set(kind, families.set(channel.family, channel.name));
      return first === undefined || first === channel.name;
    },
  };
}

/** Adds to what it has said. */
export function addWords(message: Message, text: string): void {
  // No value of a stream is longer, so none can repeat more; to keep it all would be to keep the whole answer.
  if (message.length <= mostCharacters) message.pieces.push(text);
  message.length += text.length;
  if (message.length - message.words.length > mostLoose) wordsOf(message);
}

/** What it has said, as far as any value could repeat it. */
export function wordsOf(message: Message): string {
  if (message.pieces.length > 0) message.words += message.pieces.splice(0).join('');
  return message.words;
}

/** Characters that are kept as they came: a string that grows piece by piece is a chain, which costs more than they do. */
const mostLoose = 10_000;

/** A call begins whose arguments come in pieces; `key` is what its pieces go by. */
export function beginCall(message: Message, key: string, call: ToolCall): void {
  const { calls, called } = message;
  if (calls.get(key)?.id !== call.id) calls.set(key, call);
  called.set(call.id, key);
  message.lastKey = key;
}

/** A whole call. What was run is not called for again when it is told again. */
export function addCall(message: Message, call: ToolCall): void {
  const { calls, called } = message;
  const key = called.get(call.id);
  if (key === undefined) beginCall(message, call.id, call);
  else if (calls.get(key)?.id === call.id) calls.set(key, call);
}

/** A piece of a call's arguments: of the last call, where it says of none. */
export function addArguments({ calls, lastKey }: Message, key: string | undefined, json: string): void {
  const at = key ?? lastKey;
  const call = calls.get(at);
  if (call) calls.set(at, { ...call, arguments: call.arguments + json });
}

/** Forgets calls that the agent ran. */
export function dropCalls({ calls }: Message, run: (key: string) => boolean = () => true): void {
  for (const key of [...calls.keys()].filter(run)) calls.delete(key);
}

export function dropCall({ calls, called }: Message, id: string): void {
  const key = called.get(id);
  if (key !== undefined && calls.get(key)?.id === id) calls.delete(key);
}
