import { resolve } from 'node:path';
import { ConfigError, type ConfigFile, readConfigFiles } from './config-file.ts';
import { type Checked, type CheckedConfig, checkConfig } from './config-schema.ts';
import { findProblems } from './config-problems.ts';
import { type Environment, readVariables, resolveReferences } from './environment.ts';

/** LiteLLM's `config.yaml`, checked and with every reference resolved. */
export interface ProxyConfig {
  /** Options for a router. */
  readonly router: RouterConfig;
  /** What callers of a model may give beside what all callers may, by the model's name. */
  readonly allowClient: ReadonlyMap<string, readonly string[]>;
  readonly masterKey?: string;
  readonly keys: readonly KeyConfig[];
  /** Whether every stream ends with its usage. */
  readonly includeUsage: boolean;
  /** Whether a proxy without keys may be reached from other machines. */
  readonly allowAnonymous: boolean;
  /** Whether `/metrics` is for those with a key only. */
  readonly metricsNeedKey: boolean;
  /** The most bytes a request may have. */
  readonly maxBodyBytes?: number;
  readonly maxConnections?: number;
  /** Seconds in which a request must have come whole. */
  readonly requestTimeout?: number;
  /** Seconds for which a connection may be silent, or a client not read what is there for it. */
  readonly idleTimeout?: number;
  /** Seconds that running answers are given when the server is told to stop. */
  readonly drainTimeout?: number;
  /** What `environment_variables` sets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Sentences about names that do nothing. */
  readonly warnings: readonly string[];
}

/** What `createRouter` takes, as a file says it. */
export interface RouterConfig {
  readonly model_list: readonly ModelConfig[];
  readonly [option: string]: unknown;
}

/** A row of `model_list`. */
export interface ModelConfig {
  readonly model_name: string;
  readonly litellm_params: { readonly model: string; readonly [parameter: string]: unknown };
  readonly model_info?: { readonly id?: string; readonly [field: string]: unknown };
}

/** Who may call: which models (all if left out), and how much in a minute. */
export interface KeyConfig {
  readonly name: string;
  readonly key: string;
  readonly models?: readonly string[];
  readonly rpm?: number;
  readonly tpm?: number;
}

/** Reads a `config.yaml` and what it includes. Throws a `ConfigError` that names all that is wrong by file, line and path. */
export async function loadConfig(path: string, environment: Environment = process.env): Promise<ProxyConfig> {
  const files = await readConfigFiles(resolve(path));
  const variables = readVariables(files, environment);
  const known = { ...environment, ...variables };
  const checked = checkAll(files, known);
  const config = checked.map((each) => each.config).reduce(merge);
  const masterKey = config.general_settings?.master_key ?? known['LITELLM_MASTER_KEY'];
  const problems = findProblems(config, masterKey, path);
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    ...toConfig(config),
    ...(masterKey !== undefined && { masterKey }),
    environment: variables,
    warnings: checked.flatMap(({ warnings }) => warnings),
  };
}

/** Every file, so that all problems are told at once. */
function checkAll(files: readonly ConfigFile[], environment: Environment): readonly Checked[] {
  const checked: Checked[] = [];
  const problems: string[] = [];
  for (const file of files) {
    try {
      checked.push(checkConfig(file, resolveReferences(file, environment)));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return checked;
}

/** What a file says counts more than what it includes; their models and keys stand side by side. */
function merge(config: CheckedConfig, included: CheckedConfig): CheckedConfig {
  const keys = [...(config.general_settings?.keys ?? []), ...(included.general_settings?.keys ?? [])];
  return {
    model_list: [...(config.model_list ?? []), ...(included.model_list ?? [])],
    litellm_settings: { ...included.litellm_settings, ...given(config.litellm_settings ?? {}) },
    router_settings: { ...included.router_settings, ...given(config.router_settings ?? {}) },
    general_settings: { ...included.general_settings, ...given(config.general_settings ?? {}), keys },
  };
}

function toConfig(config: CheckedConfig): Omit<ProxyConfig, 'environment' | 'warnings'> {
  const { general_settings: general, model_list: rows } = config;
  const { require_auth_for_metrics_endpoint: metricsNeedKey, ...litellm_settings } = config.litellm_settings ?? {};
  const {
    max_request_size_mb: megabytes,
    max_connections,
    request_timeout,
    idle_timeout,
    drain_timeout,
  } = general ?? {};
  return {
    router: toRouter({ ...config, litellm_settings }),
    allowClient: toAllowed(rows ?? []),
    keys: (general?.keys ?? []).map(({ name, key, ...limits }) => ({ name, key, ...given(limits) })),
    includeUsage: general?.always_include_stream_usage ?? false,
    allowAnonymous: general?.allow_anonymous ?? false,
    metricsNeedKey: metricsNeedKey ?? false,
    ...(megabytes != null && { maxBodyBytes: megabytes * 1_000_000 }),
    ...(max_connections != null && { maxConnections: max_connections }),
    ...(request_timeout != null && { requestTimeout: request_timeout }),
    ...(idle_timeout != null && { idleTimeout: idle_timeout }),
    ...(drain_timeout != null && { drainTimeout: drain_timeout }),
  };
}

/** `router_settings` count more than `litellm_settings`, which LiteLLM reads first. */
function toRouter({ model_list: rows, litellm_settings, router_settings }: CheckedConfig): RouterConfig {
  const { drop_params, request_timeout: timeout, ...settings } = litellm_settings ?? {};
  const parameters = { ...given({ drop_params }), ...router_settings?.default_litellm_params };
  return {
    ...given({ timeout, ...settings }),
    ...given(router_settings ?? {}),
    ...(Object.keys(parameters).length > 0 && { default_litellm_params: parameters }),
    model_list: (rows ?? []).map(({ model_name, litellm_params, model_info }) => {
      const { id, ...info } = model_info ?? {};
      return { model_name, litellm_params, ...(model_info && { model_info: { ...info, ...given({ id }) } }) };
    }),
  };
}

/** A call may go to any row of a name, so what it may give is what all of them allow. */
function toAllowed(rows: NonNullable<CheckedConfig['model_list']>): ReadonlyMap<string, readonly string[]> {
  const allowed = new Map<string, readonly string[]>();
  for (const { model_name: name, allow_client: names } of rows) {
    const others = allowed.get(name);
    allowed.set(
      name,
      (names ?? []).filter((each) => others?.includes(each) ?? true),
    );
  }
  return allowed;
}

type Given<T> = { readonly [K in keyof T]?: NonNullable<T[K]> };

/** Without what is not there: in YAML a name without a value is null. */
function given<T extends object>(values: T): Given<T> {
  // What is left of the entries is exactly what the type says.
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value != null)) as Given<T>;
}
