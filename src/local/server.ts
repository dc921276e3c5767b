import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { LocalAgent } from './agent-request.ts';
import { createContainerRuntime } from './container.ts';
import { createEchoAgent, createEchoHarness, createEchoRuntime } from './echo.ts';
import type { LocalHarness } from './harness-request.ts';
import { createListener } from './listener.ts';
import { createFaults } from './faults.ts';
import type { LocalFaults } from './faults.ts';
import { createRoute } from './route.ts';
import type { LocalCall, Services } from './route.ts';
import type { LocalRuntime } from './runtime-request.ts';

/** Where a local Bedrock listens, who answers there, and what goes wrong. */
export interface LocalBedrockOptions {
  /** Any free port if left out. */
  readonly port?: number;
  /** `127.0.0.1` if left out. */
  readonly host?: string;
  /** Agents by `AGENTID/ALIASID`. Left out, an echo answers for every id. */
  readonly agents?: Readonly<Record<string, LocalAgent>>;
  /** AgentCore runtimes by ARN: functions, or the URLs of containers (`http://localhost:8080`). Left out, an echo answers for every ARN. */
  readonly runtimes?: Readonly<Record<string, LocalRuntime | string>>;
  /** AgentCore harnesses by ARN. Left out, an echo answers for every ARN. */
  readonly harnesses?: Readonly<Record<string, LocalHarness>>;
  /** How often a call fails on purpose, and how. */
  readonly faults?: LocalFaults;
  /** Makes the faults the same each time. */
  readonly seed?: number;
  /** Called after every request. */
  readonly onCall?: (call: LocalCall) => void;
}

/** A running local Bedrock. */
export interface LocalBedrock {
  /** The endpoint for an AWS client: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Environment variables that point any AWS SDK here, with placeholder credentials and a region. */
  readonly env: Readonly<Record<string, string>>;
  /** Stops listening and closes open connections. */
  readonly close: () => Promise<void>;
}

/**
 * Starts an HTTP server that answers InvokeAgent, InvokeAgentRuntime and InvokeHarness as AWS does, with agents that are functions.
 * Rejects when the port is taken or an option cannot be.
 */
export async function startLocalBedrock(options: LocalBedrockOptions = {}): Promise<LocalBedrock> {
  const host = options.host ?? '127.0.0.1';
  const route = createRoute({
    findAgent: toFind(options.agents, createEchoAgent),
    findRuntime: toFindRuntime(options.runtimes),
    findHarness: toFind(options.harnesses, createEchoHarness),
    drawFault: createFaults(options.faults ?? {}, options.seed),
    onCall: options.onCall ?? (() => undefined),
  });
  const { server, close } = createListener((incoming, outgoing) => void route(incoming, outgoing));
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
      // No SDK starts without a region; JavaScript's and Java's read the first, Python's the second.
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
    },
    close,
  };
}

function toFind<Answerer>(
  given: Readonly<Record<string, Answerer>> | undefined,
  createEcho: () => Answerer,
): (name: string) => Answerer | undefined {
  if (given) return (name) => (Object.hasOwn(given, name) ? given[name] : undefined);
  const echo = createEcho();
  return () => echo;
}

function toFindRuntime(given: LocalBedrockOptions['runtimes']): Services['findRuntime'] {
  if (!given) {
    const echo = createEchoRuntime();
    return () => echo;
  }
  const runtimes = Object.entries(given).map(([arn, runtime]) => ({
    arn,
    runtime: typeof runtime === 'string' ? createContainerRuntime(runtime) : runtime,
  }));
  return (asked) =>
    runtimes.find(({ arn }) => arn === asked.arn || arn.endsWith(`:${asked.accountId}:runtime/${asked.arn}`))?.runtime;
}
