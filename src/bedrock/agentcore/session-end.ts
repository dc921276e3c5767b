import type { AgentEvent, AgentRequest, AgentResponse } from '../../agent.ts';
import { toAPIError } from '../errors.ts';
import { createLifetime } from '../lifetime.ts';

/** Stops a session; whatever it adds to `secrets` stands in no warning. */
export type Stop = (signal: AbortSignal, secrets: string[]) => Promise<void>;

/** Seconds to wait for AWS: an answer that is there is not held up by more. */
const patience = 10;

/**
 * The same answer; when it has been read to its end its session is stopped, and only then is reading over. An answer is
 * as good where that fails, so a failure is a warning of the process.
 */
export function endSession(request: AgentRequest, response: AgentResponse, stop: Stop): AgentResponse {
  const source = response.events[Symbol.asyncIterator]();
  let stopping: Promise<void> | undefined;

  async function stopOrWarn(): Promise<void> {
    const lifetime = createLifetime({ ...request, timeout: patience });
    const secrets: string[] = [];
    try {
      await lifetime.race(stop(lifetime.signal, secrets));
    } catch (thrown) {
      const why = request.signal?.aborted ? 'the caller aborted.' : toAPIError(thrown, secrets).message;
      process.emitWarning(`The runtime session ${response.sessionId} was not stopped: ${why}`, {
        type: 'BedrockAgentsWarning',
        code: 'SESSION_NOT_STOPPED',
      });
    } finally {
      lifetime.end();
    }
  }

  // Not a generator: one that has not begun has no `finally`, and this one holds a connection already.
  const events: AsyncIterator<readonly AgentEvent[], undefined> = {
    async next() {
      const result = await source.next();
      if (!result.done) {
        if (result.value.some(({ type }) => type === 'finish')) stopping = stopOrWarn();
        return result;
      }
      if (stopping) {
        await stopping;
        stopping = undefined;
        request.signal?.throwIfAborted();
      }
      return { done: true, value: undefined };
    },
    async return() {
      await source.return?.();
      return { done: true, value: undefined };
    },
  };
  return { ...response, events: { [Symbol.asyncIterator]: () => events } };
}
