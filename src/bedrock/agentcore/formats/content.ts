import type { Usage } from '../../../agent.ts';
import { isObject, type JsonValue, objectIn, stringIn } from './format.ts';

/** What a message's content says: a text, or blocks as Converse, Anthropic and LangChain write them. */
export interface Content {
  readonly text: string;
  readonly reasoning: string;
}

/** The content of a message, or `undefined` when this is none. */
export function readContent(content: unknown): Content | undefined {
  if (typeof content === 'string') return { text: content, reasoning: '' };
  if (!Array.isArray(content) || !content.every(isBlock)) return undefined;
  return {
    text: content.map((block) => (typeof block === 'string' ? block : (stringIn(block, 'text') ?? ''))).join(''),
    reasoning: content.map((block) => toReasoning(block) ?? '').join(''),
  };
}

function isBlock(block: unknown): block is string | JsonValue {
  if (typeof block === 'string') return true;
  if (!isObject(block)) return false;
  return (
    'text' in block || 'type' in block || 'toolUse' in block || 'toolResult' in block || 'reasoningContent' in block
  );
}

function toReasoning(block: unknown): string | undefined {
  return stringIn(objectIn(objectIn(block, 'reasoningContent'), 'reasoningText'), 'text');
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
const cachedNames = ['cacheReadInputTokens', 'cache_read_input_tokens', 'cached_prompt_tokens'];

/** Token counts under the names of any model API, or `undefined` where there are none. */
export function toUsage(usage: JsonValue | undefined): Usage | undefined {
  const inputTokens = numberIn(usage, inputNames);
  const outputTokens = numberIn(usage, outputNames);
  const cachedTokens = numberIn(usage, cachedNames);
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  return {
    inputTokens: inputTokens ?? 0,
    outputTokens: outputTokens ?? 0,
    ...(cachedTokens !== undefined && { cachedTokens }),
  };
}

function numberIn(usage: JsonValue | undefined, names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = usage?.[name];
    if (typeof value === 'number') return value;
  }
  return undefined;
}
