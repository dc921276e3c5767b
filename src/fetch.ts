import { createDefaultCompletion, type DefaultOptions } from './default.ts';
import { type Fetch, toFetch } from './http/fetch.ts';
import { createHandler } from './http/handler.ts';

export { createHandler, type Handler, type HandlerOptions } from './http/handler.ts';
export type { Fetch } from './http/fetch.ts';

/** Parameters of `completion()` for every request that does not give its own. */
export interface FetchOptions extends DefaultOptions {
  readonly messages?: never;
  readonly stream?: never;
  readonly signal?: never;
}

/**
 * A `fetch` for any OpenAI-compatible SDK, which then reaches agents with no server in between:
 * `new OpenAI({ fetch: createFetch({ aws_region_name: 'us-west-2' }), apiKey: 'unused' })`. Any `baseURL` will do; the
 * model is a model string or a name of the `model_list`. It trusts whoever calls it, credentials and hosts included; for
 * strangers there are `createHandler` and the proxy.
 */
export function createFetch(options: FetchOptions = {}): Fetch {
  const models = (options.model_list ?? []).map(({ model_name: name }) => name);
  const completion = createDefaultCompletion(options);
  return toFetch(createHandler({ completion, models: [...new Set(models)], allowClient: 'all' }));
}
