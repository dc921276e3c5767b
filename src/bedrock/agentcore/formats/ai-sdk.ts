import type { Answer } from '../answer.ts';
import { toUsage } from './content.ts';
import { type Format, isObject, type JsonValue, objectIn, stringIn } from './format.ts';

/** Parts that say nothing, or what a chat's answer has no place for. */
const silent =
  /^(text-(start|end)|reasoning-(start|end|signature|part-finish)|redacted-reasoning|tool-(input-end|call-input-streaming-end|approval-request|approval-response|call-approval|call-suspended|output)|source(-url|-document)?|file|reasoning-file|custom|message-metadata|stream-start|response-metadata|raw|object(-result)?|watch|data-[\w-]+)$/;

/** Answers whose next step goes on with the same message: 4.x could go on where a model reached its limit. */
const continued = new WeakSet<Answer>();

/** Answers that have started, and told nothing of a step yet. */
const started = new WeakSet<Answer>();

/**
 * The parts of Vercel's AI SDK: its UI message stream (5 and 6), its `fullStream` (4 to 6), and its data stream (4),
 * whose lines were made such parts.
 * https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
 */
export const aiSdk: Format = {
  name: 'ai-sdk',
  fields: ['type'],
  read(value, answer) {
    const type = stringIn(value, 'type');
    // Agents of no family use these two words as well, with a text beside them.
    if (type === undefined || (/^(file|custom|object|raw)$/.test(type) && stringIn(value, 'content'))) return false;
    return readPart(type, value, answer);
  },
};

function readPart(type: string, part: JsonValue, answer: Answer): boolean {
  const id = stringIn(part, 'toolCallId') ?? stringIn(part, 'id') ?? '';
  switch (type) {
    case 'text-delta': {
      const text = toText(part);
      if (text !== undefined) answer.text(text);
      return text !== undefined;
    }
    case 'reasoning':
    case 'reasoning-delta': {
      const text = toText(part);
      if (text !== undefined) answer.reasoning(text);
      return text !== undefined;
    }
    case 'tool-input-start':
    case 'tool-call-streaming-start':
    case 'tool-call-input-streaming-start':
      // What the model's provider runs is never the caller's.
      if (part['providerExecuted'] !== true) answer.beginCall(id, id, stringIn(part, 'toolName') ?? '');
      return true;
    case 'tool-input-delta':
    case 'tool-call-delta':
      answer.addArguments(
        id,
        stringIn(part, 'inputTextDelta') ?? stringIn(part, 'argsTextDelta') ?? toText(part) ?? '',
      );
      return true;
    case 'tool-input-available':
    case 'tool-call': {
      const name = stringIn(part, 'toolName');
      if (name === undefined) return false;
      if (part['providerExecuted'] !== true) {
        answer.call({ id, name, arguments: toArguments(part['input'] ?? part['args']) });
      }
      return true;
    }
    case 'tool-input-error':
    case 'tool-output-available':
    case 'tool-output-error':
    case 'tool-output-denied':
    case 'tool-result':
    case 'tool-error':
      answer.dropCall(id);
      return true;
    case 'start':
      if (!isPart(part, ['messageId', 'messageMetadata'])) return false;
      started.add(answer);
      return true;
    case 'start-step':
    case 'step-start':
      // Agents of no family start, too; one that goes on with a step tells of its end.
      if (started.delete(answer)) answer.beginRun();
      if (continued.delete(answer)) answer.openMessage();
      else answer.beginMessage();
      return true;
    case 'finish-step':
    case 'step-finish':
      if (part['isContinued'] === true && part['finishReason'] === 'length') continued.add(answer);
      answer.endMessage(stringIn(part, 'finishReason'));
      answer.usage(toUsage(toCounts(objectIn(part, 'usage'))));
      return true;
    case 'finish':
      return readFinish(part, answer);
    case 'abort':
      answer.endMessage(undefined);
      answer.endRun('abort');
      return true;
    default:
      return silent.test(type);
  }
}

function readFinish(part: JsonValue, answer: Answer): boolean {
  const metadata = objectIn(part, 'messageMetadata');
  if (!isPart(part, ['finishReason', 'messageMetadata', 'totalUsage', 'usage', 'rawFinishReason'])) return false;
  answer.endMessage(undefined);
  answer.endRun(stringIn(part, 'finishReason'));
  const counts = [part, metadata].map((holder) => objectIn(holder, 'totalUsage') ?? objectIn(holder, 'usage'));
  const usage = toUsage(toCounts(counts.find((found) => found !== undefined)));
  if (usage) answer.usage({ ...usage, total: true });
  return true;
}

/** Whether a part has no fields but these: others than the AI SDK begin and finish too. */
function isPart(part: JsonValue, fields: readonly string[]): boolean {
  const others = [
    'type',
    'id',
    'providerMetadata',
    'experimental_providerMetadata',
    'response',
    'logprobs',
    'metadata',
  ];
  return Object.keys(part).every((name) => fields.includes(name) || others.includes(name));
}

function toText(part: JsonValue): string | undefined {
  return stringIn(part, 'delta') ?? stringIn(part, 'text') ?? stringIn(part, 'textDelta');
}

function toArguments(input: unknown): string {
  return typeof input === 'string' ? input : JSON.stringify(input ?? {});
}

/** 4.x writes `NaN` for what it was not told, which JSON makes `null`; 6.x tells the cache's part in a field within. */
function toCounts(usage: JsonValue | undefined): JsonValue | undefined {
  const cached = objectIn(usage, 'inputTokenDetails')?.['cacheReadTokens'];
  const total = (side: unknown): unknown => (isObject(side) ? side['total'] : side);
  return (
    usage && {
      ...usage,
      inputTokens: total(usage['inputTokens']),
      outputTokens: total(usage['outputTokens']),
      ...(typeof cached === 'number' && { cachedInputTokens: cached }),
    }
  );
}
