import { readFile } from 'node:fs/promises';
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@smithy/types';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { APIConnectionError, type APIError, AuthenticationError, Timeout } from '../errors.ts';
import { type AssumedRole, type Credentials, isIdentity, type TokenSource, toSecrets } from './credentials.ts';
import { SharedFailure, statusError, toAPIError } from './errors.ts';

/** How AWS's token service is reached. */
export interface StsOptions {
  readonly region: string;
  readonly endpoint?: string;
  readonly requestHandler: NodeHttpHandler;
}

/** One step on the way to credentials; what it adds to `secrets` stands in no error. */
type Step = (secrets: string[]) => Promise<AwsCredentialIdentity>;

/** People who look at CloudTrail see who assumed a role. */
const defaultSessionName = 'bedrock-agents-openai';

/**
 * Credentials → the provider that an AWS client asks before each request; AWS's default chain where there are none. A
 * role is assumed once for all that share the provider, however many ask at once, and again shortly before it expires.
 */
export async function createIdentityProvider(
  credentials: Credentials | undefined,
  sts: StsOptions,
): Promise<AwsCredentialIdentity | AwsCredentialIdentityProvider> {
  if (!credentials) {
    const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
    const { region, requestHandler } = sts;
    const options = { parentClientConfig: { region: () => Promise.resolve(region), requestHandler } };
    return remember(undefined, async () => forAWhile(await defaultProvider(options)()));
  }
  if (credentials.type === 'given') {
    const { identity } = credentials;
    return typeof identity === 'function'
      ? remember('get an identity from aws_credentials', () => identity())
      : identity;
  }
  const sdk = await import('@aws-sdk/credential-providers');
  const { endpoint, ...rest } = sts;
  const clientConfig = { ...rest, maxAttempts: 3, ...(endpoint !== undefined && { endpoint }) };

  switch (credentials.type) {
    case 'profile': {
      const { name: profile } = credentials;
      // Not `clientConfig`: a profile's SSO has a region and an endpoint of its own.
      const options: Parameters<typeof sdk.fromIni>[0] = {
        profile,
        ignoreCache: true,
        roleAssumer: (masterCredentials, params) =>
          sdk.fromTemporaryCredentials({ masterCredentials, params, clientConfig })(),
        roleAssumerWithWebIdentity: ({ RoleArn: roleArn, RoleSessionName: roleSessionName, WebIdentityToken: token }) =>
          sdk.fromWebToken({ roleArn, roleSessionName, webIdentityToken: token, clientConfig })(),
      };
      return remember(`read the profile ${profile}`, async () => forAWhile(await sdk.fromIni(options)()));
    }
    case 'web-identity': {
      const { role: roleArn, sessionName: roleSessionName = defaultSessionName } = credentials;
      return remember(`exchange the web identity token for ${roleArn}`, async (secrets) => {
        const webIdentityToken = await readToken(credentials.token);
        secrets.push(webIdentityToken);
        return sdk.fromWebToken({ roleArn, roleSessionName, webIdentityToken, clientConfig })();
      });
    }
    case 'role': {
      const base = credentials.base && (await createIdentityProvider(credentials.base, sts));
      return remember(`assume the role ${credentials.role}`, async (secrets) => {
        const masterCredentials = typeof base === 'function' ? await base() : base;
        if (masterCredentials) secrets.push(...toSecrets(masterCredentials));
        const options = {
          params: toParams(credentials),
          clientConfig,
          ...(masterCredentials && { masterCredentials }),
        };
        // A new provider each time: its client would keep the keys that the default chain found first.
        return sdk.fromTemporaryCredentials(options)();
      });
    }
    default:
      return credentials satisfies never;
  }
}

/** Milliseconds for which keys without an end of their own are believed: other tools rewrite the files they stand in. */
const lifeOfKeys = 10 * 60_000;

function forAWhile(identity: AwsCredentialIdentity): AwsCredentialIdentity {
  return { expiration: new Date(Date.now() + lifeOfKeys), ...identity };
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
  if ('environment' in source) {
    const token = process.env[source.environment];
    if (token) return token;
    throw new AuthenticationError(`the environment variable ${source.environment} is not set`);
  }
  const token = await readFile(source.file, 'utf8').catch((cause: unknown) => {
    throw new AuthenticationError(`the file ${source.file} cannot be read`, { cause });
  });
  if (token.trim() === '') throw new AuthenticationError(`the file ${source.file} is empty`);
  return token.trim();
}

/** Refreshed this long before the end, in milliseconds, or a tenth of a shorter life: the SDK asks anew all through it. */
const margin = 5 * 60_000;

/** Milliseconds after which a step is given up, so that one that hangs does not hang every later call. */
const longestStep = 5 * 60_000;

/** Names its step in every failure, but for the default chain's, which says enough. */
function remember(name: string | undefined, step: Step): AwsCredentialIdentityProvider {
  let held: { readonly identity: AwsCredentialIdentity; readonly until: number; readonly end: number } | undefined;
  let pending: Promise<AwsCredentialIdentity> | undefined;

  async function refresh(): Promise<AwsCredentialIdentity> {
    const secrets: string[] = [];
    const asked = Date.now();
    try {
      const identity: unknown = await within(longestStep, step(secrets));
      if (!isIdentity(identity)) throw new AuthenticationError('what came is no identity with keys');
      const end = identity.expiration?.getTime() ?? Infinity;
      held = { identity, end, until: end - Math.min(margin, (end - asked) / 10) };
      return identity;
    } catch (error) {
      throw new SharedFailure(() => toFailure(name, error, secrets));
    }
  }

  return async (asked) => {
    // AWS refused what is held, whatever it says of its own end.
    const isRefused = asked?.['forceRefresh'] === true;
    if (held && !isRefused && Date.now() < held.until) return held.identity;
    // Not in `refresh`: a step that throws at once has ended before there is anything to forget.
    pending ??= refresh().finally(() => (pending = undefined));
    try {
      return await pending;
    } catch (error) {
      // A refresh that failed is tried again by the next call; until the end, what is held is as good as ever.
      if (held && !isRefused && Date.now() < held.end) return held.identity;
      throw error;
    }
  };
}

async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Timeout(`there was no answer for ${milliseconds / 1000} seconds`)),
      milliseconds,
    );
    timer.unref();
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function toFailure(step: string | undefined, thrown: unknown, secrets: readonly string[]): APIError {
  const error = toAPIError(thrown, secrets);
  const { status, message, code, cause, retryable } = error;
  const details = { cause, retryable, ...(code !== null && { code }) };
  // An error with no status and no code is nobody's answer: a function of the caller's threw it.
  const isForeign = error instanceof APIConnectionError && !(cause instanceof Error && 'code' in cause);
  const reason = isForeign ? '; `cause` says why' : `: ${message.replace(/\.$/, '')}`;
  const sentence = step === undefined ? message : `Could not ${step}${reason}.`;
  if (error instanceof APIConnectionError && !isForeign) return new APIConnectionError(sentence, details);
  // A token service in trouble says nothing about who asks.
  if (!isForeign && (status === 408 || status === 429 || status >= 500)) return statusError(status, sentence, details);
  return new AuthenticationError(sentence, { ...details, retryable: false });
}
