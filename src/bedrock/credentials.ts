import { BadRequestError } from '../errors.ts';

export interface StaticCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const keys = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'] as const;

/** Ways to authenticate that LiteLLM has and this version has not. */
const unbuilt = [
  'api_key',
  'aws_bedrock_client',
  'aws_credentials',
  'aws_external_id',
  'aws_profile_name',
  'aws_role_name',
  'aws_session_name',
  'aws_session_tags',
  'aws_sts_endpoint',
  'aws_web_identity_token',
  'ssl_verify',
] as const;

export const credentialNames: readonly string[] = [...keys, ...unbuilt];

/**
 * The keys that the caller gave, or `undefined` for AWS's default chain (environment, profile, SSO, process, container,
 * instance). A half-given set is a `BadRequestError` that names what is missing.
 */
export function parseCredentials(parameters: Readonly<Record<string, unknown>>): StaticCredentials | undefined {
  for (const name of unbuilt) {
    if (parameters[name] === undefined) continue;
    throw new BadRequestError(
      `${name} is not built yet; give aws_access_key_id and aws_secret_access_key, or nothing for AWS's default chain.`,
      { param: name },
    );
  }
  const [accessKeyId, secretAccessKey, sessionToken] = keys.map((name) => {
    const value = parameters[name];
    if (value === undefined || (typeof value === 'string' && value !== '')) return value;
    throw new BadRequestError(`${name}: expected a string that is not empty.`, { param: name });
  });
  if (accessKeyId === undefined && secretAccessKey === undefined && sessionToken === undefined) return undefined;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const missing = accessKeyId === undefined ? keys[0] : keys[1];
    throw new BadRequestError(`${missing} is missing: keys are given together, or not at all.`, { param: missing });
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}
