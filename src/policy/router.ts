import type { Agent, AgentRequest, AgentResponse, Agents, Policy } from '../agent.ts';
import { APIError, type Attempt, BadRequestError, toAttempts } from '../errors.ts';
import { createAccounts } from './accounts.ts';
import { type Choice, createChoose } from './choose.ts';
import { type CreateAgents, type Deployment, type Group, toGroups } from './deployments.ts';
import { createStore } from './shared-store.ts';
import { countFor, toPause, toRetries, wait, withRetries } from './retry.ts';
import { checkOptions, type RouterOptions } from './router-options.ts';
import { leastBusy, lowestLatency, simpleShuffle, type Strategy } from './strategies.ts';

/** What a router needs of those who know the agents. */
export interface Wiring {
  readonly createAgents: CreateAgents;
  /** The session that waits for the results of the last calls, where the calls tell it. */
  readonly sessionOf: (request: AgentRequest) => string | undefined;
}

/**
 * The groups of a `model_list` as agents: a call goes to one deployment of its group, a conversation stays where it
 * began, and a deployment that fails rests. Throws a `BadRequestError` for options that cannot be.
 */
export function createRoute(options: RouterOptions, { createAgents, sessionOf }: Wiring): Agents {
  checkOptions(options);
  const groups = toGroups(options, createAgents);
  const strategy = toStrategy(options);
  const store = createStore(options);
  const choose = createChoose(options, { store, strategy, sessionOf });
  const call = createAccounts(options, { store, strategy });

  async function ask(group: Group, model: string, request: AgentRequest): Promise<AgentResponse> {
    const policy = { ...(options.retry_policy && { retryPolicy: options.retry_policy }), ...request.policy };
    const tried = new Set<Deployment>();
    const attempts: Attempt[] = [];
    let choice = await choose(group, model, request, tried);
    for (let attempt = 0; ; attempt++) {
      try {
        return withRetries(await call(group, model, choice), attempt);
      } catch (error) {
        if (!(error instanceof APIError) || request.signal?.aborted) throw error;
        const { deployment } = choice;
        attempts.push(...toAttempts(error, deployment.model));
        error.attempts = attempts;
        tried.add(deployment);
        const retries = toRetries(error, policy, deployment.retries ?? options.num_retries ?? 2);
        if (attempt >= retries || !isWorthwhile(error, policy)) throw error;
        // Where nobody can be asked any more, this error says why.
        const next = await choose(group, model, request, tried).catch(() => undefined);
        const pause = next && toPauseBefore(next, tried, error, { attempt, policy });
        if (!next || pause === undefined) throw error;
        await wait(Math.max(pause, options.retry_after ?? 0), request.signal);
        choice = next;
      }
    }
  }

  return (model): Agent => {
    const group = findGroup(groups, options, model);
    return (request) => ask(group, model, request);
  };
}

function toStrategy({ routing_strategy: name, routing_strategy_args: latency = {} }: RouterOptions): Strategy {
  switch (name) {
    case 'least-busy':
      return leastBusy;
    case 'latency-based-routing':
      return lowestLatency(latency);
    default:
      return simpleShuffle;
  }
}

function findGroup(groups: ReadonlyMap<string, Group>, options: RouterOptions, model: string): Group {
  const alias = options.model_group_alias?.[model];
  const name = typeof alias === 'object' ? alias.model : (alias ?? model);
  const group = groups.get(name) ?? groups.get('*');
  if (group) return group;
  throw new BadRequestError(
    `There is no model "${model}" in the model_list; it has ${[...groups.keys()].join(', ')}.`,
    {
      param: 'model',
      code: 'model_not_found',
      model,
    },
  );
}

/** Whether another try may end otherwise: a wrong request is wrong everywhere. */
function isWorthwhile(error: APIError, policy: Policy): boolean {
  return error.retryable || ![400, 409, 422].includes(error.status) || countFor(error, policy) !== undefined;
}

/** Another deployment is asked at once; the same one only where the turn cannot have run, and after a pause. */
function toPauseBefore(
  { deployment }: Choice,
  tried: ReadonlySet<Deployment>,
  error: APIError,
  { attempt, policy }: { readonly attempt: number; readonly policy: Policy },
): number | undefined {
  return tried.has(deployment) ? toPause(error, attempt, countFor(error, policy) !== undefined) : 0;
}
