import type { AgentEvent, FinishReason, ToolCall } from '../../agent.ts';
import { BadGatewayError } from '../../errors.ts';
import type { Reader } from '../call.ts';
import { parseCount } from '../count.ts';
import { createEventReader, parseBody } from '../event-stream.ts';
import { checkShape, type Shape } from '../shape.ts';

/**
 * InvokeHarness's event stream → events. `callable` names the functions that the caller described; none where the
 * harness has its own.
 * https://docs.aws.amazon.com/bedrock-agentcore/latest/APIReference/API_InvokeHarnessStreamOutput.html
 */
export function createReader(callable: ReadonlySet<string>): Reader {
  const stream = createEventReader();
  /** Calls of the last assistant message that the harness has not run; only those left at the end are the caller's. */
  const calls = new Map<string, ToolCall>();
  /** The call that each block writes. An index may be used again while a call goes on, so it is no name for one. */
  const blocks = new Map<number, string>();
  let messages = 0;
  let isOpen = false;
  let isUsers = false;
  let stopReason: string | undefined;

  function readEvent(type: string, event: Payload, events: AgentEvent[]): void {
    checkShape(event, shape);
    switch (type) {
      case 'messageStart':
        isOpen = true;
        blocks.clear();
        // What tools gave is told as a message of the user.
        isUsers = event.role === 'user';
        if (isUsers) break;
        calls.clear();
        if (messages++ > 0) events.push({ type: 'message' });
        break;
      case 'contentBlockStart':
        isOpen = true;
        startBlock(event);
        break;
      case 'contentBlockDelta':
        isOpen = true;
        readDelta(event, events);
        break;
      case 'messageStop':
        isOpen = false;
        stopReason = event.stopReason ?? '';
        break;
      case 'metadata':
        events.push(...readUsage(event.usage));
        break;
    }
  }

  function startBlock({ contentBlockIndex: index = 0, start }: Payload): void {
    const { toolUse, toolResult } = start ?? {};
    if (toolResult) calls.delete(toolResult.toolUseId ?? '');
    blocks.delete(index);
    if (!toolUse || !isCallers(toolUse, callable)) return;
    const { toolUseId: id = '', name = '' } = toolUse;
    blocks.set(index, id);
    calls.set(id, { id, name, arguments: '' });
  }

  function readDelta({ contentBlockIndex: index = 0, delta }: Payload, events: AgentEvent[]): void {
    const { text, reasoningContent, toolUse } = delta ?? {};
    if (text && !isUsers) events.push({ type: 'text', text });
    if (reasoningContent?.text) events.push({ type: 'reasoning', text: reasoningContent.text });
    const call = calls.get(blocks.get(index) ?? '');
    if (toolUse && call) calls.set(call.id, { ...call, arguments: call.arguments + (toolUse.input ?? '') });
  }

  return {
    read(bytes, events) {
      stream.read(bytes, (type, body) => readEvent(type, parseBody(body), events));
    },
    end(events) {
      stream.end();
      if (isOpen || stopReason === undefined) {
        throw new BadGatewayError("The harness's answer was cut short: it ended inside a message.");
      }
      const reason = toFinishReason(stopReason, calls.size > 0);
      if (reason === 'tool-calls') {
        for (const call of calls.values())
          events.push({ type: 'tool-call', ...call, arguments: call.arguments || '{}' });
      }
      events.push({ type: 'finish', reason, ...(stopReason !== 'end_turn' && { raw: stopReason }) });
    },
  };
}

const shape: Shape = {
  role: 'string',
  contentBlockIndex: 'number',
  start: {
    toolUse: { toolUseId: 'string', name: 'string', type: 'string', serverName: 'string' },
    toolResult: { toolUseId: 'string' },
  },
  delta: { text: 'string', toolUse: { input: 'string' }, reasoningContent: { text: 'string' } },
  stopReason: 'string',
  usage: {},
};

/** The fields that are read here; AWS may add others. */
interface Payload {
  readonly role?: string;
  readonly contentBlockIndex?: number;
  readonly start?: { readonly toolUse?: ToolUse; readonly toolResult?: { readonly toolUseId?: string } };
  readonly delta?: {
    readonly text?: string;
    readonly toolUse?: { readonly input?: string };
    readonly reasoningContent?: { readonly text?: string };
  };
  readonly stopReason?: string;
  readonly usage?: TokenUsage;
}

interface ToolUse {
  readonly toolUseId?: string;
  readonly name?: string;
  readonly type?: string;
  readonly serverName?: string;
}

interface TokenUsage {
  readonly inputTokens?: unknown;
  readonly outputTokens?: unknown;
  readonly cacheReadInputTokens?: unknown;
  readonly cacheWriteInputTokens?: unknown;
}

/** Its own tools, such as the shell, look like inline functions, but for their names. */
function isCallers({ type = 'tool_use', name = '', serverName }: ToolUse, callable: ReadonlySet<string>): boolean {
  return type === 'tool_use' && serverName === undefined && (callable.size === 0 || callable.has(name));
}

/** Bedrock counts what its cache read and wrote beside the input, OpenAI within it. */
function readUsage(usage: TokenUsage | undefined): readonly AgentEvent[] {
  if (!usage) return [];
  const read = parseCount(usage.cacheReadInputTokens) ?? 0;
  const written = parseCount(usage.cacheWriteInputTokens) ?? 0;
  const inputTokens = parseCount(usage.inputTokens) ?? 0;
  const outputTokens = parseCount(usage.outputTokens) ?? 0;
  const cached = read > 0 ? { cachedTokens: read } : {};
  return [{ type: 'usage', inputTokens: inputTokens + read + written, outputTokens, ...cached }];
}

/** A call that stands in a turn which broke off is not for the caller to run: it may be cut, or refused. */
function toFinishReason(stopReason: string, isCalling: boolean): FinishReason {
  switch (stopReason) {
    case 'end_turn':
    case 'tool_use':
    case 'tool_result':
      return isCalling ? 'tool-calls' : 'stop';
    case 'max_tokens':
    case 'max_output_tokens_exceeded':
    case 'model_context_window_exceeded':
      return 'length';
    case 'content_filtered':
      return 'content-filter';
    default:
      return 'stop';
  }
}
