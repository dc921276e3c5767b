import type { BedrockAgentRuntimeClient, InvokeAgentCommandInput } from '@aws-sdk/client-bedrock-agent-runtime';
import type {
  BedrockAgentCoreClient,
  InvokeAgentRuntimeCommandInput,
  InvokeHarnessCommandInput,
  StopRuntimeSessionCommandInput,
} from '@aws-sdk/client-bedrock-agentcore';
import { createCache } from './cache.ts';
import type { Connection } from './connection.ts';
import type { Credentials } from './credentials.ts';
import { createIdentityProvider } from './identity.ts';
import { createSender, type Send } from './send.ts';
import { createHandler, post, type PostRequest, type PostResponse } from './transport.ts';

/** The AWS clients, loaded and made on first use; calls that reach AWS in the same way share one. */
export interface Clients {
  readonly agents: (connection: Connection) => Promise<AgentsClient>;
  readonly agentcore: (connection: Connection) => Promise<AgentCoreClient>;
  /** What they send with, for what is not AWS. */
  readonly post: (connection: Connection, request: PostRequest) => Promise<PostResponse>;
}

export interface AgentsClient {
  readonly client: Pick<BedrockAgentRuntimeClient, 'config'>;
  readonly invokeAgent: Send<InvokeAgentCommandInput>;
  readonly region: string;
}

export interface AgentCoreClient {
  readonly client: Pick<BedrockAgentCoreClient, 'config'>;
  readonly invokeRuntime: Send<InvokeAgentRuntimeCommandInput>;
  readonly invokeHarness: Send<InvokeHarnessCommandInput>;
  readonly stopSession: Send<StopRuntimeSessionCommandInput>;
  readonly region: string;
}

/** Enough for a proxy with many accounts. */
const most = 64;

export function createClients(): Clients {
  const clients = createCache(most);
  // Of their own, so that a role is assumed once for both services and every region.
  const identities = createCache(most);
  const handlers = createCache(most);

  const handler = ({ sslVerify }: Connection) => handlers.get([sslVerify], () => createHandler(sslVerify));

  async function toConfig(connection: Connection) {
    const { endpoint, credentials, apiKey, stsEndpoint, sslVerify } = connection;
    const region = connection.region ?? (await findRegion(toProfile(credentials)));
    const requestHandler = await handler(connection);
    const config = {
      region,
      requestHandler,
      // The SDK would run a turn twice: retrying is policy, and ours.
      maxAttempts: 1,
      ...(endpoint !== undefined && { endpoint }),
    };
    // Signs nothing and asks nobody for credentials: what authorizes such a request is put on by `authorize`.
    if (apiKey !== undefined) return { ...config, httpAuthSchemes: [] };
    const stsRegion = regionOf(stsEndpoint) ?? region;
    const sts = { region: stsRegion, requestHandler, ...(stsEndpoint !== undefined && { endpoint: stsEndpoint }) };
    const identity = await identities.get([credentials, stsEndpoint, sslVerify, toEnvironment()], () =>
      createIdentityProvider(credentials, sts),
    );
    return { ...config, credentials: identity };
  }

  return {
    agents: (connection) =>
      clients.get(['agents', ...toKey(connection)], async () => {
        const [sdk, config] = await Promise.all([
          import('@aws-sdk/client-bedrock-agent-runtime'),
          toConfig(connection),
        ]);
        const { BedrockAgentRuntimeClient, InvokeAgentCommand } = sdk;
        const client = new BedrockAgentRuntimeClient(config);
        const toSend = createSender(client);
        return { client, invokeAgent: toSend(InvokeAgentCommand), region: config.region };
      }),
    agentcore: (connection) =>
      clients.get(['agentcore', ...toKey(connection)], async () => {
        const [sdk, config] = await Promise.all([import('@aws-sdk/client-bedrock-agentcore'), toConfig(connection)]);
        const client = new sdk.BedrockAgentCoreClient(config);
        const toSend = createSender(client);
        return {
          client,
          invokeRuntime: toSend(sdk.InvokeAgentRuntimeCommand),
          invokeHarness: toSend(sdk.InvokeHarnessCommand),
          stopSession: toSend(sdk.StopRuntimeSessionCommand),
          region: config.region,
        };
      }),
    post: async (connection, request) => post(await handler(connection), request),
  };
}

async function findRegion(profile: string | undefined): Promise<string> {
  const { AWS_REGION_NAME, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  // An empty variable is none.
  const region = AWS_REGION_NAME || AWS_REGION || AWS_DEFAULT_REGION;
  if (region) return region;
  const { loadConfig, NODE_REGION_CONFIG_FILE_OPTIONS, NODE_REGION_CONFIG_OPTIONS } =
    await import('@smithy/core/config');
  const selectors = {
    ...NODE_REGION_CONFIG_OPTIONS,
    environmentVariableSelector: () => undefined,
    default: 'us-west-2',
  };
  return loadConfig(selectors, { ...NODE_REGION_CONFIG_FILE_OPTIONS, ...(profile !== undefined && { profile }) })();
}

/** A regional endpoint of the token service takes only signatures for its own region. */
function regionOf(stsEndpoint: string | undefined): string | undefined {
  return /^https:\/\/sts(?:-fips)?\.([a-z]+(?:-[a-z0-9]+)+)\.amazonaws\./.exec(stsEndpoint ?? '')?.[1];
}

/** The profile that credentials come from, at whatever remove. */
function toProfile(credentials: Credentials | undefined): string | undefined {
  if (credentials?.type === 'role') return toProfile(credentials.base);
  return credentials?.type === 'profile' ? credentials.name : undefined;
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

function toKey({ region, endpoint, credentials, apiKey, stsEndpoint, sslVerify }: Connection): readonly unknown[] {
  return [region, endpoint, credentials, apiKey === undefined, stsEndpoint, sslVerify, toEnvironment()];
}

function toEnvironment(): readonly unknown[] {
  return environment.map((name) => process.env[name]);
}
