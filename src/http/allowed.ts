import { BadRequestError } from '../errors.ts';

/**
 * Refuses what only whoever runs a server may say: credentials, endpoints, headers, where else to ask and how often, and
 * what a harness may reach. OpenAI's parameters, the other fields of AWS's requests and custom parameters are the
 * caller's. Throws a `BadRequestError`.
 */
export function checkAllowed(parameters: object, allowed: readonly string[] = []): void {
  for (const [name, value] of Object.entries(parameters)) {
    if (value == null || ours.has(name) || allowed.includes(name)) continue;
    if (families.test(name) || names.has(name) || overrides.has(name)) throw refused(name, name);
    if (name === 'tools') checkTools(value, allowed);
    // On a harness it holds fields of the request, too.
    if (name === 'extra_body') checkOverrides(value, allowed);
  }
}

/** Refuses a model string that names a host: what answers there may trust whoever asks from this machine. */
export function checkHost(model: string, allowed: readonly string[] = []): void {
  if (!/^bedrock\/agentcore\/https?:/i.test(model) || allowed.includes('api_base')) return;
  throw new BadRequestError(
    'model: a container by its URL cannot be given by callers. Whoever runs this server may give it a name of its own, ' +
      'or allow it: `allow_client: [api_base]` in the row `*` of a proxy.',
    { param: 'model' },
  );
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

/** A harness would send its owner's API keys to any host, or load any code, with the rights of its role. */
const overrides = new Set(['allowedTools', 'geminiModelConfig', 'liteLlmModelConfig', 'openAiModelConfig', 'skills']);

/** What runs at the caller's own end. */
const ownTools = new Set<unknown>(['function', 'inline_function']);

function checkTools(tools: unknown, allowed: readonly string[]): void {
  if (!Array.isArray(tools)) return;
  tools.forEach((tool: unknown, index) => {
    const type: unknown = typeof tool === 'object' && tool !== null && 'type' in tool ? tool.type : undefined;
    if (typeof type === 'string' && !ownTools.has(type) && !allowed.includes(type))
      throw refused(type, `tools.${index}`);
  });
}

function checkOverrides(body: unknown, allowed: readonly string[]): void {
  if (typeof body !== 'object' || body === null) return;
  const name = Object.keys(body).find((each) => overrides.has(each) && !allowed.includes(each));
  if (name !== undefined) throw refused(name, `extra_body.${name}`);
}

function refused(name: string, param: string): BadRequestError {
  return new BadRequestError(
    `${param} cannot be given by callers${param === name ? '' : ` (${name})`}. Whoever runs this server may allow it: ` +
      `\`allow_client: [${name}]\` in the model's row of a proxy, \`allowClient\` of a handler.`,
    { param },
  );
}
