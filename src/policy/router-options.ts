import { BadRequestError, retryPolicyNames } from '../errors.ts';
import type { CooldownOptions } from './cooldown.ts';
import type { RedisOptions } from './redis.ts';
import type { LatencyOptions } from './strategies.ts';

/** LiteLLM's Router, under its names and with its defaults. */
export interface RouterOptions extends CooldownOptions, RedisOptions {
  readonly model_list: readonly RouterModel[];
  /** Default `simple-shuffle`. */
  readonly routing_strategy?: 'simple-shuffle' | 'least-busy' | 'latency-based-routing';
  /** For `latency-based-routing`. */
  readonly routing_strategy_args?: LatencyOptions;
  /** How often a call is repeated, on another deployment where there is one; default 2. */
  readonly num_retries?: number;
  readonly retry_policy?: RetryPolicy;
  /** The least seconds before a call is repeated; default 0. */
  readonly retry_after?: number;
  /** As in `completion()`, for deployments that name none. */
  readonly timeout?: number;
  readonly stream_timeout?: number;
  /** Parameters for every deployment. */
  readonly default_litellm_params?: DeploymentParameters;
  /** Other names for groups. */
  readonly model_group_alias?: Readonly<Record<string, string | { readonly model: string }>>;
  /** Asks no deployment beyond its `rpm` and `tpm`, which otherwise only weigh; default false. */
  readonly enable_pre_call_checks?: boolean;
  /** Groups to ask when a group fails: `[{ 'my-agent': ['other-agent'] }]`. */
  readonly fallbacks?: RouterFallbacks;
  readonly context_window_fallbacks?: RouterFallbacks;
  readonly content_policy_fallbacks?: RouterFallbacks;
  /** Groups to ask when a group without `fallbacks` fails. */
  readonly default_fallbacks?: readonly string[];
}

/** Names of groups, parameters that differ, or maps from a group to such. */
export type RouterFallbacks = readonly (string | Readonly<Record<string, unknown>>)[];

/** How often a call is repeated after an error of a class: `{ RateLimitErrorRetries: 3 }`. */
export type RetryPolicy = Readonly<Record<string, number>>;

/** Parameters of `completion()`; `fallbacks` are the router's. */
export interface DeploymentParameters {
  readonly num_retries?: number;
  readonly max_retries?: number;
  readonly retry_policy?: RetryPolicy;
  readonly [parameter: string]: unknown;
}

/** A deployment; rows of one name are a group that shares the calls. */
export interface RouterModel {
  /** What callers ask for; `*` for whatever no other row is named. */
  readonly model_name: string;
  /** Parameters of `completion()`, and how much of the group's calls this row gets. */
  readonly litellm_params: DeploymentParameters & {
    /** `*` in a row named `*`: the model string that was asked for. */
    readonly model: string;
    readonly weight?: number;
    readonly rpm?: number;
    readonly tpm?: number;
    /** Rows of a higher order are asked only when none of a lower one can be. */
    readonly order?: number;
    readonly cooldown_time?: number;
  };
  readonly model_info?: { readonly id?: string; readonly [field: string]: unknown };
}

const strategies = ['simple-shuffle', 'least-busy', 'latency-based-routing'];

type Check = readonly [test: (value: unknown) => boolean, expected: string];

const number: Check = [(value) => typeof value === 'number' && value >= 0, 'a number of at least 0'];
const flag: Check = [(value) => typeof value === 'boolean', 'true or false'];
const list: Check = [Array.isArray, 'a list'];
const record: Check = [isRecord, 'an object'];
const text: Check = [(value) => typeof value === 'string', 'a text'];
const retryPolicy: Check = [
  (value) =>
    isRecord(value) &&
    Object.entries(value).every(([name, count]) => retryPolicyNames.includes(name) && number[0](count)),
  `an object of numbers under the names ${retryPolicyNames.join(', ')}`,
];
const redisUrl: Check = [
  (value) => typeof value === 'string' && /^rediss?:\/\//.test(value) && URL.canParse(value),
  'redis://[user:password@]host[:port][/database], or rediss://',
];

const checks: Readonly<Record<keyof RouterOptions, Check>> = {
  model_list: [(value) => Array.isArray(value) && value.length > 0, 'a list of at least one deployment'],
  routing_strategy: [(value) => strategies.includes(String(value)), `one of ${strategies.join(', ')}`],
  routing_strategy_args: record,
  num_retries: number,
  retry_policy: retryPolicy,
  retry_after: number,
  timeout: number,
  stream_timeout: number,
  default_litellm_params: record,
  model_group_alias: record,
  enable_pre_call_checks: flag,
  fallbacks: list,
  context_window_fallbacks: list,
  content_policy_fallbacks: list,
  default_fallbacks: list,
  cooldown_time: number,
  allowed_fails: number,
  disable_cooldowns: flag,
  redis_url: redisUrl,
  redis_host: text,
  redis_port: number,
  redis_username: text,
  redis_password: text,
  redis_db: number,
  redis_ssl: flag,
};

/** Throws a `BadRequestError` for options that a router cannot have; what a deployment's parameters hold shows later. */
export function checkOptions(options: RouterOptions): void {
  const given: Readonly<Record<string, unknown>> = { ...options };
  for (const name of new Set(['model_list', ...Object.keys(given)])) {
    const value = given[name];
    if (value == null && name !== 'model_list') continue;
    if (!isKnown(name)) {
      const known = Object.keys(checks).join(', ');
      throw new BadRequestError(`${name} is not an option of a router here. Known are: ${known}.`, { param: name });
    }
    check(checks[name], value, name);
  }
  checkParameters(options.default_litellm_params ?? {}, 'default_litellm_params');
  options.model_list.forEach((row: unknown, index) => {
    const param = `model_list.${index}`;
    const { model_name: name, litellm_params: parameters, model_info: info } = isRecord(row) ? row : {};
    if (typeof name !== 'string' || !isRecord(parameters) || typeof parameters['model'] !== 'string') {
      throw new BadRequestError(`${param}: expected { model_name, litellm_params: { model, … } }.`, { param });
    }
    checkParameters(parameters, `${param}.litellm_params`);
    if (isRecord(info) && info['id'] != null) check(text, info['id'], `${param}.model_info.id`);
  });
}

const ofDeployments: ReadonlyMap<string, Check> = new Map([
  ...['weight', 'rpm', 'tpm', 'order', 'num_retries', 'max_retries', 'cooldown_time'].map(
    (name) => [name, number] as const,
  ),
  ['retry_policy', retryPolicy],
]);

const ofRouters = ['fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks', 'default_fallbacks'];

/** What a router itself acts on. */
function checkParameters(parameters: Readonly<Record<string, unknown>>, place: string): void {
  for (const [name, value] of Object.entries(parameters)) {
    const param = `${place}.${name}`;
    if (value == null) continue;
    if (ofRouters.includes(name)) {
      throw new BadRequestError(`${param}: fallbacks are of whole groups; put them beside \`model_list\`.`, { param });
    }
    const known = ofDeployments.get(name);
    if (known) check(known, value, param);
  }
}

function check([test, expected]: Check, value: unknown, param: string): void {
  if (!test(value)) throw new BadRequestError(`${param}: expected ${expected}.`, { param });
}

function isKnown(name: string): name is keyof RouterOptions {
  return Object.hasOwn(checks, name);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
