/** What is remembered of each session of this process, by the session's key. */
export interface Memory<Session> {
  readonly open: (key: string) => Session;
  readonly forget: (key: string) => void;
}

/** Remembers until it is told to forget. The longest unused session goes when there are too many: a development server runs for days. */
export function createMemory<Session>(create: () => Session): Memory<Session> {
  const sessions = new Map<string, Session>();
  return {
    open: (key) => {
      const session = sessions.get(key) ?? create();
      sessions.delete(key);
      sessions.set(key, session);
      const [oldest] = sessions.keys();
      if (sessions.size > mostSessions && oldest !== undefined) sessions.delete(oldest);
      return session;
    },
    forget: (key) => void sessions.delete(key),
  };
}

const mostSessions = 1000;
