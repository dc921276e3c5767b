import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@smithy/types';
import { BadRequestError } from '../errors.ts';

/** Where a call's credentials come from, as the caller said it. */
export type Credentials =
  | { readonly type: 'given'; readonly identity: AwsCredentialIdentity | AwsCredentialIdentityProvider }
  | { readonly type: 'profile'; readonly name: string }
  | WebIdentity
  | AssumedRole;

export interface AssumedRole {
  readonly type: 'role';
  readonly role: string;
  readonly sessionName?: string;
  readonly externalId?: string;
  readonly tags?: readonly SessionTag[];
  /** Who assumes it; AWS's default chain where nobody is named. */
  readonly base?: Credentials;
}

export interface WebIdentity {
  readonly type: 'web-identity';
  readonly role: string;
  readonly sessionName?: string;
  readonly token: TokenSource;
}

/** A token that is not given itself is read again for every refresh: such tokens are replaced while a process runs. */
export type TokenSource = { readonly token: string } | { readonly environment: string } | { readonly file: string };

export interface SessionTag {
  readonly Key: string;
  readonly Value: string;
}

/** Parameters that hold texts, each with the environment variable that stands in for it. */
const texts = {
  aws_access_key_id: undefined,
  aws_secret_access_key: undefined,
  aws_session_token: undefined,
  aws_profile_name: 'AWS_PROFILE_NAME',
  aws_role_name: 'AWS_ROLE_NAME',
  aws_session_name: 'AWS_SESSION_NAME',
  aws_external_id: 'AWS_EXTERNAL_ID',
  aws_web_identity_token: 'AWS_WEB_IDENTITY_TOKEN',
} as const;

type TextName = keyof typeof texts;
type Given = Readonly<Partial<Record<TextName, string>>>;

export const credentialNames: readonly string[] = [...Object.keys(texts), 'aws_credentials', 'aws_session_tags'];

/**
 * How the caller wants to authenticate, or `undefined` for AWS's default chain (environment, profile, SSO, process,
 * container, instance). A web identity goes before a role, a role before a profile, a profile before keys. A half-given
 * set is a `BadRequestError` that names what is missing.
 */
export function parseCredentials(parameters: Readonly<Record<string, unknown>>): Credentials | undefined {
  const given = parseTexts(parameters);
  const { aws_role_name: role, aws_web_identity_token: token, aws_session_name: sessionName } = given;
  const tags = parseTags(parameters['aws_session_tags']);
  const base = parseBase(parameters, given);
  const isGiven = (name: TextName | 'aws_session_tags' | 'aws_credentials') => parameters[name] != null;

  // What the caller gives beats what only the environment names.
  const isBaseGiven = base !== undefined && (base.type === 'given' || isGiven('aws_profile_name'));
  if (token !== undefined && (isGiven('aws_web_identity_token') || (role !== undefined && !isBaseGiven))) {
    if (role === undefined) throw missing('aws_role_name', 'a web identity token is exchanged for a role');
    const unused = (['aws_credentials', 'aws_external_id', 'aws_session_tags'] as const).find(isGiven);
    if (unused)
      throw new BadRequestError(`${unused} goes with no web identity token; leave it out.`, { param: unused });
    return {
      type: 'web-identity',
      role,
      token: toTokenSource(token),
      ...(sessionName !== undefined && { sessionName }),
    };
  }
  if (role === undefined) {
    const ofRole = (['aws_external_id', 'aws_session_name', 'aws_session_tags'] as const).find(isGiven);
    if (ofRole) throw missing('aws_role_name', `${ofRole} says how to assume a role`);
    return base;
  }
  return {
    type: 'role',
    role,
    ...(sessionName !== undefined && { sessionName }),
    ...(given.aws_external_id !== undefined && { externalId: given.aws_external_id }),
    ...(tags && { tags }),
    ...(base && { base }),
  };
}

