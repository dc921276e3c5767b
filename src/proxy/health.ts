import type { Completion } from '../completion.ts';
import { nameOf } from './exchange.ts';

interface Endpoint {
  readonly model: string;
  readonly error?: string;
}

/** LiteLLM's report, and what nobody has looked at. */
export interface Health {
  readonly healthy_endpoints: readonly Endpoint[];
  readonly unhealthy_endpoints: readonly Endpoint[];
  readonly unchecked_endpoints: readonly Endpoint[];
  readonly healthy_count: number;
  readonly unhealthy_count: number;
  readonly unchecked_count: number;
}

/** What can be said without running an agent. */
export function toUnchecked(models: readonly string[]): Health {
  return toHealth([], [], models);
}

/** Asks every model; each runs its agent and costs what a turn costs. */
export async function runAgents(
  models: readonly string[],
  completion: Completion,
  signal: AbortSignal,
): Promise<Health> {
  const healthy: Endpoint[] = [];
  const unhealthy: Endpoint[] = [];
  await Promise.all(
    models.map(async (model) => {
      try {
        const messages = [{ role: 'user', content: 'ping' }] as const;
        await completion({ model, messages, stream: false, timeout: 60, num_retries: 0, fallbacks: [], signal });
        healthy.push({ model });
      } catch (error) {
        unhealthy.push({ model, error: nameOf(error) });
      }
    }),
  );
  return toHealth(healthy, unhealthy, []);
}

function toHealth(healthy: readonly Endpoint[], unhealthy: readonly Endpoint[], unchecked: readonly string[]): Health {
  return {
    healthy_endpoints: healthy,
    unhealthy_endpoints: unhealthy,
    unchecked_endpoints: unchecked.map((model) => ({ model })),
    healthy_count: healthy.length,
    unhealthy_count: unhealthy.length,
    unchecked_count: unchecked.length,
  };
}
