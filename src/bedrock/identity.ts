import { readFile } from 'node:fs/promises';
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@smithy/types';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { APIConnectionError, AuthenticationError } from '../errors.ts';
import type { AssumedRole, Credentials, TokenSource, WebIdentity } from './credentials.ts';
import { toAPIError } from './errors.ts';

/** How AWS's token service is reached. */
export interface StsOptions {
  readonly region: string;
  readonly endpoint?: string;
  readonly requestHandler: NodeHttpHandler;
}

/** Both routes, proxies and people who look at CloudTrail see who assumed a role. */
const defaultSessionName = 'bedrock-agents-openai';

/**
 * Credentials → the provider that an AWS client asks before each request. A role is assumed once for all that share the
 * provider, however many ask at once, and again shortly before it expires.
 */
export async function createIdentityProvider(
  credentials: Credentials,
  sts: StsOptions,
): Promise<AwsCredentialIdentity | AwsCredentialIdentityProvider> {
  if (credentials.type === 'given') return credentials.identity;
  const sdk = await import('@aws-sdk/credential-providers');
  const { endpoint, ...rest } = sts;
  const clientConfig = { ...rest, maxAttempts: 3, ...(endpoint !== undefined && { endpoint }) };

  switch (credentials.type) {
    case 'profile':
      return remember(`read the profile ${credentials.name}`, sdk.fromIni({ profile: credentials.name, clientConfig }));
    case 'web-identity':
      return remember(`exchange the web identity token for ${credentials.role}`, async () => {
        const webIdentityToken = await readToken(credentials.token);
        return sdk.fromWebToken({ ...toWebToken(credentials), webIdentityToken, clientConfig })();
      });
    case 'role': {
      const base = credentials.base && (await createIdentityProvider(credentials.base, sts));
      const options = { params: toParams(credentials), clientConfig, ...(base && { masterCredentials: base }) };
      return remember(`assume the role ${credentials.role}`, sdk.fromTemporaryCredentials(options));
    }
  }
}

function toWebToken({ role, sessionName = defaultSessionName }: WebIdentity) {
  return { roleArn: role, roleSessionName: sessionName };
}

function toParams({ role, sessionName = defaultSessionName, externalId, tags }: AssumedRole) {
  return {
    RoleArn: role,
    RoleSessionName: sessionName,
    ...(externalId !== undefined && { ExternalId: externalId }),
    ...(tags && { Tags: tags.map(({ Key, Value }) => ({ Key, Value })) }),
  };
}

async function readToken(source: TokenSource): Promise<string> {
  if ('token' in source) return source.token;
  if ('file' in source) return (await readFile(source.file, 'utf8')).trim();
  const token = process.env[source.environment];
  if (token) return token;
  throw new AuthenticationError(`The environment variable ${source.environment} is not set; it should hold a token.`);
}

/** Refreshed this long before the end, in milliseconds, or a tenth of a shorter life: the SDK asks anew all through it. */
const margin = 5 * 60_000;

function remember(step: string, provide: AwsCredentialIdentityProvider): AwsCredentialIdentityProvider {
  let held: { readonly identity: AwsCredentialIdentity; readonly until: number } | undefined;
  let pending: Promise<AwsCredentialIdentity> | undefined;

  async function refresh(): Promise<AwsCredentialIdentity> {
    try {
      const asked = Date.now();
      const identity = await provide();
      const end = identity.expiration?.getTime() ?? Infinity;
      held = { identity, until: end - Math.min(margin, (end - asked) / 10) };
      return identity;
    } catch (error) {
      throw toFailure(step, error);
    } finally {
      pending = undefined;
    }
  }

  return () => {
    if (held && Date.now() < held.until) return Promise.resolve(held.identity);
    pending ??= refresh();
    return pending;
  };
}

function toFailure(step: string, error: unknown): Error {
  const { message, code, retryable } = toAPIError(error);
  const details = { cause: error, retryable, ...(code !== null && { code }) };
  const sentence = `Could not ${step}: ${message}`;
  return toAPIError(error) instanceof APIConnectionError
    ? new APIConnectionError(sentence, details)
    : new AuthenticationError(sentence, { ...details, retryable: false });
}
