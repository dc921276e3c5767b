import { createSharedRouter } from './default.ts';
import type { ProxyConfig } from './proxy/config.ts';
import { createProxyOf, type Proxy } from './proxy/proxy.ts';

export { loadConfig, type KeyConfig, type ModelConfig, type ProxyConfig, type RouterConfig } from './proxy/config.ts';
export { ConfigError } from './proxy/config-file.ts';
export type { Environment } from './proxy/environment.ts';
export type { Proxy } from './proxy/proxy.ts';
export type { Listening, ListenOptions } from './proxy/serve.ts';

/**
 * OpenAI's API for the agents of a `config.yaml`, with keys, limits, health and metrics:
 * `await createProxy(await loadConfig('config.yaml')).listen({ port: 4000 })`. Sets the variables that the file names
 * under `environment_variables`. Throws a `BadRequestError` for rows that cannot be.
 */
export function createProxy(config: ProxyConfig): Proxy {
  return createProxyOf(config, { createRouter: createSharedRouter });
}
