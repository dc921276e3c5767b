import { createHmac, randomUUID } from 'node:crypto';
import type { Agent, AgentEvent, AgentRequest, AgentResponse, Agents } from '../agent.ts';
import { readShownSession, toOwnCalls, toScopedId } from './scoped-calls.ts';
import { scopeParameters } from './scoped-parameters.ts';

/** The session in which a call waits for its result, where its id tells it. */
export type SessionOfCall = (id: string) => string | undefined;

/** These agents for callers of one scope. */
export function withScope(agents: Agents, scope: string): Agents {
  return (model): Agent => {
    const agent = agents(model);
    return (request) => agent({ ...request, scope });
  };
}

/**
 * An agent that keeps scopes apart: it is asked with a hash of the scope and each session, memory, actor, user and
 * context that a caller names, so that no id of one scope is an id of another; answers have the caller's own spelling.
 * The ids of tool calls are signed; one of another scope is a `PermissionDeniedError`.
 */
export function scoped(agent: Agent, sessionOfCall: SessionOfCall): Agent {
  return async ({ scope, ...request }) => {
    if (scope === undefined) return agent(request);
    const shown = new Map<string, string>();
    const toScoped = (kind: string, id: string) => {
      // What is no id is for the agent to refuse.
      if (id === '') return id;
      const hash = createHmac('sha256', scope)
        .update(JSON.stringify([kind, id]))
        .digest('hex');
      shown.set(hash, id);
      return hash;
    };
    const toScopedSession = (id: string) => toScoped('session', id);
    const { session, freshSessionId = `session-${randomUUID()}` } = request;
    const response = await agent({
      ...request,
      turns: toOwnCalls(request.turns, { scope, sessionOfCall, toScopedSession }),
      parameters: scopeParameters(request.parameters, toScoped),
      freshSessionId: toScopedSession(freshSessionId),
      ...(session && { session: { ...session, id: toScopedSession(session.id) } }),
    });
    return show(response, shown, scope);
  };
}

/** The session that waits for the results of the last calls, as its caller knows it; for routers. */
export function sessionOfLastCall({ turns }: AgentRequest, sessionOfCall: SessionOfCall): string | undefined {
  const [call] = turns.findLast((turn) => turn.type === 'assistant')?.calls ?? [];
  return call && readShownSession(call.id, sessionOfCall);
}

/** An answer as the caller knows its names. */
function show(response: AgentResponse, shown: ReadonlyMap<string, string>, scope: string): AgentResponse {
  const toShown = (id: string) => shown.get(id) ?? id;
  const { about } = response;
  const sessionId = toShown(response.sessionId);

  function showEvent(event: AgentEvent): AgentEvent {
    if (event.type === 'tool-call') return { ...event, id: toScopedId(event.id, sessionId, scope) };
    if (event.type === 'trace') return { ...event, trace: showTrace(event.trace, response.sessionId, sessionId) };
    return event;
  }

  const source = response.events[Symbol.asyncIterator]();
  // Not a generator: its `return()` would wait behind a `next()` that is under way.
  const events: AsyncIterator<readonly AgentEvent[], undefined> = {
    async next() {
      const result = await source.next();
      return result.done ? { done: true, value: undefined } : { value: result.value.map(showEvent) };
    },
    async return() {
      await source.return?.();
      return { done: true, value: undefined };
    },
  };
  return {
    ...response,
    sessionId,
    about: { ...about, ...(about.memoryId !== undefined && { memoryId: toShown(about.memoryId) }) },
    events: { [Symbol.asyncIterator]: () => events },
  };
}

/** AWS repeats the session beside each trace. */
function showTrace(trace: unknown, scopedId: string, shownId: string): unknown {
  const isOwn = typeof trace === 'object' && trace !== null && 'sessionId' in trace && trace.sessionId === scopedId;
  return isOwn ? { ...trace, sessionId: shownId } : trace;
}
