import { APIError } from '../errors.ts';
import type { Tally } from './store.ts';

/** How a router rests deployments that fail. */
export interface CooldownOptions {
  /** Seconds; default 5. */
  readonly cooldown_time?: number;
  /** Rests a deployment after more failures than this in a minute, and for no other reason. */
  readonly allowed_fails?: number;
  readonly disable_cooldowns?: boolean;
}

/** Whether an error is the deployment's and not the request's or the caller's. */
export function isFailure(error: unknown): error is APIError {
  return error instanceof APIError && (error.status >= 500 || [401, 404, 408, 429].includes(error.status));
}

/** For how many seconds a deployment rests after a failure; `isAlone` where its group has no other. */
export function toCooldown(error: APIError, tally: Tally, isAlone: boolean, options: CooldownOptions): number {
  const { cooldown_time = 5, allowed_fails: allowed, disable_cooldowns: disabled } = options;
  const isDue = allowed === undefined ? isHopeless(error, tally, isAlone) : tally.failures > allowed;
  if (disabled === true || cooldown_time <= 0 || !isDue) return 0;
  const asked = error.retry_after;
  return asked !== undefined && asked > 0 && asked <= 60 ? asked : cooldown_time;
}

/** A deployment without any other is better than none, as long as it may work again any moment. */
function isHopeless({ status }: APIError, { calls, failures }: Tally, isAlone: boolean): boolean {
  if (status === 401 || status === 404 || status === 408) return true;
  return !isAlone && (status === 429 || failures / calls > 0.5);
}
