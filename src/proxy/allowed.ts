import { BadRequestError } from '../errors.ts';

/**
 * Refuses what only whoever runs the proxy may say: credentials, endpoints, headers, where else to ask and how often.
 * OpenAI's parameters, the fields of AWS's requests and custom parameters are the caller's. Throws a `BadRequestError`.
 */
export function checkAllowed(parameters: object, allowed: readonly string[] = []): void {
  for (const [name, value] of Object.entries(parameters)) {
    if (value == null || ours.has(name) || allowed.includes(name)) continue;
    if (!families.test(name) && !names.has(name)) continue;
    throw new BadRequestError(
      `${name} cannot be given by callers of this proxy. Whoever runs it may allow it for a model: ` +
        `\`allow_client: [${name}]\` in the model's row.`,
      { param: name },
    );
  }
}

/** Of the families below, and yet the caller's: they name a conversation or a call. */
const ours = new Set(['litellm_session_id', 'litellm_call_id', 'litellm_trace_id', 'litellm_metadata']);

/** Credentials, hosts, LiteLLM's own, mocks, stores, prices: whole families, so that a new name is refused too. */
const families = /^(aws|api|litellm|mock|redis)_|^(input|output)_cost_per_|(^|_)fallbacks$|_fallback_dict$/;

const names = new Set([
  'base_url',
  'client',
  'custom_llm_provider',
  'extra_headers',
  'headers',
  'max_response_bytes',
  'max_retries',
  'model_group_alias',
  'model_info',
  'model_list',
  'num_retries',
  'proxy_server_request',
  'region_name',
  'request_timeout',
  'retry_policy',
  'secret_fields',
  'ssl_verify',
  'stream_timeout',
  'timeout',
  'use_litellm_proxy',
]);
