import type { AgentEvent, ToolCall, Usage } from '../../agent.ts';
import { type APIError, BadGatewayError } from '../../errors.ts';
import { toFinishReason } from './finish.ts';

/** How an answer ends: what was told of it on the way, and whether it is whole. */
export function createEnding(emit: (event: AgentEvent) => void) {
  /** Whether anything was understood, be it an empty text. */
  let understood = false;
  let usageTold = false;
  let running = false;
  let stopReason: string | undefined;
  let format: string | undefined;
  /** What a caller who reads the answer himself told. */
  let called = false;
  let finish: AgentEvent | undefined;

  function stopped(reason: string | undefined): void {
    stopReason = reason ?? stopReason;
  }

  return {
    stopped,
    isUnderstood: () => understood,
    understand(): void {
      understood = true;
    },
    unknown(): void {
      format = 'unknown';
    },

    beginRun(): void {
      running = true;
    },
    endRun(reason?: string): void {
      running = false;
      understood = true;
      stopped(reason);
    },

    /** The server says that it ends here, which says nothing of the answer. */
    done(): void {
      running = false;
    },

    tell(event: AgentEvent): void {
      understood = true;
      if (event.type === 'tool-call') called = true;
      if (event.type === 'finish') finish = event;
      else emit(event);
    },

    isUsageTold: () => usageTold,
    usage(usage: Usage): void {
      usageTold = true;
      emit({ type: 'usage', ...usage });
    },

    /** Strands tells as an error, too, that its model reached its limit; that is an end like others. */
    fail(error: APIError): void {
      const isLimit = toFinishReason(stopReason) === 'length' && /max(imum)?[ _]?tokens?\b/i.test(error.message);
      if (isStrandsLimit(error)) stopReason = 'max_tokens';
      else if (!isLimit) throw error;
      running = false;
    },

    checkWhole(isInMessage: boolean): void {
      if (isInMessage) throw cutShort('inside a message');
      if (running) throw cutShort('before its run did');
    },

    /** The open calls are the caller's, but for those of a model that was broken off: they may be cut, or refused. */
    finish(open: readonly ToolCall[], mayBeEmpty: boolean): void {
      const reason = toFinishReason(stopReason);
      const calls = reason === 'stop' ? open : [];
      const isKnown = open.length > 0 || understood || usageTold || stopReason !== undefined;
      if (!isKnown && !mayBeEmpty) {
        throw new BadGatewayError(
          'The agent ended without an answer, or answered in a format that this version does not know.',
        );
      }
      if (finish) return emit(finish);
      for (const call of calls) emit({ type: 'tool-call', ...call, arguments: call.arguments || '{}' });
      emit({
        type: 'finish',
        reason: calls.length > 0 || called ? 'tool-calls' : reason,
        ...(stopReason !== undefined && { raw: stopReason }),
        ...(format !== undefined && { format }),
      });
    },
  };
}

/** By its class, or by its words where a protocol tells no more of it. */
function isStrandsLimit({ code, message }: APIError): boolean {
  return /^MaxTokens/.test(code ?? '') || /\bunrecoverable state due to max_tokens limit\b/.test(message);
}

/** The error for an answer that is not whole. */
export function cutShort(where: string): BadGatewayError {
  return new BadGatewayError(`The agent's answer was cut short: it ended ${where}.`);
}
