import type { AgentRequest } from '../agent.ts';

/** Whether the turns say what went before, so that no session has to remember it. */
export function holdsConversation({ turns }: AgentRequest): boolean {
  return turns.some((turn) => turn.type === 'assistant');
}

/**
 * The request for another agent. Its session is unknown there: the turns go instead, where they hold the conversation.
 * Where they do not, the session's name stays, spelt as the other agent needs it.
 */
export function leaveSession(request: AgentRequest): AgentRequest {
  const moved: { -readonly [K in keyof AgentRequest]: AgentRequest[K] } = { ...request };
  delete moved.freshSessionId;
  delete moved.session;
  const { session } = request;
  return session && !holdsConversation(request) ? { ...moved, session: { ...session, exact: false } } : moved;
}