/** Who calls, or who assumes the role. What the caller gives beats what only the environment names. */
function parseBase(parameters: Readonly<Record<string, unknown>>, given: Given): Credentials | undefined {
  const own = parseOwn(parameters['aws_credentials']);
  const keys = parseKeys(given);
  const profile = given.aws_profile_name;
  const isChosen = parameters['aws_profile_name'] != null;
  if (own && (keys || isChosen)) {
    throw new BadRequestError('aws_credentials: give these, or keys, or a profile.', { param: 'aws_credentials' });
  }
  if (profile !== undefined && (isChosen || !(own ?? keys))) return { type: 'profile', name: profile };
  return own ?? keys;
}

/** What no error may repeat of an identity: AWS's own errors may quote what was sent. */
export function toSecrets({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentialIdentity): readonly string[] {
  return [accessKeyId, secretAccessKey, sessionToken ?? ''];
}

function parseTexts(parameters: Readonly<Record<string, unknown>>): Given {
  const given: Partial<Record<TextName, string>> = {};
  // The keys of a literal, which TypeScript widens.
  for (const name of Object.keys(texts) as TextName[]) {
    const variable = texts[name];
    const value = parameters[name] ?? (variable === undefined ? undefined : process.env[variable] || undefined);
    if (value === undefined) continue;
    if (typeof value !== 'string' || value === '') {
      throw new BadRequestError(`${name}: expected a string that is not empty.`, { param: name });
    }
    given[name] = value;
  }
  return given;
}

function parseKeys(given: Given): Credentials | undefined {
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey, aws_session_token: token } = given;
  if (accessKeyId === undefined && secretAccessKey === undefined && token === undefined) return undefined;
  if (accessKeyId === undefined) throw missing('aws_access_key_id', 'keys are given together');
  if (secretAccessKey === undefined) throw missing('aws_secret_access_key', 'keys are given together');
  return {
    type: 'given',
    identity: { accessKeyId, secretAccessKey, ...(token !== undefined && { sessionToken: token }) },
  };
}

function parseOwn(own: unknown): Credentials | undefined {
  if (own == null) return undefined;
  // What a provider returns is checked when it does.
  if (typeof own === 'function') return { type: 'given', identity: own as AwsCredentialIdentityProvider };
  if (isIdentity(own)) {
    // Its own fields only: the caller's object may hold anything else.
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = own;
    return {
      type: 'given',
      identity: {
        accessKeyId,
        secretAccessKey,
        ...(sessionToken && { sessionToken }),
        ...(expiration && { expiration }),
      },
    };
  }
  throw new BadRequestError('aws_credentials: expected an identity of the AWS SDK or a function that returns one.', {
    param: 'aws_credentials',
  });
}

/** Whether a value is keys that the AWS SDK can sign with. */
export function isIdentity(value: unknown): value is AwsCredentialIdentity {
  if (typeof value !== 'object' || value === null) return false;
  const { accessKeyId, secretAccessKey, sessionToken }: Partial<Record<keyof AwsCredentialIdentity, unknown>> = value;
  const isToken = sessionToken == null || typeof sessionToken === 'string';
  return typeof accessKeyId === 'string' && typeof secretAccessKey === 'string' && isToken;
}

function parseTags(tags: unknown): readonly SessionTag[] | undefined {
  if (tags === undefined) return undefined;
  const isTag = (tag: unknown): tag is SessionTag => {
    const { Key, Value } = Object(tag) as Partial<Record<string, unknown>>;
    return typeof Key === 'string' && typeof Value === 'string';
  };
  if (Array.isArray(tags) && tags.every(isTag)) return tags;
  throw new BadRequestError('aws_session_tags: expected a list of { Key, Value }, both strings.', {
    param: 'aws_session_tags',
  });
}

const reference = 'os.environ/';

function toTokenSource(token: string): TokenSource {
  if (token.startsWith(reference)) return { environment: token.slice(reference.length) };
  if (token.startsWith('oidc/')) {
    throw new BadRequestError('aws_web_identity_token: references of the form oidc/… are not built yet.', {
      param: 'aws_web_identity_token',
    });
  }
  // A token may have a slash, so a path is what looks like nothing else.
  return isAbsolute(token) || /^\.{1,2}[/\\]/.test(token) || existsSync(token) ? { file: token } : { token };
}

function missing(param: string, why: string): BadRequestError {
  return new BadRequestError(`${param} is missing: ${why}.`, { param });
}
