import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { type Exchange, nameOf, secondsSince } from './exchange.ts';

export interface Metrics {
  readonly begin: (exchange: Exchange) => void;
  readonly end: (exchange: Exchange) => void;
  readonly contentType: string;
  /** As Prometheus reads it. */
  readonly text: () => Promise<string>;
}

/** Counts and times for Prometheus. Labels are names of the configuration, so that no caller can make new ones. */
export function createMetrics(): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const registers = [register];
  const name = (what: string) => `bedrock_agents_openai_${what}`;
  const buckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900];
  const requests = new Counter({
    name: name('requests_total'),
    help: 'Requests by what was asked for, model and status.',
    labelNames: ['route', 'model', 'status'],
    registers,
  });
  const errors = new Counter({
    name: name('errors_total'),
    help: 'Errors that callers were told of, by class; client_left where nobody waited for the end.',
    labelNames: ['model', 'error'],
    registers,
  });
  const first = new Histogram({
    name: name('first_chunk_seconds'),
    help: 'Seconds until a stream began.',
    labelNames: ['model'],
    buckets,
    registers,
  });
  const total = new Histogram({
    name: name('duration_seconds'),
    help: 'Seconds until an answer was whole.',
    labelNames: ['model', 'stream'],
    buckets,
    registers,
  });
  const tokens = new Counter({
    name: name('tokens_total'),
    help: 'Tokens as told by the agents, or estimated.',
    labelNames: ['model', 'type'],
    registers,
  });
  const cost = new Counter({
    name: name('cost_dollars_total'),
    help: 'Dollars, where the price is known.',
    labelNames: ['model'],
    registers,
  });
  const streams = new Gauge({ name: name('open_streams'), help: 'Streams under way.', registers });

  return {
    contentType: register.contentType,
    text: () => register.metrics(),
    begin({ isStream, model = 'none', begunAfter = 0 }) {
      if (!isStream) return;
      streams.inc();
      first.observe({ model }, begunAfter);
    },
    end(exchange) {
      const { route, model = 'none', status, error, isLeft, isStream = false, known, began } = exchange;
      if (isStream) streams.dec();
      requests.inc({ route, model, status: String(status) });
      if (error !== undefined) errors.inc({ model, error: nameOf(error) });
      else if (isLeft) errors.inc({ model, error: 'client_left' });
      if (!known) return;
      total.observe({ model, stream: String(isStream) }, secondsSince(began));
      tokens.inc({ model, type: 'prompt' }, known.usage.prompt_tokens);
      tokens.inc({ model, type: 'completion' }, known.usage.completion_tokens);
      cost.inc({ model }, known.response_cost ?? 0);
    },
  };
}
