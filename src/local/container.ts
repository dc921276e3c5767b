import { once } from 'node:events';
import { request as requestHttp } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { awsException, containerFailed } from './exceptions.ts';
import { sessionHeader, userHeader } from './runtime-request.ts';
import type { LocalRuntime, LocalRuntimeRequest } from './runtime-request.ts';

/**
 * A runtime whose calls go to an AgentCore container: `POST {url}/invocations`, answered as the service does it. Throws a TypeError when
 * this is no `http(s)` URL.
 */
export function createContainerRuntime(url: string): LocalRuntime {
  const target = parseUrl(url);
  return async (request) => {
    const answer = await post(target, request);
    const status = answer.statusCode ?? 500;
    if (status >= 200 && status < 300) {
      const headers = pick(answer.headers, (name) => answered.includes(name));
      return new Response(bodiless.includes(status) ? null : answer, { status, headers });
    }
    answer.destroy();
    throw awsException('RuntimeClientError', containerFailed(status));
  };
}

function parseUrl(url: string): URL {
  const base = URL.canParse(url) ? new URL(url.endsWith('/') ? url : `${url}/`) : undefined;
  if (base && /^https?:$/.test(base.protocol)) return new URL('invocations', base);
  throw new TypeError(`A container is reached by a URL like 'http://localhost:8080', not '${url}'.`);
}

// Not `fetch`: it would end an answer after five silent minutes, and an agent may think for fifteen.
async function post(target: URL, { body, headers, sessionId, signal }: LocalRuntimeRequest): Promise<IncomingMessage> {
  const send = target.protocol === 'https:' ? requestHttps : requestHttp;
  const isForwarded = (name: string) => forwarded.includes(name) || name.startsWith(customPrefix);
  const sent = { ...pick(headers, isForwarded), [sessionHeader]: sessionId, 'content-length': String(body.length) };
  // No keep-alive: a container that was restarted since would look broken.
  const outgoing = send(target, { method: 'POST', headers: sent, signal, agent: false });
  // Once the answer has begun, an error is also its own, and is read there.
  outgoing.on('error', () => undefined);
  outgoing.end(body);
  try {
    // 'response' always brings an IncomingMessage; Node's types of `once` say `any[]`.
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    return answer;
  } catch (error) {
    signal.throwIfAborted();
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw awsException('RuntimeClientError', `The container at ${target.origin} cannot be reached${code}.`);
  }
}

const customPrefix = 'x-amzn-bedrock-agentcore-runtime-custom-';
const traceHeaders = ['x-amzn-trace-id', 'traceparent', 'tracestate', 'baggage'];
const forwarded = [
  ...['content-type', 'accept', userHeader, 'mcp-session-id', 'mcp-protocol-version', 'mcp-method', 'mcp-name'],
  ...traceHeaders,
];
const answered = ['content-type', 'mcp-session-id', 'mcp-protocol-version', ...traceHeaders];

// A Response refuses a body with these, even an empty one.
const bodiless = [204, 205];

function pick(headers: IncomingHttpHeaders, isWanted: (name: string) => boolean): Record<string, string> {
  const wanted = Object.entries(headers).filter(([name, value]) => isWanted(name) && value !== undefined);
  return Object.fromEntries(wanted.map(([name, value]) => [name, String(value)]));
}
