/** What a request asks for, by its path and method. */
export type Route =
  | { readonly type: 'chat'; readonly deployment?: string }
  | { readonly type: 'models' }
  | { readonly type: 'model'; readonly id: string }
  | { readonly type: 'wrong-method'; readonly allow: string }
  | { readonly type: 'unknown' };

/**
 * Finds what is asked for. Only the end of the path decides, so that a handler can be mounted anywhere and a `baseURL`
 * can be any; what Azure's clients add, `?api-version`, changes nothing.
 */
export function toRoute({ method, url }: Pick<Request, 'method' | 'url'>): Route {
  const { pathname } = new URL(url);
  // Not `/\/+$/`, which takes the square of the time of very many slashes.
  const path = pathname.replace(/(?<!\/)\/+$/, '');
  if (path.endsWith('/chat/completions')) {
    const deployment = decode(/\/openai\/deployments\/(.+)\/chat\/completions$/.exec(path)?.[1]);
    return only('POST', method, { type: 'chat', ...(deployment !== undefined && { deployment }) });
  }
  if (path.endsWith('/models')) return only('GET', method, { type: 'models' });
  // The first `/models/` and not the last: an id may hold slashes and any words.
  const id = decode(/\/models\/(.+)$/.exec(path)?.[1]);
  return id === undefined ? { type: 'unknown' } : only('GET', method, { type: 'model', id });
}

function only(allow: string, method: string, route: Route): Route {
  return method === allow ? route : { type: 'wrong-method', allow };
}

function decode(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    // Not percent-encoding, so it is itself.
    return text;
  }
}
