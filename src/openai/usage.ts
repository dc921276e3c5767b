import { estimateTokenCount } from 'tokenx';
import type { AgentRequest, Usage } from '../agent.ts';
import type { Said } from './said.ts';

/** Tokens, as OpenAI's API counts them. */
export interface CompletionUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: { cached_tokens: number };
}

/** The usages of a turn's model calls → their sum. */
export function toUsage(usages: readonly Usage[]): CompletionUsage {
  const sum = (tokens: (usage: Usage) => number) => usages.reduce((total, usage) => total + tokens(usage), 0);
  const prompt_tokens = sum((usage) => usage.inputTokens);
  const completion_tokens = sum((usage) => usage.outputTokens);
  const cached_tokens = sum((usage) => usage.cachedTokens ?? 0);
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    ...(cached_tokens > 0 && { prompt_tokens_details: { cached_tokens } }),
  };
}

/** What a turn may have used, from the text that can be seen: for agents that report nothing. */
export function estimate(
  { instructions, turns }: Pick<AgentRequest, 'instructions' | 'turns'>,
  said: { readonly text: Said; readonly reasoning: Said },
): Usage {
  const asked = turns.flatMap((turn) => {
    switch (turn.type) {
      case 'user':
        return turn.parts.map((part) => (part.type === 'text' ? part.text : part.name));
      case 'assistant':
        return [turn.text, ...turn.calls.map((call) => call.arguments)];
      case 'results':
        return turn.results.map((result) => result.text);
    }
  });
  return {
    inputTokens: tokensOf([instructions, ...asked].join('\n')),
    outputTokens:
      tokensOf(said.text.kept(), said.text.length()) + tokensOf(said.reasoning.kept(), said.reasoning.length()),
  };
}

/** A longer text is estimated by this many samples of this many characters: to look at all of it takes milliseconds. */
const samples = 8;
const sampleLength = 500;

/** Tokens of a text of which this much is kept; what is not looked at is taken to be like what is. */
function tokensOf(kept: string, length = kept.length): number {
  if (kept === '') return 0;
  const sample = toSample(kept);
  return Math.round((estimateTokenCount(sample) * length) / sample.length);
}

/** Pieces from all parts of a text: it may be words here and code there. */
function toSample(text: string): string {
  if (text.length <= samples * sampleLength) return text;
  const starts = Array.from({ length: samples }, (_, index) => Math.floor((index * text.length) / samples));
  return starts.map((start) => text.slice(start, start + sampleLength)).join('');
}
