import type { AgentEvent } from '../../agent.ts';
import { APIError, BadGatewayError, BadRequestError } from '../../errors.ts';
import type { Answer } from './answer.ts';
import type { Piece } from './body.ts';
import { error, toAgentError } from './formats/error.ts';
import { isObject, stringIn } from './formats/format.ts';

/** Reads the pieces of a body with the caller's own function. */
export function readPrivate(read: (value: unknown) => readonly AgentEvent[], answer: Answer): (piece: Piece) => void {
  return (piece) => {
    if (piece.type === 'error') return answer.fail(toAgentError(piece.value));
    if (piece.type === 'done') return answer.done();
    const value: unknown = piece.type === 'text' ? piece.text : piece.value;
    const events = callRead(read, value);
    for (const event of events) answer.tell(event);
    // A function that knows only its agent's own values shall not swallow an error of the runtime.
    if (events.length === 0 && isObject(value)) error.read(value, answer, () => false);
  };
}

function callRead(read: (value: unknown) => unknown, value: unknown): readonly AgentEvent[] {
  let events: unknown;
  try {
    events = read(value);
  } catch (thrown) {
    if (thrown instanceof APIError) throw thrown;
    const reason = thrown instanceof Error ? `: ${thrown.message}` : '.';
    throw new BadGatewayError(`The function of agent_format failed${reason}`, { cause: thrown, retryable: false });
  }
  if (Array.isArray(events) && events.every((event) => stringIn(event, 'type') !== undefined)) {
    // The caller's to keep, as TypeScript does.
    return events as readonly AgentEvent[];
  }
  throw new BadRequestError('agent_format: the function must return an array of events, each with a `type`.', {
    param: 'agent_format',
  });
}
