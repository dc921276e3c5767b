import type { AwsCredentialIdentityProvider, MiddlewareStack } from '@smithy/types';
import { APIError, AuthenticationError, BadRequestError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { toSecrets } from './credentials.ts';
import { addHeaders } from './middleware.ts';

/** A JWT, or a function that gives one; it is asked for every request, so that no token outlives its time. */
export type ApiKey = string | (() => unknown);

/** Reads `api_key`; throws a `BadRequestError` that does not repeat it. */
export function parseApiKey(value: unknown): ApiKey | undefined {
  if (value == null) return undefined;
  // What it returns is checked when it does.
  if (typeof value === 'function') return value as () => unknown;
  return parseToken(value, 'api_key');
}

/**
 * Has a command travel with the caller's headers, and with the JWT where there is one; without one the client signs.
 * Returns what must stand in no error.
 */
export async function authorize<Input extends object, Output extends object>(
  command: { readonly middlewareStack: MiddlewareStack<Input, Output> },
  client: { readonly config: { readonly credentials: AwsCredentialIdentityProvider } },
  { apiKey, headers }: Connection,
): Promise<readonly string[]> {
  if (apiKey === undefined) {
    addHeaders(command, headers);
    return toSecrets(await client.config.credentials());
  }
  const token = typeof apiKey === 'string' ? apiKey : await askFor(apiKey);
  addHeaders(command, { ...headers, authorization: `Bearer ${token}` });
  return [token];
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
