import type { ToolCall, Usage } from '../../../agent.ts';
import type { Content } from '../answer.ts';
import { isObject, type JsonValue, objectIn, stringIn } from './format.ts';

const blockNames = ['text', 'type', 'toolUse', 'toolResult', 'reasoningContent', 'citationsContent'];

/**
 * The content of a message: a text, or blocks as Converse, Anthropic and LangChain write them; `undefined` when it is
 * none. What a block holds beside text, thoughts and calls (an image, a cache point) is not part of a chat's answer.
 */
export function readContent(content: unknown): Content | undefined {
  if (typeof content === 'string') return { text: content, reasoning: '', calls: [] };
  if (!Array.isArray(content)) return undefined;
  const isContent = content.some((block) => isObject(block) && blockNames.some((name) => name in block));
  if (!isContent && content.length > 0 && !content.every((block) => typeof block === 'string')) return undefined;
  return {
    text: content.map(toText).join(''),
    reasoning: content.map(toReasoning).join(''),
    calls: content.flatMap(toCalls),
  };
}

function toText(block: unknown): string {
  if (typeof block === 'string') return block;
  const cited = objectIn(block, 'citationsContent')?.['content'];
  return stringIn(block, 'text') ?? (Array.isArray(cited) ? cited.map(toText).join('') : '');
}

function toReasoning(block: unknown): string {
  return stringIn(objectIn(objectIn(block, 'reasoningContent'), 'reasoningText'), 'text') ?? '';
}

function toCalls(block: unknown): readonly ToolCall[] {
  const toolUse = objectIn(block, 'toolUse');
  const id = stringIn(toolUse, 'toolUseId');
  const name = stringIn(toolUse, 'name');
  if (id === undefined || name === undefined) return [];
  return [{ id, name, arguments: JSON.stringify(toolUse?.['input'] ?? {}) }];
}

const inputNames = [
  'inputTokens',
  'input_tokens',
  'promptTokens',
  'prompt_tokens',
  'promptTokenCount',
  'prompt_token_count',
];
const outputNames = [
  'outputTokens',
  'output_tokens',
  'completionTokens',
  'completion_tokens',
  'candidatesTokenCount',
  'candidates_token_count',
];
/** Bedrock and Anthropic count what the cache spared beside the input, OpenAI and its kin within it. */
const besideNames = ['cacheReadInputTokens', 'cache_read_input_tokens'];
const withinNames = ['cached_prompt_tokens', 'cached_tokens', 'cachedInputTokens'];

/** Token counts under the names of any model API, or `undefined` where there are none. */
export function toUsage(usage: JsonValue | undefined): Usage | undefined {
  const inputTokens = numberIn(usage, inputNames);
  const outputTokens = numberIn(usage, outputNames);
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  const beside = numberIn(usage, besideNames) ?? 0;
  const cachedTokens = beside || (numberIn(usage, withinNames) ?? 0);
  return {
    inputTokens: (inputTokens ?? 0) + beside,
    outputTokens: outputTokens ?? 0,
    ...(cachedTokens > 0 && { cachedTokens }),
  };
}

function numberIn(usage: JsonValue | undefined, names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = usage?.[name];
    if (typeof value === 'number') return value;
  }
  return undefined;
}
