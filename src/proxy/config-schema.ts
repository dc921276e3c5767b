import * as z from 'zod/mini';
import type { ConfigFile } from './config-file.ts';
import { ConfigError } from './config-file.ts';
import { toPlace } from './environment.ts';

/** What a file may hold, checked and without what is not known: LiteLLM's names, and ours under `general_settings`. */
export type CheckedConfig = z.infer<ReturnType<typeof createSchema>['schema']>;

/** What was read, and a warning for each name that is none of ours. */
export interface Checked {
  readonly config: CheckedConfig;
  readonly warnings: readonly string[];
}

let created: ReturnType<typeof createSchema> | undefined;

/** Checks the types of what a file holds. Throws a `ConfigError` with a problem for each that is wrong. */
export function checkConfig(file: ConfigFile, value: unknown): Checked {
  created ??= createSchema();
  const { schema, known } = created;
  const result = schema.safeParse(value ?? {});
  if (!result.success) {
    throw new ConfigError(result.error.issues.map((issue) => `${toPlace(file, issue.path)}: ${issue.message}.`));
  }
  const warnings: string[] = [];
  const warn = (names: object, ...path: readonly (string | number)[]) => {
    const given = path.reduce<unknown>((inner, name) => (inner as Given | null | undefined)?.[name], value);
    for (const name of Object.keys(given ?? {})) {
      if (!Object.hasOwn(names, name)) warnings.push(`${toPlace(file, [...path, name])} is not known here.`);
    }
  };
  const { model_list: rows, general_settings: general } = result.data;
  warn(known.config);
  warn(known.settings, 'litellm_settings');
  warn(known.router, 'router_settings');
  warn(known.general, 'general_settings');
  general?.keys?.forEach((_, index) => warn(known.key, 'general_settings', 'keys', index));
  rows?.forEach((_, index) => warn(known.row, 'model_list', index));
  return { config: result.data, warnings };
}

type Given = Readonly<Record<string | number, unknown>>;

function createSchema() {
  const text = z.nullish(z.string({ error: expect('a text; put it in quotes') }));
  const number = z.nullish(lenient(z.number(), /^\d+(\.\d+)?$/, Number, 'a number'));
  const count = z.nullish(lenient(z.int().check(z.nonnegative()), /^\d+$/, Number, 'a whole number'));
  const flag = z.nullish(lenient(z.boolean(), /^(true|false|yes|no|on|off)$/i, isYes, 'true or false'));
  const record = z.nullish(z.record(z.string(), z.unknown(), { error: expect('a map') }));
  const texts = z.nullish(z.array(z.string({ error: expect('a text') }), { error: expect('a list') }));
  const list = z.nullish(z.array(z.unknown(), { error: expect('a list') }));
  const map = <T extends z.core.$ZodLooseShape>(shape: T) => z.object(shape, { error: expect('a map') });
  const needed = z.string({ error: expect('a text') });

  const fallbacks = {
    fallbacks: list,
    context_window_fallbacks: list,
    content_policy_fallbacks: list,
    default_fallbacks: texts,
  };
  // Any other name is a custom parameter for the agent.
  const parameters = {
    model: needed,
    api_base: text,
    api_key: text,
    aws_access_key_id: text,
    aws_secret_access_key: text,
    aws_session_token: text,
    aws_region_name: text,
    aws_profile_name: text,
    aws_role_name: text,
    aws_session_name: text,
    qualifier: text,
    drop_params: flag,
    timeout: number,
    stream_timeout: number,
    num_retries: count,
    max_retries: count,
    rpm: number,
    tpm: number,
    weight: number,
    order: number,
    cooldown_time: number,
    input_cost_per_token: number,
    output_cost_per_token: number,
  };
  const row = {
    model_name: needed,
    litellm_params: z.looseObject(parameters, { error: expect('a map') }),
    model_info: z.nullish(z.looseObject({ id: text }, { error: expect('a map') })),
    allow_client: texts,
  };
  const key = { name: needed, key: needed, models: texts, rpm: count, tpm: count };
  const settings = {
    drop_params: flag,
    num_retries: count,
    request_timeout: number,
    allowed_fails: count,
    require_auth_for_metrics_endpoint: flag,
    ...fallbacks,
  };
  const router = {
    routing_strategy: text,
    routing_strategy_args: record,
    num_retries: count,
    retry_policy: record,
    retry_after: number,
    timeout: number,
    stream_timeout: number,
    default_litellm_params: record,
    model_group_alias: record,
    enable_pre_call_checks: flag,
    cooldown_time: number,
    allowed_fails: count,
    disable_cooldowns: flag,
    redis_url: text,
    redis_host: text,
    redis_port: count,
    redis_username: text,
    redis_password: text,
    redis_db: count,
    redis_ssl: flag,
    ...fallbacks,
  };
  const general = {
    master_key: text,
    keys: z.nullish(z.array(map(key), { error: expect('a list') })),
    always_include_stream_usage: flag,
    max_request_size_mb: number,
    max_connections: count,
    request_timeout: number,
    idle_timeout: number,
    drain_timeout: number,
    allow_anonymous: flag,
  };
  const config = {
    model_list: z.nullish(z.array(map(row), { error: expect('a list') })),
    litellm_settings: z.nullish(map(settings)),
    router_settings: z.nullish(map(router)),
    general_settings: z.nullish(map(general)),
    environment_variables: record,
    include: texts,
  };
  return { schema: map(config), known: { config, settings, router, general, key, row } };
}

/** A value that may also be written as a text, which is what an environment variable is. */
function lenient<T extends z.core.$ZodType<V>, V>(type: T, pattern: RegExp, parse: (text: string) => V, what: string) {
  const written = z.pipe(z.string().check(z.regex(pattern)), z.transform(parse));
  return z.union([type, written], { error: expect(what) });
}

function isYes(text: string): boolean {
  return /^(true|yes|on)$/i.test(text);
}

/** The value itself is not repeated: it may be a secret. */
function expect(what: string) {
  return ({ input }: { readonly input?: unknown }) => `expected ${what}, got ${typeOf(input)}`;
}

function typeOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return { string: 'a text', object: 'a map' }[typeof value as string] ?? `a ${typeof value}`;
}
