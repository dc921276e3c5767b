import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Turn } from '../agent.ts';
import { PermissionDeniedError } from '../errors.ts';

export interface CallScope {
  readonly scope: string;
  /** The session that AWS knows, where a call's own id tells it. */
  readonly sessionOfCall: (id: string) => string | undefined;
  readonly toScopedSession: (id: string) => string;
}

/** A call's id for callers of a scope: it carries the session as they know it, and a proof that both are theirs. */
export function toScopedId(id: string, session: string, scope: string): string {
  return `${prefix}${Buffer.from(session).toString('base64url')}.${sign(id, session, scope)}.${id}`;
}

/** The conversation with the calls' ids as the agent gave them. Throws a `PermissionDeniedError` for a call of others. */
export function toOwnCalls(turns: readonly Turn[], own: CallScope): readonly Turn[] {
  return turns.map((turn) => {
    switch (turn.type) {
      case 'user':
        return turn;
      case 'assistant':
        return { ...turn, calls: turn.calls.map((call) => ({ ...call, id: toOwnId(call.id, own) })) };
      case 'results':
        return { ...turn, results: turn.results.map((result) => ({ ...result, id: toOwnId(result.id, own) })) };
      default:
        return turn satisfies never;
    }
  });
}

/** The session in which a call waits, as its caller knows it. It proves nothing. */
export function readShownSession(id: string, sessionOfCall: (id: string) => string | undefined): string | undefined {
  const parts = parse(id);
  if (!parts) return sessionOfCall(id);
  return sessionOfCall(parts.id) === undefined ? undefined : parts.session;
}

/** Names the form of an id, so that no other provider's is taken for one. */
const prefix = 'scoped_';

function parse(id: string) {
  const [, session, proof, inner] = /^scoped_([\w-]*)\.([\w-]{43})\.(.+)$/s.exec(id) ?? [];
  if (session === undefined || proof === undefined || inner === undefined) return undefined;
  return { session: Buffer.from(session, 'base64url').toString('utf8'), proof, id: inner };
}

function toOwnId(id: string, { scope, sessionOfCall, toScopedSession }: CallScope): string {
  const parts = parse(id);
  if (!parts) {
    // Of another provider's call nothing waits at AWS.
    if (sessionOfCall(id) !== undefined || id.startsWith(prefix)) throw foreign();
    return id;
  }
  const proof = sign(parts.id, parts.session, scope);
  if (!timingSafeEqual(Buffer.from(proof), Buffer.from(parts.proof))) throw foreign();
  const session = sessionOfCall(parts.id);
  // Whoever knows a key can sign with it: what is signed must still be of a session of this scope.
  if (session !== undefined && session !== toScopedSession(parts.session)) throw foreign();
  return parts.id;
}

function sign(id: string, session: string, scope: string): string {
  return createHmac('sha256', scope)
    .update(JSON.stringify(['call', id, session]))
    .digest('base64url');
}

function foreign(): PermissionDeniedError {
  return new PermissionDeniedError('messages: a tool call of this conversation was not made for your key.', {
    param: 'messages',
    code: 'foreign_tool_call',
  });
}
