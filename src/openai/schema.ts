import * as z from 'zod/mini';
import { BadRequestError, retryPolicyNames } from '../errors.ts';
import { messagesSchema } from './messages.ts';
import { callsSchema } from './mock.ts';

/** Parameters whose types are as OpenAI and LiteLLM have them; unknown names are kept. */
export type CheckedParameters = z.infer<ReturnType<typeof createSchema>>;

let schema: ReturnType<typeof createSchema> | undefined;

/** Checks the types of a stranger's parameters; throws a `BadRequestError` that names the first wrong one. */
export function parseParameters(parameters: unknown): CheckedParameters {
  // Built on the first call: a schema is work, and importing this package shall cost nothing.
  schema ??= createSchema();
  const result = schema.safeParse(parameters);
  if (result.success) return result.data;
  const issue = result.error.issues.map(toReason)[0];
  const path = issue?.path.join('.') ?? '';
  throw new BadRequestError(issue ? explain(issue, path, parameters) : 'The request is not valid.', {
    ...(path && { param: path }),
  });
}

function createSchema() {
  const seconds = z.nullish(z.number().check(z.positive()));
  const count = z.nullish(z.int().check(z.nonnegative()));
  const number = z.nullish(z.number());
  const price = z.nullish(z.number().check(z.nonnegative()));
  const string = z.nullish(z.string());
  const flag = z.nullish(z.boolean());
  const record = z.nullish(z.record(z.string(), z.unknown()));
  const entries = z.nullish(z.array(z.union([z.string(), z.record(z.string(), z.unknown())])));
  return z.looseObject({
    model: z.string(),
    messages: messagesSchema(),
    stream: flag,
    stream_options: z.nullish(z.looseObject({ include_usage: flag })),
    tools: z.nullish(
      z.array(
        z
          .looseObject({
            type: z.string(),
            function: z.optional(
              z.object({
                name: z.string().check(z.refine((name) => name !== '', { error: 'expected at least 1.' })),
                description: string,
                parameters: record,
              }),
            ),
          })
          // Other types are a service's own, and its to know.
          .check(
            z.refine(({ type, function: described }) => type !== 'function' || described !== undefined, {
              path: ['function'],
              error: 'expected object, got nothing.',
            }),
          ),
      ),
    ),
    timeout: seconds,
    request_timeout: seconds,
    stream_timeout: seconds,
    num_retries: count,
    retry_policy: z.nullish(
      z.strictObject(
        Object.fromEntries(retryPolicyNames.map((name) => [name, z.optional(z.int().check(z.nonnegative()))])),
      ),
    ),
    fallbacks: entries,
    context_window_fallbacks: entries,
    content_policy_fallbacks: entries,
    mock_response: z.optional(z.unknown()),
    mock_tool_calls: z.nullish(callsSchema()),
    mock_delay: z.nullish(z.number().check(z.nonnegative())),
    mock_timeout: flag,
    litellm_call_id: string,
    additional_drop_params: z.nullish(z.array(z.string())),
    max_retries: count,
    drop_params: flag,
    allowed_openai_params: z.nullish(z.array(z.string())),
    input_cost_per_token: price,
    output_cost_per_token: price,
    signal: z.nullish(z.instanceof(AbortSignal)),
    metadata: record,
    litellm_session_id: string,
    sessionId: string,
    sessionID: string,
    runtimeSessionId: string,
    extra_body: record,
    temperature: number,
    top_p: number,
    n: z.nullish(z.int().check(z.positive())),
    stop: z.nullish(z.union([z.string(), z.array(z.string())])),
    max_tokens: count,
    max_completion_tokens: count,
    presence_penalty: number,
    frequency_penalty: number,
    seed: z.nullish(z.int()),
  });
}

/** The innermost reason: of a union's forms, the one that the value came closest to. */
function toReason(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const reasons = issue.errors.flatMap((issues) => issues.slice(0, 1)).map(toReason);
  const closest = reasons.sort((a, b) => b.path.length - a.path.length)[0];
  return closest && closest.path.length > 0 ? { ...closest, path: [...issue.path, ...closest.path] } : issue;
}

function explain(issue: z.core.$ZodIssue, path: string, parameters: unknown): string {
  const name = path === '' ? 'The parameters' : path;
  const came = typeOf(
    issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)[key], parameters),
  );
  switch (issue.code) {
    case 'invalid_type':
      return `${name}: expected ${issue.expected}, got ${came}.`;
    case 'invalid_value':
      return `${name}: expected one of ${quote(issue.values.map(String))}.`;
    case 'unrecognized_keys':
      return `${name}: ${quote(issue.keys)} is not known here.`;
    case 'too_small':
      return `${name}: expected ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}.`;
    case 'invalid_union':
      return `${name}: got ${came}, which is none of the forms that OpenAI's API takes here.`;
    default:
      return `${name}: ${issue.message}`;
  }
}

function typeOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null || (typeof value === 'number' && !Number.isFinite(value))) return String(value);
  return Array.isArray(value) ? 'array' : typeof value;
}

/** Names in a sentence. */
export function quote(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
