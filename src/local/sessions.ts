import type { LocalAgentEvent } from './agent-events.ts';
import { toList } from './json.ts';
import type { JsonObject } from './json.ts';
import { createMemory } from './memory.ts';
import type { Memory } from './memory.ts';

/** What was said before in a session: one call and its whole answer. */
export interface LocalTurn {
  /** `undefined` where the call had none, as when it gives the results of a returned control. */
  readonly inputText: string | undefined;
  readonly answer: string;
}

/** What is remembered of one session. */
export interface Session {
  readonly turns: LocalTurn[];
  /** Of the returned controls, whose results may be sent. */
  readonly invocationIds: Set<string>;
}

/** The sessions of agents, by agent, alias and session id. */
export type Sessions = Memory<Session>;

/** Sessions that remember until they end. */
export function createSessions(): Sessions {
  return createMemory(() => ({ turns: [], invocationIds: new Set<string>() }));
}

/** Passes an answer on, and remembers these turns and this one when it has come to its end. */
export async function* remember(
  session: Session,
  { inputText, earlier }: { readonly inputText: string | undefined; readonly earlier: readonly LocalTurn[] },
  events: AsyncIterable<LocalAgentEvent>,
): AsyncGenerator<LocalAgentEvent> {
  const parts: Uint8Array[] = [];
  for await (const event of events) {
    if (typeof event === 'string') parts.push(Buffer.from(event));
    else if ('chunk' in event) parts.push(Buffer.from(event.chunk.bytes));
    else if ('returnControl' in event) session.invocationIds.add(String(event.returnControl['invocationId']));
    yield event;
  }
  session.turns.push(...earlier, { inputText, answer: Buffer.concat(parts).toString() });
}

/** A conversation that a call brings along in `sessionState.conversationHistory`, as turns. */
export function toTurns(messages: readonly JsonObject[]): readonly LocalTurn[] {
  const turns: LocalTurn[] = [];
  for (const { role, content } of messages) {
    const text = toList(content)
      .map((block) => String(block['text']))
      .join('');
    const open = turns.at(-1);
    if (role === 'user') turns.push({ inputText: text, answer: '' });
    else if (open?.answer === '') turns[turns.length - 1] = { ...open, answer: text };
    else turns.push({ inputText: undefined, answer: text });
  }
  return turns;
}
