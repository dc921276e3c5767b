import { withDefaults } from './bedrock/index.ts';
import type { Completion } from './completion.ts';
import { completion } from './default.ts';
import { type Fetch, toFetch } from './http/fetch.ts';
import { createHandler } from './http/handler.ts';
import type { CompletionParameters } from './openai/request.ts';

export { createHandler, type Handler, type HandlerOptions } from './http/handler.ts';
export type { Fetch } from './http/fetch.ts';

/** Parameters of `completion()` for every request that does not give its own. */
export interface FetchOptions extends Partial<CompletionParameters> {
  readonly messages?: never;
  readonly stream?: never;
  readonly signal?: never;
  /** Agents by names of your own. */
  readonly model_list?: readonly object[];
}

/**
 * A `fetch` for any OpenAI-compatible SDK, which then reaches agents with no server in between:
 * `new OpenAI({ fetch: createFetch({ aws_region_name: 'us-west-2' }), apiKey: 'unused' })`. Any `baseURL` will do; the
 * model is a model string.
 */
export function createFetch({ model_list, ...defaults }: FetchOptions = {}): Fetch {
  if (model_list) throw new TypeError('createFetch: `model_list` is not built yet; give model strings.');
  const complete = (parameters: CompletionParameters) => completion(withDefaults(parameters, defaults));
  // As of `completion` itself: TypeScript cannot see which overload a call is.
  return toFetch(createHandler({ completion: complete as Completion }));
}
