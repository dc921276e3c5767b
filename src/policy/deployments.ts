import { createHash } from 'node:crypto';
import type { Agent, Agents } from '../agent.ts';
import { BadRequestError } from '../errors.ts';
import type { DeploymentParameters, RouterModel, RouterOptions } from './router-options.ts';

/** One row of a `model_list`: an agent with its own parameters. */
export interface Deployment {
  /** `model_info.id`, or one that is made of the row; the same in every process. */
  readonly id: string;
  /** The model string, `*` where it is the one that is asked for. */
  readonly model: string;
  readonly agent: (model: string) => Agent;
  readonly weight?: number | undefined;
  readonly rpm?: number | undefined;
  readonly tpm?: number | undefined;
  readonly order?: number | undefined;
  readonly retries?: number | undefined;
  readonly retryPolicy?: Readonly<Record<string, number>> | undefined;
  readonly cooldownTime?: number | undefined;
}

export type Group = readonly [Deployment, ...Deployment[]];

/** An agent for each model string, asked with these parameters where the caller gives no others. */
export type CreateAgents = (parameters: Readonly<Record<string, unknown>>) => Agents;

/** The rows of a `model_list` by their names. Throws a `BadRequestError` for a row that cannot be. */
export function toGroups(options: RouterOptions, createAgents: CreateAgents): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  const ids = new Set<string>();
  options.model_list.forEach((row, index) => {
    const place = `model_list.${index}`;
    const id = row.model_info?.id ?? toId(row, ids);
    if (ids.has(id)) {
      const param = `${place}.model_info.id`;
      throw new BadRequestError(`${param}: expected an id of its own, got that of another row.`, { param });
    }
    ids.add(id);
    const deployment = toDeployment(row, id, options, createAgents);
    groups.set(row.model_name, [...(groups.get(row.model_name) ?? []), deployment] as unknown as Group);
  });
  return groups;
}

/** How much of the calls each deployment gets: by `weight`, else `rpm`, else `tpm`, else all alike. */
export function toWeights(deployments: readonly Deployment[]): readonly number[] {
  for (const name of ['weight', 'rpm', 'tpm'] as const) {
    const weights = deployments.map((deployment) => deployment[name] ?? 0);
    if (weights.some((weight) => weight > 0)) return weights;
  }
  return deployments.map(() => 1);
}

/** Those of the lowest order: the others are asked only when none of these can be. */
export function toLowest<T>(all: readonly [T, ...T[]], toOrder: (each: T) => number | undefined): readonly [T, ...T[]] {
  const lowest = Math.min(...all.map((each) => toOrder(each) ?? Infinity));
  const [first, ...others] = all.filter((each) => (toOrder(each) ?? Infinity) === lowest);
  return first ? [first, ...others] : all;
}

function toDeployment(row: RouterModel, id: string, options: RouterOptions, createAgents: CreateAgents): Deployment {
  const { model, weight, rpm, tpm, order, cooldown_time, ...parameters } = row.litellm_params;
  const { timeout, stream_timeout, default_litellm_params: defaults = {} } = options;
  const agents = createAgents({ timeout, stream_timeout, ...defaults, ...parameters });
  // Says at once when the model string is none.
  const agent = model === '*' ? undefined : agents(model);
  return {
    id,
    model,
    agent: agent ? () => agent : agents,
    weight,
    rpm,
    tpm,
    order,
    retries: toRetries(parameters) ?? toRetries(defaults),
    retryPolicy: parameters.retry_policy ?? defaults.retry_policy,
    cooldownTime: cooldown_time,
  };
}

function toRetries({ num_retries, max_retries }: DeploymentParameters): number | undefined {
  return num_retries ?? max_retries;
}

/** An id that no other row has; rows for the same agent are told apart by their order alone. */
function toId(row: RouterModel, taken: ReadonlySet<string>): string {
  const agent = toAgent(row);
  for (let before = 0; ; before++) {
    const id = createHash('sha256')
      .update(before === 0 ? agent : `${agent} ${before}`)
      .digest('hex');
    if (!taken.has(id)) return id;
  }
}

/** What a row may change without becoming another agent, whose sessions would be lost: who asks, how much and how long. */
const changing = new Set([
  'api_key',
  'aws_access_key_id',
  'aws_credentials',
  'aws_profile_name',
  'aws_secret_access_key',
  'aws_session_token',
  'aws_web_identity_token',
  'cooldown_time',
  'input_cost_per_token',
  'max_response_bytes',
  'max_retries',
  'num_retries',
  'order',
  'output_cost_per_token',
  'request_timeout',
  'retry_policy',
  'rpm',
  'stream_timeout',
  'timeout',
  'tpm',
  'weight',
]);

function toAgent({ model_name, litellm_params }: RouterModel): string {
  const fields = Object.entries(litellm_params).filter(([name, value]) => value != null && !changing.has(name));
  return JSON.stringify([model_name, fields.sort(([a], [b]) => (a < b ? -1 : 1))]);
}
