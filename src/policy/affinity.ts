import { createHash, randomUUID } from 'node:crypto';
import { type Deployment, type Group, toLowest, toWeights } from './deployments.ts';

/** An id for a new session that says whose it is, so that no store has to remember; every service takes it. */
export function createSessionId({ id }: Deployment): string {
  return `${toPrefix(id)}-${randomUUID()}`;
}

/**
 * The deployment that remembers a session: the one that the id names, else one of the lowest order that depends on the
 * id alone. Weighted rendezvous hashing, so that a deployment more or less moves no more sessions than it must.
 */
export function findHome(session: string, group: Group): Deployment {
  const named = group.find(({ id }) => session.startsWith(`${toPrefix(id)}-`));
  if (named) return named;
  const key = toKey(session);
  const lowest = toLowest(group, ({ order }) => order);
  const weights = toWeights(lowest);
  let home = lowest[0];
  let best = -Infinity;
  lowest.forEach((deployment, index) => {
    const score = (weights[index] ?? 0) / -Math.log(toFraction(`${key} ${deployment.id}`));
    if (score > best) [home, best] = [deployment, score];
  });
  return home;
}

/** 8 hexadecimal characters. */
function toPrefix(id: string): string {
  return hash(id).slice(0, 8);
}

/** The same for a caller's name of a session and for the id that is made of it and handed back: `session-{SHA-256}`. */
function toKey(session: string): string {
  return /^session-([0-9a-f]{64})$/.exec(session)?.[1] ?? hash(session);
}

/** Between 0 and 1, both excluded. */
function toFraction(text: string): number {
  return (Number.parseInt(hash(text).slice(0, 12), 16) + 0.5) / 2 ** 48;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
