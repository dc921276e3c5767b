import { createHash, timingSafeEqual } from 'node:crypto';
import { AuthenticationError, PermissionDeniedError } from '../errors.ts';
import type { KeyConfig } from './config.ts';

/** Who calls; whoever holds the master key, or calls a proxy without keys, may do everything. */
export type Caller = { readonly type: 'master' } | NamedCaller;

/** The holder of a named key. */
export interface NamedCaller extends Omit<KeyConfig, 'key'> {
  readonly type: 'named';
  /** Made of the key, and as secret: what the caller names is told apart by it. */
  readonly scope: string;
}

/** Says who calls. Throws an `AuthenticationError` for a key that is none, or for none where there are some. */
export type Identify = (headers: Headers) => Caller;

/** Knows the keys by their hashes only; with none, everybody is let in, whatever the client sends. */
export function createKeys(masterKey: string | undefined, keys: readonly KeyConfig[]): Identify {
  const known: readonly { readonly hash: Buffer; readonly caller: Caller }[] = [
    ...(masterKey === undefined ? [] : [{ hash: toHash(masterKey), caller: { type: 'master' as const } }]),
    ...keys.map(({ key, ...rest }) => ({
      hash: toHash(key),
      caller: { type: 'named' as const, ...rest, scope: toHash(`scope ${key}`).toString('hex') },
    })),
  ];
  if (known.length === 0) return () => ({ type: 'master' });
  return (headers) => {
    const given = readKey(headers);
    if (given === undefined) {
      throw new AuthenticationError('This proxy needs a key: `Authorization: Bearer …`.', { code: 'missing_api_key' });
    }
    const hash = toHash(given);
    // All of them, and each in constant time: how long it takes says nothing of the keys.
    const found = known.filter((each) => timingSafeEqual(each.hash, hash))[0];
    if (found) return found.caller;
    throw new AuthenticationError('The key is not one of this proxy.', { code: 'invalid_api_key' });
  };
}

/** Throws a `PermissionDeniedError` for a model that is not the caller's. */
export function checkModel(caller: Caller, model: string): void {
  if (mayAsk(caller, model)) return;
  throw new PermissionDeniedError(`Your key is not for the model \`${model}\`.`, { param: 'model', model });
}

/** Whether a model is the caller's; `*` is any. */
export function mayAsk(caller: Caller, model: string): boolean {
  if (caller.type === 'master' || !caller.models) return true;
  return caller.models.includes(model) || caller.models.includes('*');
}

/** LiteLLM's own header first, as there: what stands before a proxy may need `Authorization`. Empty is none. */
function readKey(headers: Headers): string | undefined {
  const own = headers.get('x-litellm-api-key')?.replace(/^bearer +/i, '');
  const bearer = /^bearer +(\S+) *$/i.exec(headers.get('authorization') ?? '')?.[1];
  return [own, bearer, headers.get('api-key')].find(Boolean) ?? undefined;
}

function toHash(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
