import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { toErrorResponse } from '../http/error-body.ts';
import { createHandler, type Handler } from '../http/handler.ts';
import { toCallHeaders } from '../http/headers.ts';
import { toRoute } from '../http/route.ts';
import type { Completion } from '../completion.ts';
import { createChecked } from './checked.ts';
import type { ProxyConfig } from './config.ts';
import { type Exchange, secondsSince } from './exchange.ts';
import type { Caller, Identify } from './keys.ts';
import type { Limit } from './limits.ts';
import { logExchange } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Models } from './models.ts';

export interface ApiOptions {
  readonly config: ProxyConfig;
  readonly models: Models;
  readonly identify: Identify;
  readonly limit: Limit;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** For the callers of a scope. */
  readonly createCompletion: (scope?: string) => Completion;
}

/** OpenAI's API for callers with keys: who may ask what and how often, and the books about it. It never rejects. */
export function createApi(options: ApiOptions): Handler {
  const { identify, models, limit, metrics, log, config } = options;
  const handlers = new Map<string | undefined, Handler>();
  // A request and the call that it makes have one signal.
  const exchanges = new WeakMap<AbortSignal, Exchange>();

  function findHandler(caller: Caller): Handler {
    const name = caller.type === 'named' ? caller.name : undefined;
    const known = handlers.get(name);
    if (known) return known;
    const handler = createHandler({
      completion: createChecked(options.createCompletion(caller.type === 'named' ? caller.scope : undefined), {
        caller,
        models,
        includeUsage: config.includeUsage,
        async onAsk({ model, signal }) {
          const release = await limit(caller);
          const exchange = signal && exchanges.get(signal);
          if (!exchange) return release(0);
          const asked = models.nameOf(model);
          if (asked !== undefined) exchange.model = asked;
          exchange.release = release;
        },
      }),
      models: models.listFor(caller),
      // Checked above, by the model's row.
      allowClient: 'all',
      ...(config.maxBodyBytes !== undefined && { maxBodyBytes: config.maxBodyBytes }),
      onError: (error, { signal }) => {
        const exchange = exchanges.get(signal);
        if (exchange) exchange.error = error;
      },
      onEnd: (known, { signal }) => {
        const exchange = exchanges.get(signal);
        if (!exchange) return;
        // Read once: each reading of the sums estimates the whole answer anew.
        exchange.known = { ...known, usage: known.usage };
        exchange.isLeft = signal.aborted;
        if (exchange.isStream) end(exchange);
      },
    });
    handlers.set(name, handler);
    return handler;
  }

  function end(exchange: Exchange): void {
    exchange.release?.(exchange.known?.usage.total_tokens ?? 0);
    metrics.end(exchange);
    logExchange(log, exchange);
  }

  async function answer(request: Request, exchange: Exchange): Promise<Response> {
    try {
      const caller = identify(request.headers);
      if (caller.type === 'named') exchange.key = caller.name;
      return await findHandler(caller)(request);
    } catch (error) {
      if (!request.signal.aborted) exchange.error = error;
      else exchange.isLeft = true;
      // Nobody reads the answer to a request that was left; 499 is nginx's number for it.
      return exchange.isLeft
        ? new Response(null, { status: 499 })
        : toErrorResponse(error, toCallHeaders(randomUUID()));
    }
  }

  return async (request) => {
    const exchange: Exchange = { route: toRoute(request).type, method: request.method, began: performance.now() };
    exchanges.set(request.signal, exchange);
    const response = await answer(request, exchange);
    exchange.status = response.status;
    exchange.begunAfter = secondsSince(exchange.began);
    // What is answered whole is known by now.
    exchange.isStream = exchange.route === 'chat' && response.status === 200 && !exchange.known;
    // An answer tells its own. To look at one header makes an object of them all, which costs more than to send them.
    const callId = exchange.known || exchange.isStream ? null : response.headers.get('x-litellm-call-id');
    if (callId !== null) exchange.callId = callId;
    metrics.begin(exchange);
    if (!exchange.isStream) end(exchange);
    return response;
  };
}
