import { BadRequestError } from '../errors.ts';
import type { HiddenParams } from './hidden.ts';

/**
 * Dollars for an answer, `null` when a price is unknown; the same as `_hidden_params.response_cost`. Throws a
 * `BadRequestError` for a copy of an answer, which has lost what the cost is made of.
 */
export function completionCost(response: { readonly _hidden_params?: HiddenParams }): number | null {
  const hidden = response._hidden_params;
  if (hidden) return hidden.response_cost;
  throw new BadRequestError(
    'completionCost: expected what `completion()` returned or a chunk of it, got a copy without its `_hidden_params`.',
  );
}
