import type { AgentEvent } from '../../src/agent.ts';
import type { Reader } from '../../src/bedrock/call.ts';
import { StreamException } from '../../src/bedrock/errors.ts';
import { APIError } from '../../src/errors.ts';
import { play, type Played } from '../support/corpus.ts';
import { toReads } from './bytes.ts';

/**
 * What must hold of any answer, whatever it is: it ends in one `finish` or in an error that was meant, all its events are
 * of their types, and it is the same wherever its reads end.
 */
export function checkAnswer(createReader: () => Reader, bytes: Buffer, places: readonly number[]): Played {
  const played = play(createReader(), [bytes]);
  checkEnd(played);
  for (const event of played.events) checkEvent(event);
  const expected = toComparable(played);
  for (const reads of toReads(bytes, places)) {
    const again = play(createReader(), reads);
    if (toComparable(again) === expected) continue;
    const ends = reads.map(({ length }) => length).join(' ');
    throw new Error(`In reads of ${ends} bytes it is ${print(again)} and whole ${print(played)}.`);
  }
  return played;
}

function checkEnd({ events, error }: Played): void {
  // AWS's own exceptions become errors of ours with the call's id, which a reader does not know.
  if (error !== undefined && !(error instanceof APIError) && !(error instanceof StreamException)) throw error;
  const ends = events.filter(({ type }) => type === 'finish').length;
  if (error !== undefined && ends > 0) throw new Error('There is an end, and an error behind it.');
  if (error === undefined && (ends !== 1 || events.at(-1)?.type !== 'finish')) throw new Error(`It has ${ends} ends.`);
}

function checkEvent(event: AgentEvent): void {
  const fields = fieldsOf(event);
  for (const [name, type] of Object.entries(fields)) {
    const value: unknown = event[name as keyof AgentEvent];
    const fits = type === 'count' ? Number.isFinite(value) && Number(value) >= 0 : typeof value === type;
    if (!fits) throw new Error(`${event.type}.${name} is ${JSON.stringify(value)}, not a ${type}.`);
  }
}

function fieldsOf(event: AgentEvent): Readonly<Record<string, 'string' | 'count'>> {
  switch (event.type) {
    case 'text':
    case 'reasoning':
      return { text: 'string' };
    case 'tool-call':
      return { id: 'string', name: 'string', arguments: 'string' };
    case 'file':
      return { name: 'string', mediaType: 'string', data: 'string' };
    case 'usage':
      return {
        inputTokens: 'count',
        outputTokens: 'count',
        ...(event.cachedTokens !== undefined && { cachedTokens: 'count' }),
        ...(event.model !== undefined && { model: 'string' }),
      };
    case 'citation':
      return { ...(event.text !== undefined && { text: 'string' }) };
    case 'finish':
      return { reason: 'string', ...(event.raw !== undefined && { raw: 'string' }) };
    case 'message':
    case 'note':
    case 'trace':
      return {};
  }
}

function toComparable({ events, error }: Played): string {
  return JSON.stringify([events, error instanceof Error ? [error.name, error.message] : error]);
}

function print({ events, error }: Played): string {
  return (
    JSON.stringify(events) +
    (error === undefined ? '' : ` and ${error instanceof Error ? error.message : 'something thrown'}`)
  );
}
