import { randomUUID } from 'node:crypto';
import type { AgentEvent, AgentResponse } from '../agent.ts';
import { NotFoundError, Timeout } from '../errors.ts';
import type { Choice } from './choose.ts';
import { isFailure, toCooldown } from './cooldown.ts';
import type { Deployment, Group } from './deployments.ts';
import type { RouterOptions } from './router-options.ts';
import type { Store } from './store.ts';
import type { Strategy } from './strategies.ts';
import { watch } from './watch.ts';

/** Seconds: LiteLLM's measure of a deployment that did not answer in time. */
const notInTime = 1000;

/** Asks the chosen deployment and keeps the books: who is busy, how fast, with how many tokens, and who has to rest. */
export function createAccounts(
  options: RouterOptions,
  { store, strategy }: { readonly store: Store; readonly strategy: Strategy },
): (group: Group, model: string, choice: Choice) => Promise<AgentResponse> {
  async function close(deployment: Deployment, isAlone: boolean, call: string, tokens: number, error?: unknown) {
    // What nobody knows of a model that the caller named says nothing of the next one.
    const isUnknown = deployment.model === '*' && error instanceof NotFoundError;
    const failed = isFailure(error) && !isUnknown;
    const tally = await store.end(deployment.id, call, { failed, tokens });
    if (!failed) return;
    const { cooldownTime = options.cooldown_time } = deployment;
    const cooling = { ...options, ...(cooldownTime !== undefined && { cooldown_time: cooldownTime }) };
    const seconds = toCooldown(error, tally, isAlone, cooling);
    if (seconds > 0) await store.cool(deployment.id, seconds);
  }

  return async (group, model, { deployment, request }) => {
    const call = randomUUID();
    const isAlone = group.length === 1;
    const began = performance.now();
    let tokens = 0;
    void store.begin(deployment.id, call);
    try {
      const response = await deployment.agent(model)(request);
      strategy.learn?.(deployment, (performance.now() - began) / 1000);
      const about = { ...response.about, deployment: deployment.id };
      return watch({ ...response, about }, request.signal, {
        onEvents: (events) => (tokens = count(events, tokens)),
        onEnd: (error) => void close(deployment, isAlone, call, tokens, error),
      });
    } catch (error) {
      if (error instanceof Timeout) strategy.learn?.(deployment, notInTime);
      await close(deployment, isAlone, call, tokens, error);
      throw error;
    }
  };
}

function count(events: readonly AgentEvent[], before: number): number {
  let tokens = before;
  for (const event of events) {
    if (event.type !== 'usage') continue;
    const used = event.inputTokens + event.outputTokens;
    tokens = event.total ? used : tokens + used;
  }
  return tokens;
}
