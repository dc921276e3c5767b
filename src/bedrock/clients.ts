import { createHash } from 'node:crypto';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { BedrockAgentRuntimeClient, InvokeAgentCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import type { BedrockAgentCoreClient, InvokeAgentRuntimeCommand } from '@aws-sdk/client-bedrock-agentcore';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Connection } from './connection.ts';

/** The AWS clients, loaded and made on first use; calls that reach AWS in the same way share one. */
export interface Clients {
  readonly agents: (connection: Connection) => Promise<AgentsClient>;
  readonly agentcore: (connection: Connection) => Promise<AgentCoreClient>;
}

export interface AgentsClient {
  readonly client: Pick<BedrockAgentRuntimeClient, 'send'>;
  readonly InvokeAgentCommand: typeof InvokeAgentCommand;
  readonly region: string;
}

export interface AgentCoreClient {
  readonly client: Pick<BedrockAgentCoreClient, 'send'>;
  readonly InvokeAgentRuntimeCommand: typeof InvokeAgentRuntimeCommand;
  readonly region: string;
}

/** Enough for a proxy with many accounts; the least recently used goes first. */
const mostClients = 64;

export function createClients(): Clients {
  const clients = new Map<string, Promise<unknown>>();
  let handler: Promise<NodeHttpHandler> | undefined;

  async function toConfig({ region, endpoint, credentials }: Connection) {
    handler ??= createHandler();
    return {
      region: region ?? (await findRegion()),
      requestHandler: await handler,
      // The SDK would run a turn twice: retrying is policy, and ours.
      maxAttempts: 1,
      ...(endpoint !== undefined && { endpoint }),
      ...(credentials && { credentials }),
    };
  }

  function remember<T>(service: string, connection: Connection, create: () => Promise<T>): Promise<T> {
    const key = toKey(service, connection);
    // The key holds the service, so what was stored under it is what `create` makes.
    const client = (clients.get(key) as Promise<T> | undefined) ?? create();
    clients.delete(key);
    clients.set(key, client);
    const [oldest] = clients.keys();
    if (oldest !== undefined && clients.size > mostClients) clients.delete(oldest);
    client.catch(() => clients.delete(key));
    return client;
  }

  return {
    agents: (connection) =>
      remember('agents', connection, async () => {
        const [sdk, config] = await Promise.all([
          import('@aws-sdk/client-bedrock-agent-runtime'),
          toConfig(connection),
        ]);
        const { BedrockAgentRuntimeClient, InvokeAgentCommand } = sdk;
        return { client: new BedrockAgentRuntimeClient(config), InvokeAgentCommand, region: config.region };
      }),
    agentcore: (connection) =>
      remember('agentcore', connection, async () => {
        const [sdk, config] = await Promise.all([import('@aws-sdk/client-bedrock-agentcore'), toConfig(connection)]);
        const { BedrockAgentCoreClient, InvokeAgentRuntimeCommand } = sdk;
        return { client: new BedrockAgentCoreClient(config), InvokeAgentRuntimeCommand, region: config.region };
      }),
  };
}

/**
 * HTTP/1.1 for every service: over HTTP/2, the default of the agents client, a reset, an abort and a timeout in
 * mid-stream look like a normal end. And no low cap: a stream holds its socket for as long as it is read.
 */
async function createHandler(): Promise<NodeHttpHandler> {
  const { NodeHttpHandler } = await import('@smithy/node-http-handler');
  return new NodeHttpHandler({
    httpAgent: new HttpAgent({ keepAlive: true }),
    httpsAgent: new HttpsAgent({ keepAlive: true }),
  });
}

async function findRegion(): Promise<string> {
  const { AWS_REGION_NAME, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const region = AWS_REGION_NAME ?? AWS_REGION ?? AWS_DEFAULT_REGION;
  if (region) return region;
  const { loadConfig, NODE_REGION_CONFIG_FILE_OPTIONS, NODE_REGION_CONFIG_OPTIONS } =
    await import('@smithy/core/config');
  const profile = loadConfig({ ...NODE_REGION_CONFIG_OPTIONS, default: 'us-west-2' }, NODE_REGION_CONFIG_FILE_OPTIONS);
  return profile();
}

/** What the SDK reads from the environment when a client is made; a change of it asks for another client. */
const environment = [
  'AWS_REGION_NAME',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_PROFILE',
  'AWS_ACCESS_KEY_ID',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME',
  'AWS_ENDPOINT_URL_BEDROCK_AGENTCORE',
];

/** A hash, so that no secret is kept where a heap dump or a debugger lists keys. */
function toKey(service: string, { region, endpoint, credentials }: Connection): string {
  const parts = [service, region, endpoint, credentials, environment.map((name) => process.env[name])];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}
