import type { AgentEvent, FinishReason, ToolCall, Usage } from '../../agent.ts';
import { type APIError, BadGatewayError } from '../../errors.ts';

/** Where a piece was heard. A family that says everything on several channels is heard on the first that speaks. */
export interface Channel {
  readonly family: string;
  readonly name: string;
}

/** An answer while it is put together: the rules that every format's reader shares. */
export type Answer = ReturnType<typeof createAnswer>;

export function createAnswer(emit: (event: AgentEvent) => void) {
  const heard = new Map<string, string>();
  /** Calls that the agent may still run itself: only those open at the end are the caller's. */
  const calls = new Map<string, ToolCall>();
  /** Text that only a Python repr holds; shown when nothing better came. */
  const lastResort: string[] = [];
  /** Whether anything was said at all; in this message; and whether this message was told to its end. */
  let spoken = false;
  let said = false;
  let told = false;
  let boundary = false;
  let open = false;
  let usageSeen = false;
  let stopReason: string | undefined;

  function isFirst(kind: string, channel: Channel | undefined): boolean {
    if (!channel) return true;
    const key = `${kind} ${channel.family}`;
    const first = heard.get(key) ?? channel.name;
    heard.set(key, first);
    return first === channel.name;
  }

  function say(type: 'text' | 'reasoning', text: string): void {
    if (told) begin();
    if (boundary) emit({ type: 'message' });
    boundary = false;
    spoken = true;
    emit({ type, text });
  }

  /** A further message begins; calls of the one before it were run by the agent. */
  function begin(): void {
    boundary = spoken;
    said = false;
    told = false;
    calls.clear();
  }

  /** A whole message; nothing new where its pieces were heard. */
  function message(text: string): void {
    if (said && !told) {
      told = true;
    } else if (text !== '') {
      say('text', text);
      said = true;
      told = true;
    }
  }

  return {
    begin,
    message,

    /** A model's message begins or ends; a body that ends in between was cut short. */
    beginMessage(): void {
      begin();
      open = true;
    },
    endMessage(reason: string | undefined): void {
      open = false;
      stopReason = reason ?? stopReason;
    },

    text(text: string, channel?: Channel): void {
      if (text === '' || !isFirst('text', channel)) return;
      say('text', text);
      said = true;
      calls.clear();
    },

    reasoning(text: string, channel?: Channel): void {
      if (text !== '' && isFirst('reasoning', channel)) say('reasoning', text);
    },

    /** The agent's own last word, which repeats the last message where there was one. */
    result(text: string): void {
      if (!said && text.trim() !== '') message(text);
    },

    lastResort(text: string): void {
      if (!lastResort.includes(text)) lastResort.push(text);
    },

    beginCall(key: string, id: string, name: string): void {
      calls.set(key, { id, name, arguments: '' });
    },
    addArguments(key: string, json: string): void {
      const call = calls.get(key);
      if (call) calls.set(key, { ...call, arguments: call.arguments + json });
    },
    /** The agent ran them. */
    dropCalls(): void {
      calls.clear();
    },

    usage(usage: Usage | undefined, channel?: Channel): void {
      if (!usage || !isFirst('usage', channel)) return;
      usageSeen = true;
      emit({ type: 'usage', ...usage });
    },

    /** The agent failed. Strands tells that a model reached its limit twice: as the stop reason, and as an error. */
    fail(error: APIError): void {
      const isLimit = /max_?tokens/i.test(`${error.code ?? ''} ${error.message}`);
      if (!isLimit || toFinishReason(stopReason) !== 'length') throw error;
    },

    end({ mayBeEmpty }: { readonly mayBeEmpty: boolean }): void {
      if (open) throw cutShort('inside a message');
      if (!spoken && calls.size === 0) lastResort.forEach(message);
      if (!spoken && calls.size === 0 && !usageSeen && stopReason === undefined && !mayBeEmpty) {
        throw new BadGatewayError(
          'The agent ended its stream without an answer, or in a format that this version does not know.',
        );
      }
      for (const call of calls.values()) emit({ type: 'tool-call', ...call, arguments: call.arguments || '{}' });
      const reason = calls.size > 0 ? 'tool-calls' : toFinishReason(stopReason);
      emit({ type: 'finish', reason, ...(stopReason !== undefined && { raw: stopReason }) });
    },
  };
}

/** The error for an answer that is not whole. */
export function cutShort(where: string): BadGatewayError {
  return new BadGatewayError(`The agent's answer was cut short: it ended ${where}.`);
}

/** The words of every model API that agents pass on; a call for tools that nobody is left to run is a plain end. */
function toFinishReason(raw: string | undefined): FinishReason {
  switch (raw) {
    case 'length':
    case 'max_tokens':
    case 'maxTokens':
    case 'MAX_TOKENS':
    case 'max_output_tokens_exceeded':
    case 'model_context_window_exceeded':
      return 'length';
    case 'content_filter':
    case 'content-filter':
    case 'content_filtered':
    case 'contentFiltered':
    case 'guardrail_intervened':
    case 'guardrailIntervened':
    case 'SAFETY':
      return 'content-filter';
    default:
      return 'stop';
  }
}
