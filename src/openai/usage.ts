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
    inputTokens: tokensIn([instructions, ...asked].join('\n')),
    outputTokens: tokensOf(said.text) + tokensOf(said.reasoning),
  };
}

function tokensOf(said: Said): number {
  // What is not kept any more is taken to be like what is.
  return tokensIn(said.kept(), said.length());
}

/** Counting a text takes its time; the rest of a very long one is taken to be like its beginning. */
const most = 100_000;

function tokensIn(text: string, length = text.length): number {
  const counted = text.slice(0, most);
  return counted === '' ? 0 : Math.round((estimateTokenCount(counted) * length) / counted.length);
}
