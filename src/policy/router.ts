import type { Agent, AgentRequest, AgentResponse, Agents, Policy } from '../agent.ts';
import {
  APIConnectionError,
  APIError,
  type Attempt,
  BadRequestError,
  copyError,
  RateLimitError,
  toAttempts,
} from '../errors.ts';
import { createAccounts } from './accounts.ts';
import { type Choice, createChooser } from './choose.ts';
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
 * began, and a deployment that fails rests. Another one is asked after what AWS answered, and where the turn cannot
 * have run; not after a `Timeout`, a lost connection or a failure of the agent itself, whose turn may have done its
 * work: only where the retry policy names that class of error. Throws a `BadRequestError` for options that cannot be.
 */
export function createRoute(options: RouterOptions, { createAgents, sessionOf }: Wiring): Agents {
  checkOptions(options);
  const groups = toGroups(options, createAgents);
  const strategy = toStrategy(options);
  const store = createStore(options);
  const { look, choose } = createChooser(options, { store, strategy, sessionOf });
  const call = createAccounts(options, { store, strategy });

  async function ask(group: Group, model: string, request: AgentRequest): Promise<AgentResponse> {
    const tried = new Set<Deployment>();
    const attempts: Attempt[] = [];
    let choice = choose(await look(group), model, request, tried);
    for (let attempt = 0; ; attempt++) {
      try {
        return withRetries(await call(group, model, choice), attempt);
      } catch (error) {
        if (!(error instanceof APIError) || request.signal?.aborted) throw error;
        const { deployment } = choice;
        attempts.push(...toAttempts(error, deployment.model === '*' ? model : deployment.model));
        tried.add(deployment);
        const policy = { retryPolicy: deployment.retryPolicy ?? options.retry_policy, ...request.policy };
        const retries = toRetries(error, policy, deployment.retries ?? options.num_retries ?? 2);
        if (attempt >= retries || !isWorthwhile(error, policy)) throw copyError(error, { attempts });
        const all = await look(group);
        choice = chooseAfter(error, () => choose(all, model, request, tried), attempts);
        const pause = toPauseBefore(choice, tried, error, { attempt, policy });
        if (pause === undefined) throw copyError(error, { attempts });
        const seconds = Math.max(pause, options.retry_after ?? 0);
        if (seconds > 0) await wait(seconds, request.signal);
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

/** What AWS answers for one deployment and may not for another. */
const ofDeployment = [401, 403, 404, 429, 500, 503];

/** Whether another try may end otherwise, and runs no turn twice. */
function isWorthwhile(error: APIError, policy: Policy): boolean {
  if (error.retryable || countFor(error, policy) !== undefined) return true;
  return ofDeployment.includes(error.status) && !(error instanceof APIConnectionError);
}

/** Where nobody can be asked any more, the error that led there says why, and for how long. */
function chooseAfter(error: APIError, choose: () => Choice, attempts: readonly Attempt[]): Choice {
  try {
    return choose();
  } catch (none) {
    if (!(none instanceof RateLimitError)) throw none;
    throw copyError(error, { attempts, retry_after: error.retry_after ?? none.retry_after });
  }
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
