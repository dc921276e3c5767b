import type { AgentEvent } from '../../agent.ts';
import { BadRequestError } from '../../errors.ts';
import { formats } from './events.ts';
import { error } from './formats/error.ts';
import type { Format } from './formats/format.ts';

/** How an agent's answer is read. */
export type AgentFormat =
  | { readonly type: 'families'; readonly formats: readonly Format[] }
  | { readonly type: 'strings'; readonly cumulative: boolean }
  | { readonly type: 'function'; readonly read: (value: unknown) => readonly AgentEvent[] };

/** Reads `agent_format`: a family's name, or the caller's own function. Throws a `BadRequestError`. */
export function parseAgentFormat(value: unknown): AgentFormat | undefined {
  if (value == null) return undefined;
  // What it returns is checked event by event.
  if (typeof value === 'function') return { type: 'function', read: value as (value: unknown) => AgentEvent[] };
  if (value === 'string' || value === 'string-cumulative') {
    return { type: 'strings', cumulative: value === 'string-cumulative' };
  }
  // A runtime reports its errors in a shape of its own, whatever the agent speaks.
  const families = formats.filter(({ name }) => name !== error.name);
  const family = families.find(({ name }) => name === value);
  if (family) return { type: 'families', formats: [family, error] };
  const names = [...families.map(({ name }) => name), 'string', 'string-cumulative'].map((name) => `\`${name}\``);
  throw new BadRequestError(`agent_format: expected a function or one of ${names.join(', ')}.`, {
    param: 'agent_format',
  });
}
