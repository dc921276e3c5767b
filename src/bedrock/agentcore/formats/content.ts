import type { ToolCall, Usage } from '../../../agent.ts';
import { parseCount } from '../../count.ts';
import type { Content } from '../answer.ts';
import { isObject, type JsonValue, objectIn, stringIn } from './format.ts';

const blockNames = ['text', 'type', 'toolUse', 'toolResult', 'reasoningContent', 'citationsContent'];

/**
 * The content of a message: a text, or blocks as Converse, Anthropic, OpenAI and LangChain write them; `undefined` when
 * it is none. What a block holds beside text, thoughts and calls (an image, a cache point) is not part of a chat's answer.
 */
export function readContent(content: unknown): Content | undefined {
  if (typeof content === 'string') return { text: content, reasoning: '', calls: [] };
  if (!Array.isArray(content)) return undefined;
  const isContent = content.some((block) => isObject(block) && blockNames.some((name) => name in block));
  if (!isContent && content.length > 0 && !content.every((block) => typeof block === 'string')) return undefined;
  return readBlocks(content);
}

/** The blocks of a message that is known to be one. */
export function readBlocks(blocks: readonly unknown[]): Content {
  return {
    text: blocks.map(toText).join(''),
    reasoning: blocks.map(toReasoning).join(''),
    calls: blocks.flatMap(toCalls),
  };
}

function toText(block: unknown): string {
  if (typeof block === 'string') return block;
  if (isThought(block)) return '';
  const cited = objectIn(block, 'citationsContent')?.['content'];
  return (
    stringIn(block, 'text') ?? stringIn(block, 'refusal') ?? (Array.isArray(cited) ? cited.map(toText).join('') : '')
  );
}

function isThought(block: unknown): boolean {
  return isObject(block) && (block['thought'] === true || /think|reason/.test(stringIn(block, 'type') ?? ''));
}

function toReasoning(block: unknown): string {
  const reasoning = objectIn(block, 'reasoningContent') ?? objectIn(block, 'reasoning_content');
  // OpenAI's thoughts are lists, in full or in summary.
  const lists = [objectIn(block, 'summary'), objectIn(block, 'content'), objectIn(block, 'rawContent')];
  const thoughts = isThought(block) ? lists.find((list) => Array.isArray(list) && list.length > 0) : undefined;
  return (
    stringIn(objectIn(reasoning, 'reasoningText') ?? reasoning, 'text') ??
    stringIn(block, 'thinking') ??
    stringIn(block, 'reasoning') ??
    (isThought(block) ? stringIn(block, 'text') : undefined) ??
    (Array.isArray(thoughts) ? thoughts.map((thought) => stringIn(thought, 'text') ?? '').join('') : '')
  );
}

const callTypes = ['tool_use', 'tool_call', 'function_call'];

function toCalls(block: unknown): readonly ToolCall[] {
  const isCall = callTypes.includes(stringIn(block, 'type') ?? '');
  const call =
    objectIn(block, 'toolUse') ??
    objectIn(block, 'functionCall') ??
    objectIn(block, 'function_call') ??
    (isCall && isObject(block) ? block : undefined);
  const name = stringIn(call, 'name');
  if (call === undefined || name === undefined) return [];
  const id = ['toolUseId', 'call_id', 'callId', 'id'].map((field) => stringIn(call, field)).find((text) => text);
  const input = call['input'] ?? call['args'] ?? call['arguments'] ?? {};
  return [{ id: id ?? name, name, arguments: typeof input === 'string' ? input : JSON.stringify(input) }];
}

const inputNames = [
  'inputTokens',
  'input_tokens',
  'promptTokens',
  'prompt_tokens',
  'promptTokenCount',
  'prompt_token_count',
  'request_tokens',
];
const outputNames = [
  'outputTokens',
  'output_tokens',
  'completionTokens',
  'completion_tokens',
  'candidatesTokenCount',
  'candidates_token_count',
  'response_tokens',
];
/** Bedrock and Anthropic count what the cache spared beside the input, OpenAI and its kin within it. */
const besideNames = ['cacheReadInputTokens', 'cache_read_input_tokens'];
const withinNames = [
  'cached_prompt_tokens',
  'cached_tokens',
  'cachedInputTokens',
  'cache_read',
  'cache_read_tokens',
  'cachedContentTokenCount',
  'cached_content_token_count',
];
const detailNames = ['prompt_tokens_details', 'input_tokens_details', 'inputTokensDetails', 'input_token_details'];
/** Google counts thoughts beside the output, all others within it. */
const thoughtNames = ['thoughtsTokenCount', 'thoughts_token_count'];

/** Token counts under the names of any model API, or `undefined` where there are none. */
export function toUsage(usage: JsonValue | undefined): Usage | undefined {
  const inputTokens = numberIn(usage, inputNames);
  const outputTokens = numberIn(usage, outputNames);
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  const beside = numberIn(usage, besideNames) ?? 0;
  const details = detailNames.map((name) => objectIn(usage, name));
  const within = [usage, ...details].map((holder) => numberIn(holder, withinNames)).find((count) => count);
  const cachedTokens = beside || (within ?? 0);
  return {
    inputTokens: (inputTokens ?? 0) + beside,
    outputTokens: (outputTokens ?? 0) + (numberIn(usage, thoughtNames) ?? 0),
    ...(cachedTokens > 0 && { cachedTokens }),
  };
}

function numberIn(usage: JsonValue | undefined, names: readonly string[]): number | undefined {
  for (const name of names) {
    const count = parseCount(usage?.[name]);
    if (count !== undefined) return count;
  }
  return undefined;
}
