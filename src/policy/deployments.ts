import { createHash } from 'node:crypto';
import type { Agent, Agents } from '../agent.ts';
import { BadRequestError } from '../errors.ts';
import type { RouterModel, RouterOptions } from './router-options.ts';

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
    const deployment = toDeployment(row, place, options, createAgents);
    if (ids.has(deployment.id)) {
      throw new BadRequestError(`${place}: this row stands there twice; give one of them a \`model_info.id\`.`, {
        param: place,
      });
    }
    ids.add(deployment.id);
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

const numbers = ['weight', 'rpm', 'tpm', 'order', 'num_retries', 'max_retries', 'cooldown_time'] as const;

function toDeployment(row: RouterModel, place: string, options: RouterOptions, createAgents: CreateAgents): Deployment {
  const { model, weight, rpm, tpm, order, num_retries, max_retries, cooldown_time, ...rest } = row.litellm_params;
  for (const name of numbers) {
    const value: unknown = row.litellm_params[name];
    if (value == null || (typeof value === 'number' && value >= 0)) continue;
    const param = `${place}.litellm_params.${name}`;
    throw new BadRequestError(`${param}: expected a number of at least 0.`, { param });
  }
  const { timeout, stream_timeout } = options;
  const agents = createAgents({ timeout, stream_timeout, ...options.default_litellm_params, ...rest });
  // Says at once when the model string is none.
  const agent = model === '*' ? undefined : agents(model);
  return {
    id: row.model_info?.id ?? toId(row),
    model,
    agent: agent ? () => agent : agents,
    weight,
    rpm,
    tpm,
    order,
    retries: num_retries ?? max_retries,
    cooldownTime: cooldown_time,
  };
}

/** What a row may renew without becoming another deployment. */
const secrets = new Set(['aws_secret_access_key', 'aws_session_token', 'aws_web_identity_token', 'api_key']);

function toId({ model_name, litellm_params }: RouterModel): string {
  const fields = Object.entries(litellm_params).filter(([name, value]) => value != null && !secrets.has(name));
  const text = JSON.stringify([model_name, fields.sort(([a], [b]) => (a < b ? -1 : 1))]);
  return createHash('sha256').update(text).digest('hex');
}
