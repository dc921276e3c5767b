import { addAbortSignal } from 'node:stream';
import type { Agent } from '../../agent.ts';
import { APIConnectionError, type APIError } from '../../errors.ts';
import { call } from '../call.ts';
import type { Clients } from '../clients.ts';
import { parseConnection } from '../connection.ts';
import type { ContainerRef } from '../model.ts';
import { priceOf } from '../price.ts';
import type { PostResponse } from '../transport.ts';
import { toContainerError } from './container-error.ts';
import { createReader } from './events.ts';
import { type Invocation, toInvocation } from './request.ts';

/**
 * An agent's container on this machine, asked as AgentCore asks it, without AWS and without credentials: what addresses
 * or authorizes a runtime (`qualifier`, `accountId`, `api_key`, `aws_*`) and `endSession` mean nothing to it.
 */
export function invokeContainer({ url }: ContainerRef, clients: Clients): Agent {
  return async (request) => {
    const connection = parseConnection(request);
    const { input, format } = toInvocation(request);
    const base = toBase(url, connection.endpoint);
    const headers = { ...toHeaders(input), ...connection.headers };
    const isA2A = request.parameters['payload_format'] === 'a2a';

    return call(
      request,
      async (signal) => {
        const post = (path: string) =>
          clients.post(connection, { url: `${base}${path}`, headers, body: input.payload, signal });
        let answer = await post('/invocations');
        if (answer.status === 404 && isA2A) {
          // AWS's contract for A2A containers has them at `/`.
          await readText(answer, signal);
          answer = await post('/');
        }
        if (answer.status < 200 || answer.status >= 300) {
          throw toContainerError(answer.status, await readText(answer, signal));
        }
        return {
          body: answer.body,
          reader: createReader(answer.headers['content-type'], format),
          sessionId: answer.headers[headerNames.runtimeSessionId] ?? input.runtimeSessionId,
          about: { endpoint: base },
          price: priceOf,
        };
      },
      { ...connection, explain: (error) => explainConnection(error, base) },
    );
  };
}

/** `api_base` replaces the host here, too. */
function toBase(url: string, endpoint: string | undefined): string {
  const { pathname } = new URL(url);
  return endpoint === undefined ? url : `${endpoint}${pathname.replace(/\/$/, '')}`;
}

/** As AgentCore hands them on. */
const headerNames = {
  accept: 'accept',
  baggage: 'baggage',
  contentType: 'content-type',
  mcpMethod: 'mcp-method',
  mcpName: 'mcp-name',
  mcpProtocolVersion: 'mcp-protocol-version',
  mcpSessionId: 'mcp-session-id',
  runtimeSessionId: 'x-amzn-bedrock-agentcore-runtime-session-id',
  runtimeUserId: 'x-amzn-bedrock-agentcore-runtime-user-id',
  traceId: 'x-amzn-trace-id',
  traceParent: 'traceparent',
  traceState: 'tracestate',
} as const satisfies Partial<Record<keyof Invocation, string>>;

function toHeaders(input: Invocation): Record<string, string> {
  // The keys of a literal, which TypeScript widens.
  const names = Object.keys(headerNames) as (keyof typeof headerNames)[];
  return Object.fromEntries(
    names.flatMap((name) => (input[name] === undefined ? [] : [[headerNames[name], input[name]]])),
  );
}

/** Characters of an error's body that are read: enough for what an agent says, and no endless page. */
const mostText = 65_536;

async function readText({ body }: PostResponse, signal: AbortSignal): Promise<string> {
  let text = '';
  for await (const part of addAbortSignal(signal, body).setEncoding('utf8')) {
    text += String(part);
    // Leaving the loop closes the connection.
    if (text.length > mostText) break;
  }
  return text;
}

/** Not AWS is out of reach, but what runs here. */
function explainConnection(error: APIError, url: string): APIError {
  if (!(error instanceof APIConnectionError)) return error;
  const { cause, retryable } = error;
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  const message = retryable
    ? `Cannot connect to the container at ${url}${code}; is it running?`
    : `The connection to the container at ${url} was lost${code} before the answer was complete.`;
  return new APIConnectionError(message, { cause, retryable });
}
