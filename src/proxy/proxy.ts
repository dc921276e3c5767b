import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import type { Logger } from 'pino';
import type { Completion } from '../completion.ts';
import { PermissionDeniedError } from '../errors.ts';
import { toErrorResponse } from '../http/error-body.ts';
import { type Fetch, toFetch } from '../http/fetch.ts';
import { toCallHeaders } from '../http/headers.ts';
import type { RouterOptions } from '../policy/router-options.ts';
import { createStore } from '../policy/shared-store.ts';
import { createApi } from './api.ts';
import type { ProxyConfig } from './config.ts';
import { runAgents, toUnchecked } from './health.ts';
import { createKeys } from './keys.ts';
import { createLimits } from './limits.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { createModels } from './models.ts';
import { type Listening, type ListenOptions, listen } from './serve.ts';

/** A proxy that does not listen yet. */
export interface Proxy {
  /** Answers without a network, as any SDK takes it that takes a `fetch`; for tests and for servers of one's own. */
  readonly fetch: Fetch;
  /** Starts a server. Rejects where it may or can not listen. */
  readonly listen: (options?: ListenOptions) => Promise<Listening>;
}

export interface ProxyParts {
  readonly createRouter: (options: RouterOptions) => {
    /** `completion()` for callers of one scope, or for those whose names are AWS's own. */
    readonly createCompletion: (scope?: string) => Completion;
  };
  /** Default: standard output. */
  readonly log?: Logger;
}

/** OpenAI's API, health and metrics around the agents of a configuration, whose variables it sets. */
export function createProxyOf(config: ProxyConfig, { createRouter, log = createLog() }: ProxyParts): Proxy {
  Object.assign(process.env, config.environment);
  const options: RouterOptions = config.router;
  const { createCompletion } = createRouter(options);
  const identify = createKeys(config.masterKey, config.keys);
  const models = createModels(config);
  const metrics = createMetrics();
  const limit = createLimits(createStore(options));
  const api = createApi({ config, models, identify, limit, metrics, log, createCompletion });

  const app = new Hono();
  for (const path of ['/health/liveliness', '/health/liveness']) app.get(path, (c) => c.json("I'm alive!"));
  app.get('/health/readiness', (c) => c.json({ status: 'healthy' }));
  app.get('/health', async (c) => {
    const caller = identify(c.req.raw.headers);
    const names = models.listFor(caller);
    if (c.req.query('run') !== 'true') return c.json(toUnchecked(names));
    if (caller.type === 'named') {
      throw new PermissionDeniedError('Only the master key may run the agents: each is a turn that costs.');
    }
    return c.json(await runAgents(names, createCompletion(), c.req.raw.signal));
  });
  app.get('/metrics', async (c) => {
    if (config.metricsNeedKey) identify(c.req.raw.headers);
    return c.body(await metrics.text(), 200, { 'content-type': metrics.contentType });
  });
  app.all('*', (c) => api(c.req.raw));
  app.onError((error) => toErrorResponse(error, toCallHeaders(randomUUID())));

  const answer = async (request: Request) => app.fetch(request);
  return { fetch: toFetch(answer), listen: (options) => listen(answer, config, log, options) };
}
