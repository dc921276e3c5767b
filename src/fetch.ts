import { withDefaults } from './bedrock/index.ts';
import type { Completion } from './completion.ts';
import { completion, createRouter } from './default.ts';
import { type Fetch, toFetch } from './http/fetch.ts';
import { createHandler } from './http/handler.ts';
import type { CompletionParameters } from './openai/parameters.ts';
import type { RouterOptions } from './policy/router-options.ts';

export { createHandler, type Handler, type HandlerOptions } from './http/handler.ts';
export type { Fetch } from './http/fetch.ts';

/** Parameters of `completion()` for every request that does not give its own. */
export interface FetchOptions extends Partial<CompletionParameters> {
  readonly messages?: never;
  readonly stream?: never;
  readonly signal?: never;
  /** Agents by names of your own, as in LiteLLM's Router; a model string still names its agent. */
  readonly model_list?: RouterOptions['model_list'];
}

/**
 * A `fetch` for any OpenAI-compatible SDK, which then reaches agents with no server in between:
 * `new OpenAI({ fetch: createFetch({ aws_region_name: 'us-west-2' }), apiKey: 'unused' })`. Any `baseURL` will do; the
 * model is a model string or a name of the `model_list`.
 */
export function createFetch({ model_list, ...defaults }: FetchOptions = {}): Fetch {
  const models = (model_list ?? []).map(({ model_name: name }) => name);
  const router = model_list && createRouter({ model_list, default_litellm_params: defaults });
  const complete = (parameters: CompletionParameters) => {
    const isListed = models.includes(parameters.model) || !parameters.model.startsWith('bedrock/');
    return router && isListed ? router.completion(parameters) : completion(withDefaults(parameters, defaults));
  };
  // As of `completion` itself: TypeScript cannot see which overload a call is.
  return toFetch(createHandler({ completion: complete as Completion, models: [...new Set(models)] }));
}
