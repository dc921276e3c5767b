import { ConfigError } from './config-file.ts';
import { loadConfig, type ProxyConfig } from './config.ts';
import type { Proxy } from './proxy.ts';

/** What the command line says of a proxy. */
export interface ProxyCommandOptions {
  readonly config: string;
  readonly port: number;
  readonly host: string;
  /** Whether the configuration is only looked at. */
  readonly check?: boolean;
}

export interface ProxyCommandParts {
  readonly createProxy: (config: ProxyConfig) => Proxy;
  readonly print: (line: string) => void;
  readonly warn: (line: string) => void;
}

/** Runs a proxy until SIGINT or SIGTERM and lets its running answers end. Rejects for a configuration that cannot be. */
export async function runProxyCommand(
  { config: path, port, host, check }: ProxyCommandOptions,
  { createProxy, print, warn }: ProxyCommandParts,
): Promise<void> {
  const config = await loadConfig(path).catch((error: unknown) => {
    if (!(error instanceof ConfigError)) throw error;
    throw new Error(`The configuration cannot be used.\n${error.problems.join('\n')}`);
  });
  for (const warning of config.warnings) warn(`warning: ${warning}`);
  // Also says what a router says of it.
  const proxy = createProxy(config);
  if (check) {
    print(`${path} is fine: ${config.router.model_list.length} rows, ${config.keys.length} named keys.`);
    return;
  }
  const listening = await proxy.listen({ port, host });
  await stopSignal();
  await listening.close();
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
