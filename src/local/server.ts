import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LocalAgent } from './agent-request.ts';
import { createEchoAgent, createEchoRuntime } from './echo.ts';
import { sendException } from './exceptions.ts';
import { invokeAgent } from './invoke-agent.ts';
import { invokeRuntime } from './invoke-runtime.ts';
import type { LocalRuntime } from './runtime-request.ts';

/** Where a local Bedrock listens and who answers there. With neither `agents` nor `runtimes`, every id and ARN is answered by an echo. */
export interface LocalBedrockOptions {
  /** Any free port if left out. */
  readonly port?: number;
  /** `127.0.0.1` if left out. */
  readonly host?: string;
  /** Agents by `AGENTID/ALIASID`. */
  readonly agents?: Readonly<Record<string, LocalAgent>>;
  /** AgentCore runtimes by ARN. */
  readonly runtimes?: Readonly<Record<string, LocalRuntime>>;
}

/** A running local Bedrock. */
export interface LocalBedrock {
  /** The endpoint for an AWS client: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Environment variables that point any AWS SDK here, with placeholder credentials. */
  readonly env: Readonly<Record<string, string>>;
  /** Stops listening and closes open connections. */
  readonly close: () => Promise<void>;
}

/**
 * Starts an HTTP/1.1 server that answers InvokeAgent and InvokeAgentRuntime as AWS does, with agents that are functions.
 * Rejects when the port is taken. AWS's JavaScript client for agents speaks HTTP/2 unless told
 * `requestHandler: new NodeHttpHandler()`; no other client needs that.
 */
export async function startLocalBedrock(options: LocalBedrockOptions = {}): Promise<LocalBedrock> {
  const host = options.host ?? '127.0.0.1';
  const route = createRoute(options);
  const server = createServer((incoming, outgoing) => void route(incoming, outgoing));
  server.listen(options.port ?? 0, host);
  await once(server, 'listening');

  // `listen` on a host and port gives an address object; only pipes have a string.
  const { port } = server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    url,
    env: {
      AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME: url,
      AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: url,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const agentPath = /^\/agents\/([^/]+)\/agentAliases\/([^/]+)\/sessions\/([^/]+)\/text$/;
const runtimePath = /^\/runtimes\/([^/]+)\/invocations$/;

function createRoute(
  options: LocalBedrockOptions,
): (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> {
  const nothingGiven = options.agents === undefined && options.runtimes === undefined;
  const findAgent = nothingGiven ? always(createEchoAgent()) : among(options.agents ?? {});
  const findRuntime = nothingGiven ? always(createEchoRuntime()) : among(options.runtimes ?? {});

  return async (incoming, outgoing) => {
    const requestId = randomUUID();
    outgoing.setHeader('x-amzn-requestid', requestId);
    const [path = '', query = ''] = (incoming.url ?? '').split('?');
    const agent = parseLabels(agentPath, path);
    const runtime = parseLabels(runtimePath, path);
    if (incoming.method === 'POST' && agent) {
      const [agentId = '', agentAliasId = '', sessionId = ''] = agent;
      await invokeAgent(incoming, outgoing, { agentId, agentAliasId, sessionId, requestId }, findAgent);
    } else if (incoming.method === 'POST' && runtime) {
      const [arn = ''] = runtime;
      const qualifier = new URLSearchParams(query).get('qualifier') ?? 'DEFAULT';
      await invokeRuntime(incoming, outgoing, { arn, qualifier }, findRuntime);
    } else {
      sendException(outgoing, 404, 'UnknownOperationException', 'The local Bedrock does not know this operation.');
    }
  };
}

function always<Answer>(answer: Answer): () => Answer {
  return () => answer;
}

function among<Answer>(answers: Readonly<Record<string, Answer>>): (name: string) => Answer | undefined {
  return (name) => (Object.hasOwn(answers, name) ? answers[name] : undefined);
}

function parseLabels(pattern: RegExp, path: string): readonly string[] | undefined {
  try {
    return pattern.exec(path)?.slice(1).map(decodeURIComponent);
  } catch {
    // A broken escape like `%zz`: no operation has such a path.
    return undefined;
  }
}
