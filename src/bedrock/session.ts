import { createHash, randomUUID } from 'node:crypto';
import type { Session } from '../agent.ts';
import { BadRequestError } from '../errors.ts';

/** How a service wants its sessions named and spelt. */
export interface SessionRules {
  readonly service: string;
  /** Its own names for the parameter, the preferred one first. */
  readonly names: readonly [string, ...string[]];
  /** What AWS accepts. */
  readonly pattern: RegExp;
  /** The same in words. */
  readonly expected: string;
}

/**
 * The id to send: the caller's own, checked; one made of a neutral name, the same for the same name; or a new one, `fresh` where the request has it.
 * Throws a `BadRequestError` for an id that AWS would refuse and for the name of another service.
 */
export function toSessionId(session: Session | undefined, rules: SessionRules, fresh?: string): string {
  // 33–100 of [a-zA-Z0-9][a-zA-Z0-9-_]*: what every service takes and AgentCore gives back.
  if (!session) return fresh ?? `session-${randomUUID()}`;
  const { id, exact, name } = session;
  if (!exact) return rules.pattern.test(id) ? id : `session-${createHash('sha256').update(id).digest('hex')}`;
  if (!rules.names.includes(name)) {
    throw new BadRequestError(
      `${rules.service} calls its session \`${rules.names[0]}\`; use that instead of \`${name}\`.`,
      {
        param: name,
      },
    );
  }
  if (!rules.pattern.test(id)) {
    throw new BadRequestError(
      `${name}: expected ${rules.expected}, got ${id.length} characters. Send a longer or different id, ` +
        'or use `litellm_session_id`, which takes any string.',
      { param: name },
    );
  }
  return id;
}
