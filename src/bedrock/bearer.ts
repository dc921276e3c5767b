import type { AwsCredentialIdentityProvider } from '@smithy/types';
import { APIError, AuthenticationError, BadRequestError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { toSecrets } from './credentials.ts';

/** A JWT, or a function that gives one; it is asked for every request, so that no token outlives its time. */
export type ApiKey = string | (() => unknown);

/** Reads `api_key`; throws a `BadRequestError` that does not repeat it. */
export function parseApiKey(value: unknown): ApiKey | undefined {
  if (value == null) return undefined;
  // What it returns is checked when it does.
  if (typeof value === 'function') return value as () => unknown;
  return parseToken(value, 'api_key');
}

/** How a request is to travel, and what must stand in no error. */
export interface Authorization {
  readonly headers: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/** Clients whose credentials AWS refused. */
const refused = new WeakSet<object>();

/** Has the next call of a client ask for other credentials than those that AWS just refused. */
export function refuse(client: { readonly config: object }): void {
  refused.add(client.config);
}

/** The caller's headers, with the JWT where there is one; without one the client signs. */
export async function authorize(
  client: { readonly config: { readonly credentials: AwsCredentialIdentityProvider } },
  { apiKey, headers }: Connection,
): Promise<Authorization> {
  if (apiKey === undefined) {
    const { config } = client;
    const identity = await config.credentials(refused.has(config) ? { forceRefresh: true } : {});
    refused.delete(config);
    return { headers, secrets: toSecrets(identity) };
  }
  const token = typeof apiKey === 'string' ? apiKey : await askFor(apiKey);
  return { headers: { ...headers, authorization: `Bearer ${token}` }, secrets: [token] };
}

async function askFor(giveToken: () => unknown): Promise<string> {
  let value: unknown;
  try {
    value = await giveToken();
  } catch (cause) {
    if (cause instanceof APIError) throw cause;
    throw new AuthenticationError('The function given as `api_key` failed; `cause` says why.', {
      param: 'api_key',
      cause,
    });
  }
  return parseToken(value, 'What the function given as `api_key` returned');
}

function parseToken(value: unknown, what: string): string {
  if (typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)) return value;
  const came = value === '' ? 'an empty string' : typeof value === 'string' ? 'other characters' : typeof value;
  throw new BadRequestError(
    `${what}: expected a JWT, which is visible ASCII without blanks and line breaks and without "Bearer", got ${came}.`,
    { param: 'api_key' },
  );
}
