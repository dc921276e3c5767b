import { createRequire } from 'node:module';
import type * as Prices from '@pydantic/genai-prices';
import type { Price } from '../agent.ts';

let prices: typeof Prices | undefined;

/** Dollars by the price list of `@pydantic/genai-prices`, which is loaded when a cost is first read; never the network. */
export const priceOf: Price = (usages) => {
  // `require`, since a cost is read from a property and nobody can await that.
  prices ??= createRequire(import.meta.url)('@pydantic/genai-prices') as typeof Prices;
  let dollars = 0;
  for (const { model, inputTokens, outputTokens, cachedTokens } of usages) {
    if (model === undefined) return null;
    const tokens = {
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      cache_read_tokens: Math.min(cachedTokens ?? 0, inputTokens),
    };
    const price = prices.calcPrice(tokens, model, { providerId: 'aws' });
    if (!price) return null;
    dollars += price.total_price;
  }
  return dollars;
};
