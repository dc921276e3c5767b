import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { inspect, promisify } from 'node:util';
import type { AwsCredentialIdentity } from '@smithy/types';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  APIConnectionError,
  APIError,
  AuthenticationError,
  BadRequestError,
  bedrock,
  type Completion,
  completion as sharedCompletion,
  createCompletion,
  Timeout,
} from '../../src/index.ts';
import { chunk } from '../support/frames.ts';
import { serve } from '../support/loopback.ts';
import { agentModel, runtimeArn, runtimeModel } from '../support/models.ts';
import { hang, issue, refuse, serveSts, type Signature, toSignature } from '../support/sts.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

const aws = await serve((response, { url }) => {
  response.setHeader('date', new Date().toUTCString());
  if (url.startsWith('/agents/')) {
    response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
    response.end(chunk('Hello'));
  } else {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ result: 'Hello' }));
  }
});

const folder = await mkdtemp(join(tmpdir(), 'credentials-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
let file = 0;

/** Writes a file of its own: the SDK remembers what it read from a path. */
async function write(text: string, end = 'txt'): Promise<string> {
  const path = join(folder, `${++file}.${end}`);
  await writeFile(path, text);
  return path;
}

/** Has AWS's shared files hold these profiles. */
async function writeProfiles({ config = '', credentials = '' }: { config?: string; credentials?: string }) {
  vi.stubEnv('AWS_CONFIG_FILE', await write(config, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', await write(credentials, 'credentials'));
}

/** A `credential_process` that prints this and counts its runs in a file. */
async function writeProcess(output: object) {
  const json = await write(JSON.stringify(output), 'json');
  const log = await write('');
  const script = await write(`echo run >> '${log}'\ncat '${json}'\n`, 'sh');
  return { command: `/bin/sh ${script}`, runs: async () => (await readFile(log, 'utf8')).split('run').length - 1 };
}

/** Leaves no credentials in the environment. */
function clearKeys(): void {
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
}

const environment = [
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_REGION_NAME',
  'AWS_PROFILE_NAME',
  'AWS_ROLE_NAME',
  'AWS_SESSION_NAME',
  'AWS_EXTERNAL_ID',
  'AWS_WEB_IDENTITY_TOKEN',
  'AWS_STS_ENDPOINT',
  'AWS_ROLE_ARN',
  'AWS_ROLE_SESSION_NAME',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_STS',
  'SSL_VERIFY',
];

beforeEach(() => {
  aws.received.splice(0);
  for (const name of environment) vi.stubEnv(name, undefined);
  // Not the files of whoever runs this.
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'no-config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'no-credentials'));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const role = 'arn:aws:iam::123456789012:role/agents';
const keys = { aws_access_key_id: 'AKIDEXAMPLE', aws_secret_access_key: 'secret-EXAMPLE-KEY' };
const messages = [{ role: 'user' as const, content: 'Hi' }];

/** A `completion()` that shares no client with another test. */
const fresh = () => createCompletion(bedrock());

/** Asks an agent that answers "Hello". */
async function ask(parameters: object, completion: Completion = fresh()): Promise<void> {
  const { choices } = await completion({
    model: agentModel,
    messages,
    api_base: aws.url,
    ...parameters,
    stream: false,
  });
  expect(choices[0]?.message.content).toBe('Hello');
}

/** Asks, and says who signed the request. */
async function signed(parameters: object, completion?: Completion): Promise<Signature> {
  await ask(parameters, completion);
  return lastSignature();
}

function lastSignature(): Signature {
  const signature = toSignature(aws.received.at(-1)?.headers ?? {});
  expect(signature).toBeDefined();
  return signature as Signature;
}

async function failure(parameters: object, completion?: Completion): Promise<APIError> {
  const thrown: unknown = await ask(parameters, completion).then(
    () => expect.unreachable('the call succeeded'),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(APIError);
  return thrown as APIError;
}

/** Everything that a log may write of an error and its causes. */
function logged(error: unknown): string {
  const texts: string[] = [];
  for (let link: unknown = error; link instanceof Error; link = link.cause) {
    texts.push(link.message, link.stack ?? '', JSON.stringify(link));
    texts.push(inspect(Object.getOwnPropertyNames(link).map((name) => Reflect.get(link as object, name) as unknown)));
  }
  return [...texts, inspect(error, { depth: Infinity })].join('\n');
}

function expectNothingOf(error: unknown, secrets: readonly string[]): void {
  const text = logged(error);
  for (const secret of secrets) expect(text.includes(secret), `${secret} in ${text}`).toBe(false);
}

describe('keys', () => {
  it('signs with the keys that are given, for both services', async () => {
    expect(await signed(keys)).toEqual({
      keyId: 'AKIDEXAMPLE',
      region: 'us-west-2',
      service: 'bedrock',
      token: undefined,
    });
    expect(await signed({ ...keys, model: runtimeModel })).toEqual({
      keyId: 'AKIDEXAMPLE',
      region: 'us-west-2',
      service: 'bedrock-agentcore',
      token: undefined,
    });
  });

  it('sends the session token that is given', async () => {
    const parameters = { ...keys, aws_session_token: 'session-EXAMPLE' };
    expect(await signed(parameters)).toMatchObject({ keyId: 'AKIDEXAMPLE', token: 'session-EXAMPLE' });
    expect(await signed({ ...parameters, model: runtimeModel })).toMatchObject({ token: 'session-EXAMPLE' });
  });

  it('prefers given keys to those of the environment, whose session token is not mixed with them', async () => {
    vi.stubEnv('AWS_SESSION_TOKEN', 'of-the-environment');
    expect(await signed(keys)).toMatchObject({ keyId: 'AKIDEXAMPLE', token: undefined });
  });

  it('keeps callers with different keys apart in one process', async () => {
    const completion = fresh();
    for (const keyId of ['AKIDONE', 'AKIDTWO', 'AKIDONE']) {
      expect(await signed({ ...keys, aws_access_key_id: keyId }, completion)).toMatchObject({ keyId });
    }
    expect(await signed({ ...keys, aws_session_token: 'one' }, completion)).toMatchObject({ token: 'one' });
    expect(await signed({ ...keys, aws_session_token: 'two' }, completion)).toMatchObject({ token: 'two' });
  });

  it('takes null for not given', async () => {
    const nothing = {
      aws_access_key_id: null,
      aws_secret_access_key: null,
      aws_role_name: null,
      aws_credentials: null,
    };
    expect(await signed(nothing)).toMatchObject({ keyId: 'AKIDTEST' });
  });

  it('takes keys as defaults of bedrock(), which a call may replace', async () => {
    const completion = createCompletion(bedrock(keys));
    expect(await signed({}, completion)).toMatchObject({ keyId: 'AKIDEXAMPLE' });
    const other = { aws_access_key_id: 'AKIDOTHER', aws_secret_access_key: 'other-secret' };
    expect(await signed(other, completion)).toMatchObject({ keyId: 'AKIDOTHER' });
  });

  it('are one whole: a call that gives keys takes no token and no profile from the defaults', async () => {
    const other = { aws_access_key_id: 'AKIDOTHER', aws_secret_access_key: 'other-secret' };
    const session = createCompletion(bedrock({ ...keys, aws_session_token: 'default-token', region_name: null }));
    expect(await signed(other, session)).toMatchObject({ keyId: 'AKIDOTHER', token: undefined });
    const profile = createCompletion(bedrock({ aws_profile_name: 'nobody' }));
    expect(await signed(other, profile)).toMatchObject({ keyId: 'AKIDOTHER' });
    expect(await failure({ aws_access_key_id: 'AKIDOTHER' }, session)).toMatchObject({
      param: 'aws_secret_access_key',
    });
  });
});

describe('the region', () => {
  it.each<{ from: string; env?: Record<string, string>; parameters?: object; region: string }>([
    { from: 'nowhere: us-west-2', region: 'us-west-2' },
    { from: 'aws_region_name', parameters: { aws_region_name: 'eu-west-1' }, region: 'eu-west-1' },
    { from: 'region_name', parameters: { region_name: 'eu-west-2' }, region: 'eu-west-2' },
    {
      from: 'aws_region_name before every variable',
      parameters: { aws_region_name: 'eu-west-1' },
      env: { AWS_REGION_NAME: 'eu-north-1', AWS_REGION: 'eu-south-1', AWS_DEFAULT_REGION: 'eu-central-1' },
      region: 'eu-west-1',
    },
    {
      from: 'AWS_REGION_NAME before AWS_REGION',
      env: { AWS_REGION_NAME: 'eu-north-1', AWS_REGION: 'eu-south-1', AWS_DEFAULT_REGION: 'eu-central-1' },
      region: 'eu-north-1',
    },
    {
      from: 'AWS_REGION before AWS_DEFAULT_REGION',
      env: { AWS_REGION: 'eu-south-1', AWS_DEFAULT_REGION: 'eu-central-1' },
      region: 'eu-south-1',
    },
    { from: 'AWS_DEFAULT_REGION', env: { AWS_DEFAULT_REGION: 'eu-central-1' }, region: 'eu-central-1' },
    {
      from: 'the next variable where one is empty',
      env: { AWS_REGION_NAME: '', AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-central-1' },
      region: 'eu-central-1',
    },
    {
      from: 'nowhere where all variables are empty: us-west-2',
      env: { AWS_REGION_NAME: '', AWS_REGION: '', AWS_DEFAULT_REGION: '' },
      region: 'us-west-2',
    },
  ])('is taken from $from', async ({ env = {}, parameters = {}, region }) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    expect(await signed({ ...keys, ...parameters })).toMatchObject({ region });
  });

  it('is the region of the profile that AWS_PROFILE names, after the environment', async () => {
    await writeProfiles({ config: '[profile work]\nregion = ap-south-1\n' });
    vi.stubEnv('AWS_PROFILE', 'work');
    expect(await signed(keys)).toMatchObject({ region: 'ap-south-1' });
    vi.stubEnv('AWS_REGION', 'eu-south-1');
    expect(await signed(keys)).toMatchObject({ region: 'eu-south-1' });
  });

  it('is the region of the default profile', async () => {
    await writeProfiles({ config: '[default]\nregion = ap-south-2\n' });
    expect(await signed(keys)).toMatchObject({ region: 'ap-south-2' });
  });

  it('is the region of the profile that aws_profile_name names, unless the caller names one', async () => {
    await writeProfiles({
      config: '[profile work]\nregion = ap-south-1\n',
      credentials: '[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = work-secret\n',
    });
    expect(await signed({ aws_profile_name: 'work' })).toMatchObject({ keyId: 'AKIDWORK', region: 'ap-south-1' });
    const named = { aws_profile_name: 'work', aws_region_name: 'eu-west-1' };
    expect(await signed(named)).toMatchObject({ keyId: 'AKIDWORK', region: 'eu-west-1' });
  });

  it('is the environment’s before that of a profile, also of one that aws_profile_name names', async () => {
    await writeProfiles({
      config: '[profile work]\nregion = ap-south-1\n',
      credentials: '[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = work-secret\n',
    });
    vi.stubEnv('AWS_REGION', 'eu-south-1');
    expect(await signed({ aws_profile_name: 'work' })).toMatchObject({ keyId: 'AKIDWORK', region: 'eu-south-1' });
  });

  it('is the region of a base profile too', async () => {
    const sts = await serveSts();
    await writeProfiles({
      config: '[profile work]\nregion = ap-south-1\n',
      credentials: '[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = work-secret\n',
    });
    const parameters = { aws_profile_name: 'work', aws_role_name: role, aws_sts_endpoint: sts.url };
    expect(await signed(parameters)).toMatchObject({ keyId: 'ASIA1', region: 'ap-south-1' });
  });

  it('is the region of the ARN, whatever the environment or a profile says', async () => {
    await writeProfiles({
      config: '[profile work]\nregion = ap-south-1\n',
      credentials: '[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = work-secret\n',
    });
    vi.stubEnv('AWS_REGION', 'eu-south-1');
    const model = `bedrock/agentcore/${runtimeArn.replace('us-west-2', 'sa-east-1')}`;
    expect(await signed({ ...keys, model })).toMatchObject({ region: 'sa-east-1' });
    expect(await signed({ aws_profile_name: 'work', model })).toMatchObject({ region: 'sa-east-1' });
    const error = await failure({ ...keys, model, aws_region_name: 'us-west-2' });
    expect(error).toMatchObject({ status: 400, param: 'aws_region_name' });
    expect(error.message).toContain('sa-east-1');
  });

  it('that is no region is a 400', async () => {
    const error = await failure({ ...keys, aws_region_name: 'evil.example/' });
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.param).toBe('aws_region_name');
    expect(aws.received).toEqual([]);
  });
});

describe('a profile', () => {
  const base = '[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = base-secret\n';

  it('brings its keys', async () => {
    await writeProfiles({ credentials: `${base}aws_session_token = base-token\n` });
    expect(await signed({ aws_profile_name: 'base' })).toMatchObject({ keyId: 'AKIDBASE', token: 'base-token' });
    expect(await signed({ aws_profile_name: 'base', model: runtimeModel })).toMatchObject({ keyId: 'AKIDBASE' });
  });

  it('is named by AWS_PROFILE_NAME too', async () => {
    await writeProfiles({ credentials: base });
    vi.stubEnv('AWS_PROFILE_NAME', 'base');
    expect(await signed({})).toMatchObject({ keyId: 'AKIDBASE' });
  });

  it('that only the environment names gives way to keys that the caller gives', async () => {
    await writeProfiles({ credentials: base });
    vi.stubEnv('AWS_PROFILE_NAME', 'base');
    expect(await signed(keys)).toMatchObject({ keyId: 'AKIDEXAMPLE' });
  });

  it('assumes the role it names, once, with its source profile at the given token service', async () => {
    const sts = await serveSts();
    await writeProfiles({
      config: `[profile work]\nrole_arn = ${role}\nsource_profile = base\nexternal_id = id-1\nrole_session_name = me\n`,
      credentials: base,
    });
    const completion = fresh();
    const parameters = { aws_profile_name: 'work', aws_sts_endpoint: sts.url };
    expect(await signed(parameters, completion)).toMatchObject({ keyId: 'ASIA1', token: 'role-token-1' });
    expect(await signed(parameters, completion)).toMatchObject({ keyId: 'ASIA1' });
    expect(await signed({ ...parameters, model: runtimeModel }, completion)).toMatchObject({ keyId: 'ASIA1' });
    expect(sts.calls).toHaveLength(1);
    expect(sts.calls[0]).toMatchObject({
      action: 'AssumeRole',
      form: { RoleArn: role, RoleSessionName: 'me', ExternalId: 'id-1' },
      signature: { keyId: 'AKIDBASE', service: 'sts' },
    });
  });

  it('runs its credential_process once', async () => {
    const process = await writeProcess({
      Version: 1,
      AccessKeyId: 'AKIDPROCESS',
      SecretAccessKey: 'process-secret',
      SessionToken: 'process-token',
      Expiration: new Date(Date.now() + 3600_000).toISOString(),
    });
    await writeProfiles({ config: `[profile work]\ncredential_process = ${process.command}\n` });
    const completion = fresh();
    for (const model of [agentModel, runtimeModel, agentModel]) {
      expect(await signed({ aws_profile_name: 'work', model }, completion)).toMatchObject({
        keyId: 'AKIDPROCESS',
        token: 'process-token',
      });
    }
    expect(await process.runs()).toBe(1);
  });

  it('that does not exist is a 401 that names the step and the profile', async () => {
    await writeProfiles({ credentials: base });
    const error = await failure({ aws_profile_name: 'nobody' });
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ status: 401, model: agentModel });
    expect(error.message).toMatch(/^Could not read the profile nobody: /);
    expectNothingOf(error, ['base-secret']);
    expect(aws.received).toEqual([]);
  });

  it('whose process fails is a 401 that repeats neither its command nor what it wrote', async () => {
    const script = await write(`echo printed-SECRET\necho complained-SECRET >&2\nexit 3\n`, 'sh');
    await writeProfiles({ config: `[profile work]\ncredential_process = /bin/sh ${script} --token argued-SECRET\n` });
    for (const how of ['parameter', 'default chain']) {
      if (how === 'default chain') {
        clearKeys();
        vi.stubEnv('AWS_PROFILE', 'work');
      }
      const error = await failure(how === 'parameter' ? { aws_profile_name: 'work' } : {});
      expect(error).toBeInstanceOf(AuthenticationError);
      if (how === 'parameter') expect(error.message).toMatch(/^Could not read the profile work: /);
      expectNothingOf(error, ['printed-SECRET', 'complained-SECRET', 'argued-SECRET']);
    }
  });

  it('whose process prints no JSON is a 401 that does not repeat what it printed', async () => {
    const script = await write('echo printed-SECRET\n', 'sh');
    await writeProfiles({ config: `[profile work]\ncredential_process = /bin/sh ${script}\n` });
    const error = await failure({ aws_profile_name: 'work' });
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.message).toMatch(/^Could not read the profile work: .*credential_process/);
    expectNothingOf(error, ['printed-SECRET']);
  });

  it('whose role is refused is a 401 that names the profile', async () => {
    const sts = await serveSts(() => refuse(403, 'AccessDenied', 'Not authorized to perform: sts:AssumeRole'));
    await writeProfiles({
      config: `[profile work]\nrole_arn = ${role}\nsource_profile = base\n`,
      credentials: base,
    });
    const error = await failure({ aws_profile_name: 'work', aws_sts_endpoint: sts.url });
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: 'AccessDenied' });
    expect(error.message).toMatch(/^Could not read the profile work: .*sts:AssumeRole/);
    expectNothingOf(error, ['base-secret']);
  });
});

describe('SSO', () => {
  const settings = 'sso_account_id = 123456789012\nsso_role_name = Developer\n';
  const url = 'https://example.awsapps.com/start';

  it.each([
    ['of the old form', `[profile work]\nsso_start_url = ${url}\nsso_region = eu-central-1\n${settings}`, url],
    [
      'with a session',
      `[profile work]\nsso_session = corp\n${settings}\n[sso-session corp]\nsso_region = eu-central-1\nsso_start_url = ${url}\n`,
      'corp',
    ],
  ])('is asked at its own endpoint, with the token of `aws sso login`: a profile %s', async (_, config, key) => {
    const portal = await serve((response) => {
      const identity = { accessKeyId: 'AKIDSSO', secretAccessKey: 'sso-secret', sessionToken: 'sso-token' };
      response.end(JSON.stringify({ roleCredentials: { ...identity, expiration: Date.now() + 3600_000 } }));
    });
    const sts = await serveSts();
    await writeProfiles({ config });
    await mkdir(join(folder, '.aws/sso/cache'), { recursive: true });
    const name = createHash('sha1').update(key).digest('hex');
    const expiresAt = new Date(Date.now() + 3600_000).toISOString();
    const token = { accessToken: 'login-token', expiresAt, startUrl: url, region: 'eu-central-1' };
    await writeFile(join(folder, '.aws/sso/cache', `${name}.json`), JSON.stringify(token));
    vi.stubEnv('HOME', folder);
    vi.stubEnv('AWS_ENDPOINT_URL_SSO', portal.url);
    // The token service has nothing to do with it, wherever it is.
    const signature = await signed({ aws_profile_name: 'work', aws_sts_endpoint: sts.url });
    expect(signature).toMatchObject({ keyId: 'AKIDSSO', token: 'sso-token' });
    expect(portal.received[0]?.headers['x-amz-sso_bearer_token']).toBe('login-token');
    expect(sts.calls).toEqual([]);
  });
});

describe('a role', () => {
  it('is assumed with the given keys, session name, external id and tags, and with no policy of ours', async () => {
    const sts = await serveSts();
    const signature = await signed({
      ...keys,
      aws_session_token: 'session-EXAMPLE',
      aws_role_name: role,
      aws_session_name: 'support-desk',
      aws_external_id: 'external-1',
      aws_session_tags: [
        { Key: 'tenant', Value: 'acme' },
        { Key: 'stage', Value: '' },
      ],
      aws_sts_endpoint: sts.url,
    });
    expect(signature).toMatchObject({ keyId: 'ASIA1', token: 'role-token-1', service: 'bedrock' });
    expect(sts.calls).toHaveLength(1);
    expect(sts.calls[0]?.signature).toMatchObject({ keyId: 'AKIDEXAMPLE', token: 'session-EXAMPLE', service: 'sts' });
    // All of it: no Policy, no PolicyArns, nothing of the agent's request.
    expect(sts.calls[0]?.form).toEqual({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: role,
      RoleSessionName: 'support-desk',
      ExternalId: 'external-1',
      'Tags.member.1.Key': 'tenant',
      'Tags.member.1.Value': 'acme',
      'Tags.member.2.Key': 'stage',
      'Tags.member.2.Value': '',
    });
  });

  it('alone is assumed with AWS’s default chain and a session name that says who we are', async () => {
    const sts = await serveSts();
    expect(await signed({ aws_role_name: role, aws_sts_endpoint: sts.url })).toMatchObject({ keyId: 'ASIA1' });
    expect(sts.calls[0]?.form).toEqual({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: role,
      RoleSessionName: 'bedrock-agents-openai',
    });
    expect(sts.calls[0]?.signature).toMatchObject({ keyId: 'AKIDTEST' });
  });

  it('is assumed with a base profile', async () => {
    const sts = await serveSts();
    await writeProfiles({ credentials: '[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = base-secret\n' });
    const parameters = { aws_profile_name: 'base', aws_role_name: role, aws_sts_endpoint: sts.url };
    expect(await signed(parameters)).toMatchObject({ keyId: 'ASIA1' });
    expect(sts.calls[0]?.signature).toMatchObject({ keyId: 'AKIDBASE' });
  });

  it('is assumed with aws_credentials, or refused beside them, but never left out in silence', async () => {
    const sts = await serveSts();
    const own = { accessKeyId: 'AKIDOWN', secretAccessKey: 'own-secret' };
    const parameters = { aws_credentials: own, aws_role_name: role, aws_sts_endpoint: sts.url };
    const thrown: unknown = await ask(parameters).catch((error: unknown) => error);
    if (thrown === undefined) {
      expect(lastSignature()).toMatchObject({ keyId: 'ASIA1' });
      expect(sts.calls[0]?.signature).toMatchObject({ keyId: 'AKIDOWN' });
    } else {
      expect(thrown).toBeInstanceOf(BadRequestError);
    }
  });

  it('takes its name, session name, external id and token service from the environment', async () => {
    const sts = await serveSts();
    vi.stubEnv('AWS_ROLE_NAME', role);
    vi.stubEnv('AWS_SESSION_NAME', 'of-the-environment');
    vi.stubEnv('AWS_EXTERNAL_ID', 'external-2');
    vi.stubEnv('AWS_STS_ENDPOINT', sts.url);
    expect(await signed({})).toMatchObject({ keyId: 'ASIA1' });
    expect(sts.calls[0]?.form).toMatchObject({
      RoleArn: role,
      RoleSessionName: 'of-the-environment',
      ExternalId: 'external-2',
    });
    // What the caller says goes before.
    const other = `${role}-2`;
    await ask({ aws_role_name: other, aws_session_name: 'mine' });
    expect(sts.calls[1]?.form).toMatchObject({
      RoleArn: other,
      RoleSessionName: 'mine',
      ExternalId: 'external-2',
    });
  });

  it('is assumed where AWS_ENDPOINT_URL_STS says, unless the caller says otherwise', async () => {
    const [sts, other] = [await serveSts(), await serveSts()];
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
    await ask({ ...keys, aws_role_name: role });
    await ask({ aws_web_identity_token: 'a.web.token', aws_role_name: role });
    expect(sts.calls.map(({ action }) => action)).toEqual(['AssumeRole', 'AssumeRoleWithWebIdentity']);
    await ask({ ...keys, aws_role_name: role, aws_sts_endpoint: other.url });
    expect(other.calls).toHaveLength(1);
    expect(sts.calls).toHaveLength(2);
  });

  it('is assumed anew with the keys that the environment has by then', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const sts = await serveSts();
    const completion = fresh();
    await ask({ aws_role_name: role, aws_sts_endpoint: sts.url }, completion);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDROTATED');
    vi.setSystemTime(Date.now() + 2 * 3600_000);
    await ask({ aws_role_name: role, aws_sts_endpoint: sts.url }, completion);
    expect(sts.calls.map(({ signature }) => signature?.keyId)).toEqual(['AKIDTEST', 'AKIDROTATED']);
  });

  it('needs no role for what only the environment says of one', async () => {
    vi.stubEnv('AWS_SESSION_NAME', 'of-the-environment');
    vi.stubEnv('AWS_EXTERNAL_ID', 'external-2');
    expect(await signed({})).toMatchObject({ keyId: 'AKIDTEST' });
  });

  it('takes an empty variable for none', async () => {
    for (const name of ['AWS_ROLE_NAME', 'AWS_PROFILE_NAME', 'AWS_WEB_IDENTITY_TOKEN', 'AWS_STS_ENDPOINT']) {
      vi.stubEnv(name, '');
    }
    expect(await signed({})).toMatchObject({ keyId: 'AKIDTEST' });
  });

  it('is assumed once for a hundred calls at once', async () => {
    const sts = await serveSts();
    const completion = fresh();
    const parameters = { ...keys, aws_role_name: role, aws_sts_endpoint: sts.url };
    await Promise.all(Array.from({ length: 100 }, () => ask(parameters, completion)));
    expect(aws.received).toHaveLength(100);
    for (const { headers } of aws.received) expect(toSignature(headers)?.keyId).toBe('ASIA1');
    await ask(parameters, completion);
    expect(sts.calls).toHaveLength(1);
  });

  it('is assumed once for both services and several regions at once', async () => {
    const sts = await serveSts();
    const completion = fresh();
    const parameters = { ...keys, aws_role_name: role, aws_sts_endpoint: sts.url };
    const regions = ['us-west-2', 'eu-west-1', 'ap-south-1'];
    await Promise.all(
      regions.flatMap((region) => [
        ask({ ...parameters, aws_region_name: region }, completion),
        ask({ ...parameters, model: `bedrock/agentcore/${runtimeArn.replace('us-west-2', region)}` }, completion),
      ]),
    );
    const scopes = aws.received.map(({ headers }) => toSignature(headers));
    expect(new Set(scopes.map((scope) => `${scope?.service} ${scope?.region}`)).size).toBe(6);
    expect(new Set(scopes.map((scope) => scope?.keyId))).toEqual(new Set(['ASIA1']));
    expect(sts.calls).toHaveLength(1);
  });

  it('is assumed apart for callers who differ in anything that AWS sees', async () => {
    const sts = await serveSts();
    const completion = fresh();
    const parameters = { ...keys, aws_role_name: role, aws_sts_endpoint: sts.url };
    const differences: object[] = [
      {},
      { aws_role_name: `${role}-2` },
      { aws_session_name: 'other' },
      { aws_external_id: 'other' },
      { aws_session_tags: [{ Key: 'tenant', Value: 'acme' }] },
      { aws_session_tags: [{ Key: 'tenant', Value: 'other' }] },
      { aws_access_key_id: 'AKIDOTHER' },
    ];
    const seen = new Set<string>();
    for (const difference of [...differences, ...differences]) {
      seen.add((await signed({ ...parameters, ...difference }, completion)).keyId);
    }
    expect(seen.size).toBe(differences.length);
    expect(sts.calls).toHaveLength(differences.length);
  });

  it('is assumed once by the completion() that is exported, stream or not', async () => {
    const sts = await serveSts();
    const parameters = { ...keys, aws_role_name: role, aws_sts_endpoint: sts.url };
    await ask(parameters, sharedCompletion);
    const stream = await sharedCompletion({
      model: agentModel,
      messages,
      api_base: aws.url,
      ...parameters,
      stream: true,
    });
    await stream.finalChatCompletion();
    expect(lastSignature().keyId).toBe('ASIA1');
    expect(sts.calls).toHaveLength(1);
  });
});

describe('a refresh', () => {
  const parameters = (sts: { readonly url: string }) => {
    return { ...keys, aws_role_name: role, aws_sts_endpoint: sts.url };
  };

  it('comes before the end of a short life, and not once per call', async () => {
    const sts = await serveSts((_, number) => issue(number === 1 ? 1.5 : 3600));
    const completion = fresh();
    const begin = Date.now();
    for (let index = 0; index < 5; index++) await ask(parameters(sts), completion);
    if (Date.now() - begin < 1200) expect(sts.calls).toHaveLength(1);
    // A tenth of the life is left, and whoever asks now must not sign with what is about to end.
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, begin + 1400 - Date.now())));
    expect(await signed(parameters(sts), completion)).toMatchObject({ keyId: 'ASIA2', token: 'role-token-2' });
    await Promise.all(Array.from({ length: 20 }, () => ask(parameters(sts), completion)));
    expect(sts.calls).toHaveLength(2);
  });

  it('comes in the last five minutes of an hour, once for all', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const sts = await serveSts();
    const completion = fresh();
    const begin = Date.now();
    await ask(parameters(sts), completion);
    vi.setSystemTime(begin + 54 * 60_000);
    expect(await signed(parameters(sts), completion)).toMatchObject({ keyId: 'ASIA1' });
    vi.setSystemTime(begin + 56 * 60_000);
    await Promise.all(Array.from({ length: 50 }, () => ask(parameters(sts), completion)));
    expect(lastSignature().keyId).toBe('ASIA2');
    await ask({ ...parameters(sts), model: runtimeModel }, completion);
    expect(lastSignature().keyId).toBe('ASIA2');
    expect(sts.calls).toHaveLength(2);
  });

  it('that fails before the end fails no call: what is held is good until then', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    let isDown = false;
    const sts = await serveSts(() => (isDown ? refuse(400, 'MalformedPolicy', 'No.') : issue()));
    const completion = fresh();
    const begin = Date.now();
    await ask(parameters(sts), completion);
    isDown = true;
    vi.setSystemTime(begin + 56 * 60_000);
    expect(await signed(parameters(sts), completion)).toMatchObject({ keyId: 'ASIA1' });
    vi.setSystemTime(begin + 61 * 60_000);
    expect(await failure(parameters(sts), completion)).toBeInstanceOf(AuthenticationError);
    isDown = false;
    expect(await signed(parameters(sts), completion)).toMatchObject({ keyId: `ASIA${sts.calls.length}` });
  });

  it('comes after the end, where nobody asked before it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const sts = await serveSts();
    const completion = fresh();
    await ask(parameters(sts), completion);
    vi.setSystemTime(Date.now() + 3 * 3600_000);
    await Promise.all(Array.from({ length: 50 }, () => ask(parameters(sts), completion)));
    for (const { headers } of aws.received.slice(1)) expect(toSignature(headers)?.keyId).toBe('ASIA2');
    expect(sts.calls).toHaveLength(2);
  });

  it('is not once per call where every life is shorter than five minutes', async () => {
    const sts = await serveSts(() => issue(240));
    const completion = fresh();
    for (let index = 0; index < 4; index++) await ask(parameters(sts), completion);
    expect(sts.calls).toHaveLength(1);
  });

  it('that fails says so, and the next call tries again', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const sts = await serveSts((_, number) =>
      number === 2 ? refuse(403, 'AccessDenied', 'The role is no longer yours.') : issue(),
    );
    const completion = fresh();
    await ask(parameters(sts), completion);
    vi.setSystemTime(Date.now() + 3 * 3600_000);
    const error = await failure(parameters(sts), completion);
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.message).toBe(`Could not assume the role ${role}: The role is no longer yours.`);
    expect(await signed(parameters(sts), completion)).toMatchObject({ keyId: 'ASIA3' });
  });

  it('that fails the first time is not remembered', async () => {
    const sts = await serveSts((_, number) => (number === 1 ? refuse(403, 'AccessDenied', 'Not yet.') : issue()));
    const completion = fresh();
    expect((await failure(parameters(sts), completion)).message).toContain('Not yet.');
    expect(await signed(parameters(sts), completion)).toMatchObject({ keyId: 'ASIA2' });
  });

  it('of a profile runs its process again when the life is over', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const process = await writeProcess({
      Version: 1,
      AccessKeyId: 'AKIDPROCESS',
      SecretAccessKey: 'process-secret',
      Expiration: new Date(Date.now() + 24 * 3600_000).toISOString(),
    });
    await writeProfiles({ config: `[profile work]\ncredential_process = ${process.command}\n` });
    const completion = fresh();
    await ask({ aws_profile_name: 'work' }, completion);
    vi.setSystemTime(Date.now() + 23.95 * 3600_000);
    await ask({ aws_profile_name: 'work' }, completion);
    expect(await process.runs()).toBe(2);
  });
});

describe('a web identity', () => {
  const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl-SECRET';

  it('is exchanged for a role, unsigned and with no policy of ours', async () => {
    const sts = await serveSts();
    const completion = fresh();
    const parameters = {
      aws_web_identity_token: token,
      aws_role_name: role,
      aws_session_name: 'build-17',
      aws_sts_endpoint: sts.url,
    };
    expect(await signed(parameters, completion)).toMatchObject({ keyId: 'ASIA1', token: 'role-token-1' });
    await Promise.all(Array.from({ length: 20 }, () => ask(parameters, completion)));
    await ask({ ...parameters, model: runtimeModel }, completion);
    expect(sts.calls).toHaveLength(1);
    expect(sts.calls[0]).toEqual({
      action: 'AssumeRoleWithWebIdentity',
      signature: undefined,
      form: {
        Action: 'AssumeRoleWithWebIdentity',
        Version: '2011-06-15',
        RoleArn: role,
        RoleSessionName: 'build-17',
        WebIdentityToken: token,
      },
    });
  });

  it('needs no keys and no session name', async () => {
    clearKeys();
    const sts = await serveSts();
    const parameters = { aws_web_identity_token: token, aws_role_name: role, aws_sts_endpoint: sts.url };
    expect(await signed(parameters)).toMatchObject({ keyId: 'ASIA1' });
    expect(sts.calls[0]?.form['RoleSessionName']).toBe('bedrock-agents-openai');
  });

  it('is read from the variable that os.environ/NAME names, again for each refresh', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const sts = await serveSts();
    vi.stubEnv('CI_JOB_JWT', 'first-token');
    const completion = fresh();
    const parameters = {
      aws_web_identity_token: 'os.environ/CI_JOB_JWT',
      aws_role_name: role,
      aws_sts_endpoint: sts.url,
    };
    await ask(parameters, completion);
    vi.stubEnv('CI_JOB_JWT', 'second-token');
    await ask(parameters, completion);
    vi.setSystemTime(Date.now() + 2 * 3600_000);
    await ask(parameters, completion);
    expect(sts.calls.map(({ form }) => form['WebIdentityToken'])).toEqual(['first-token', 'second-token']);
  });

  it('is read from a file, again for each refresh', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const sts = await serveSts();
    const path = await write('first-token\n');
    const completion = fresh();
    const parameters = { aws_web_identity_token: path, aws_role_name: role, aws_sts_endpoint: sts.url };
    await ask(parameters, completion);
    await writeFile(path, 'second-token\n');
    await ask(parameters, completion);
    vi.setSystemTime(Date.now() + 2 * 3600_000);
    await ask(parameters, completion);
    expect(sts.calls.map(({ form }) => form['WebIdentityToken'])).toEqual(['first-token', 'second-token']);
  });

  it('is taken from AWS_WEB_IDENTITY_TOKEN, with a role from the environment', async () => {
    const sts = await serveSts();
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN', token);
    vi.stubEnv('AWS_ROLE_NAME', role);
    vi.stubEnv('AWS_STS_ENDPOINT', sts.url);
    expect(await signed({})).toMatchObject({ keyId: 'ASIA1' });
    expect(sts.calls[0]?.form).toMatchObject({ WebIdentityToken: token, RoleArn: role });
  });

  it('that only the environment holds, and no role, does not stand in the way of keys that the caller gives', async () => {
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN', token);
    expect(await signed(keys)).toMatchObject({ keyId: 'AKIDEXAMPLE' });
  });

  it.each([
    ['keys', { ...keys }, 'AKIDEXAMPLE'],
    ['aws_credentials', { aws_credentials: { accessKeyId: 'AKIDOWN', secretAccessKey: 'own-secret' } }, 'AKIDOWN'],
  ])(
    'that only the environment holds, with a role, does not replace %s that the caller gives',
    async (_, own, keyId) => {
      const sts = await serveSts();
      vi.stubEnv('AWS_WEB_IDENTITY_TOKEN', token);
      vi.stubEnv('AWS_ROLE_NAME', role);
      vi.stubEnv('AWS_STS_ENDPOINT', sts.url);
      await ask(own);
      // Who signs in the end, or who asks for the role in the environment: in both cases the caller's own keys.
      expect([lastSignature().keyId, ...sts.calls.map(({ signature }) => signature?.keyId)]).toContain(keyId);
    },
  );

  it.each([
    ['aws_external_id', 'id-1'],
    ['aws_session_tags', [{ Key: 'tenant', Value: 'acme' }]],
  ])('refuses %s, which AWS does not take with a token, instead of leaving it out in silence', async (param, value) => {
    const sts = await serveSts();
    const parameters = { aws_web_identity_token: token, aws_role_name: role, aws_sts_endpoint: sts.url };
    const error = await failure({ ...parameters, [param]: value });
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.param).toBe(param);
  });

  it('without a role is a 400 that names the role', async () => {
    const error = await failure({ aws_web_identity_token: token });
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, param: 'aws_role_name' });
    expect(error.message).toMatch(/^aws_role_name is missing/);
    expectNothingOf(error, [token]);
  });

  it.each([
    ['given', () => Promise.resolve(token)],
    ['in a file', () => write(`${token}\n`)],
    [
      'in a variable',
      () => {
        vi.stubEnv('CI_JOB_JWT', token);
        return Promise.resolve('os.environ/CI_JOB_JWT');
      },
    ],
  ])('that was %s and is refused is a 401 that names the step, without the token that AWS quotes', async (_, place) => {
    const sts = await serveSts(() =>
      refuse(400, 'InvalidIdentityToken', `The token ${token} is not one of ours; expected another audience.`),
    );
    const error = await failure({
      aws_web_identity_token: await place(),
      aws_role_name: role,
      aws_sts_endpoint: sts.url,
    });
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.status).toBe(401);
    expect(error.code).toMatch(/^InvalidIdentityToken/);
    expect(error.message).toMatch(
      /^Could not exchange the web identity token for arn:aws:iam::123456789012:role\/agents: /,
    );
    expect(error.message).toContain('expected another audience');
    expectNothingOf(error, [token]);
  });

  it('whose variable is not set is a 401 that names the step and the variable', async () => {
    const error = await failure({ aws_web_identity_token: 'os.environ/NOT_SET_HERE', aws_role_name: role });
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.message).toMatch(/^Could not exchange the web identity token for .*NOT_SET_HERE/);
  });

  it('may have a slash, and is never repeated', async () => {
    const sts = await serveSts(() => refuse(400, 'InvalidIdentityToken', 'The token is not valid.'));
    const token = 'SECRETpart/abc+def==';
    const parameters = { aws_web_identity_token: token, aws_role_name: role, aws_sts_endpoint: sts.url };
    const error = await failure(parameters);
    expect(sts.calls[0]?.form['WebIdentityToken']).toBe(token);
    expect(error.message).not.toContain('SECRETpart');
  });

  it('by a reference of LiteLLM is a 400, and in an empty file a 401 that says so', async () => {
    const oidc = await failure({ aws_web_identity_token: 'oidc/github/aud', aws_role_name: role });
    expect(oidc).toMatchObject({ status: 400, param: 'aws_web_identity_token' });
    const path = join(folder, 'empty-token');
    await writeFile(path, '\n');
    const empty = await failure({ aws_web_identity_token: path, aws_role_name: role });
    expect(empty.message).toMatch(/^Could not exchange the web identity token for .* is empty\.$/);
  });

  it('whose file cannot be read is a 401 that names the step and the file', async () => {
    const path = join(folder, 'no-such-token');
    const error = await failure({ aws_web_identity_token: path, aws_role_name: role });
    expect(error.message).toMatch(/^Could not exchange the web identity token for /);
    expect(error.message).toContain(path);
    expect(error.message).not.toMatch(/connection/i);
    expect(error).toBeInstanceOf(AuthenticationError);
  });
});

describe('AWS’s default chain', () => {
  beforeEach(clearKeys);

  it('takes keys from the environment', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDENV');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'env-secret');
    vi.stubEnv('AWS_SESSION_TOKEN', 'env-token');
    const expected = { keyId: 'AKIDENV', token: 'env-token' };
    expect(await signed({})).toMatchObject(expected);
    expect(await signed({ model: runtimeModel })).toMatchObject(expected);
  });

  it('takes the default profile, and the one that AWS_PROFILE names', async () => {
    await writeProfiles({
      credentials:
        '[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = s\n' +
        '[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = s\n',
    });
    const completion = fresh();
    expect(await signed({}, completion)).toMatchObject({ keyId: 'AKIDDEFAULT' });
    vi.stubEnv('AWS_PROFILE', 'work');
    expect(await signed({}, completion)).toMatchObject({ keyId: 'AKIDWORK' });
  });

  it('takes a process', async () => {
    const process = await writeProcess({ Version: 1, AccessKeyId: 'AKIDPROCESS', SecretAccessKey: 'process-secret' });
    await writeProfiles({ config: `[default]\ncredential_process = ${process.command}\n` });
    const completion = fresh();
    expect(await signed({}, completion)).toMatchObject({ keyId: 'AKIDPROCESS' });
    await ask({}, completion);
    expect(await process.runs()).toBe(1);
  });

  it('takes a container’s endpoint, once for many calls', async () => {
    const container = await serve((response) => {
      response.end(
        JSON.stringify({
          AccessKeyId: 'ASIACONTAINER',
          SecretAccessKey: 'container-secret',
          Token: 'container-token',
          Expiration: new Date(Date.now() + 3600_000).toISOString(),
        }),
      );
    });
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${container.url}/role`);
    vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN', 'container-authorization');
    const completion = fresh();
    await Promise.all(Array.from({ length: 20 }, () => ask({}, completion)));
    expect(lastSignature()).toMatchObject({ keyId: 'ASIACONTAINER', token: 'container-token' });
    expect(container.received).toHaveLength(1);
    expect(container.received[0]).toMatchObject({
      url: '/role',
      headers: { authorization: 'container-authorization' },
    });
  });

  it('takes the web identity of AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN', async () => {
    const sts = await serveSts();
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', await write('cluster-token'));
    vi.stubEnv('AWS_ROLE_ARN', role);
    vi.stubEnv('AWS_ROLE_SESSION_NAME', 'pod');
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
    const completion = fresh();
    await Promise.all(Array.from({ length: 20 }, () => ask({}, completion)));
    expect(lastSignature()).toMatchObject({ keyId: 'ASIA1', token: 'role-token-1' });
    expect(sts.calls).toHaveLength(1);
    expect(sts.calls[0]).toMatchObject({
      action: 'AssumeRoleWithWebIdentity',
      form: { RoleArn: role, RoleSessionName: 'pod', WebIdentityToken: 'cluster-token' },
    });
  });

  it('that finds nothing is a 401 that says what to pass', async () => {
    const error = await failure({});
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.status).toBe(401);
    expect(error.message).toMatch(/^Unable to locate credentials.*aws_access_key_id/);
    expect(aws.received).toEqual([]);
  });

  it('that finds nothing to assume a role with is a 401 that names the step', async () => {
    const sts = await serveSts();
    const error = await failure({ aws_role_name: role, aws_sts_endpoint: sts.url });
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.message).toMatch(/^Could not assume the role arn:aws:iam::123456789012:role\/agents: /);
    expect(sts.calls).toEqual([]);
  });

  it('that found nothing is asked again by the next call', async () => {
    const completion = fresh();
    await failure({}, completion);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDENV');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'env-secret');
    expect(await signed({}, completion)).toMatchObject({ keyId: 'AKIDENV' });
  });

  it('takes no bearer token and no endpoint that are for models', async () => {
    const models = await serve((response) => response.end());
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDENV');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'env-secret');
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', 'bedrock-api-key-SECRET');
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK_AGENTCORE', 'bedrock-api-key-SECRET');
    vi.stubEnv('AWS_BEDROCK_RUNTIME_ENDPOINT', models.url);
    vi.stubEnv('AWS_ENDPOINT_URL', aws.url);
    for (const model of [agentModel, runtimeModel]) {
      expect(await signed({ model, api_base: undefined })).toMatchObject({ keyId: 'AKIDENV' });
      expect(JSON.stringify(aws.received)).not.toContain('bedrock-api-key-SECRET');
    }
    expect(models.received).toEqual([]);
  });
});

describe('aws_credentials', () => {
  it('may be an identity of the AWS SDK', async () => {
    const identity = { accessKeyId: 'AKIDOWN', secretAccessKey: 'own-secret', sessionToken: 'own-token' };
    expect(await signed({ aws_credentials: identity })).toMatchObject({ keyId: 'AKIDOWN', token: 'own-token' });
    expect(await signed({ aws_credentials: identity, model: runtimeModel })).toMatchObject({ keyId: 'AKIDOWN' });
  });

  it('keeps identities apart', async () => {
    const completion = fresh();
    for (const accessKeyId of ['AKIDONE', 'AKIDTWO']) {
      const identity = { accessKeyId, secretAccessKey: 'own-secret' };
      expect(await signed({ aws_credentials: identity }, completion)).toMatchObject({ keyId: accessKeyId });
    }
  });

  it('goes before keys and profiles of the environment', async () => {
    vi.stubEnv('AWS_PROFILE_NAME', 'nobody');
    const identity = { accessKeyId: 'AKIDOWN', secretAccessKey: 'own-secret' };
    expect(await signed({ aws_credentials: identity })).toMatchObject({ keyId: 'AKIDOWN' });
  });

  it('leaves an error message whole where the session token is empty', async () => {
    const refusing = await serve((response) => {
      response.writeHead(404, { 'content-type': 'application/json', 'x-amzn-errortype': 'ResourceNotFoundException' });
      response.end(JSON.stringify({ message: 'No such agent.' }));
    });
    const identity = { accessKeyId: 'AKIDOWN', secretAccessKey: 'own-secret', sessionToken: '' };
    const error = await failure({ aws_credentials: identity, api_base: refusing.url });
    expect(error.message).toBe('No such agent.');
  });

  /** A provider that counts how often it is asked. */
  function createProvider(seconds?: number) {
    const provider = vi.fn((): Promise<AwsCredentialIdentity> =>
      Promise.resolve({
        accessKeyId: `AKIDOWN${provider.mock.calls.length}`,
        secretAccessKey: 'own-secret',
        ...(seconds !== undefined && { expiration: new Date(Date.now() + seconds * 1000) }),
      }),
    );
    return provider;
  }

  it('may be a function, which is asked once where its answer has no end', async () => {
    const provider = createProvider();
    const completion = fresh();
    await Promise.all(Array.from({ length: 20 }, () => ask({ aws_credentials: provider }, completion)));
    expect(await signed({ aws_credentials: provider }, completion)).toMatchObject({ keyId: 'AKIDOWN1' });
    expect(provider).toHaveBeenCalledTimes(1);
  });

  it('as a function is asked once for both services and several regions', async () => {
    const provider = createProvider(3600);
    const completion = fresh();
    const parameters = { aws_credentials: provider };
    await ask(parameters, completion);
    await ask({ ...parameters, model: runtimeModel }, completion);
    await ask({ ...parameters, aws_region_name: 'eu-west-1' }, completion);
    expect(provider).toHaveBeenCalledTimes(1);
  });

  it('as a function is asked once per life, and again for the next', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const provider = createProvider(3600);
    const completion = fresh();
    for (let index = 0; index < 3; index++) await ask({ aws_credentials: provider }, completion);
    expect(provider).toHaveBeenCalledTimes(1);
    vi.setSystemTime(Date.now() + 2 * 3600_000);
    await Promise.all(Array.from({ length: 20 }, () => ask({ aws_credentials: provider }, completion)));
    expect(lastSignature().keyId).toBe('AKIDOWN2');
    expect(provider).toHaveBeenCalledTimes(2);
  });

  it('as a function is not asked once per call where a life is shorter than five minutes', async () => {
    const provider = createProvider(240);
    const completion = fresh();
    for (let index = 0; index < 4; index++) await ask({ aws_credentials: provider }, completion);
    expect(provider).toHaveBeenCalledTimes(1);
  });

  it('as a function that fails is a 401 that names the parameter, and the next call asks again', async () => {
    const provider = createProvider();
    provider.mockRejectedValueOnce(new Error('The vault is sealed.'));
    const completion = fresh();
    const error = await failure({ aws_credentials: provider }, completion);
    expect(await signed({ aws_credentials: provider }, completion)).toMatchObject({ keyId: 'AKIDOWN2' });
    expect(error.message).toContain('aws_credentials');
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.message).not.toContain('AWS failed');
    expect(inspect(error.cause)).toContain('The vault is sealed.');
  });

  it.each([
    ['nothing', undefined],
    ['an identity without a secret', { accessKeyId: 'AKIDOWN' }],
    ['a text', 'own-secret'],
  ])('as a function that returns %s is a 401 that names the parameter', async (_, returned) => {
    const error = await failure({ aws_credentials: () => Promise.resolve(returned) });
    expect(error.message).toContain('aws_credentials');
    expect(error).toBeInstanceOf(AuthenticationError);
    expectNothingOf(error, ['own-secret']);
    expect(aws.received).toEqual([]);
  });
});

describe('a set that is half given', () => {
  it.each<[string, object, string]>([
    ['a key without its secret', { aws_access_key_id: 'AKIDEXAMPLE' }, 'aws_secret_access_key'],
    ['a secret without its key', { aws_secret_access_key: 'secret-EXAMPLE' }, 'aws_access_key_id'],
    ['a session token alone', { aws_session_token: 'session-EXAMPLE' }, 'aws_access_key_id'],
    [
      'a key and a session token',
      { aws_access_key_id: 'AKIDEXAMPLE', aws_session_token: 'session-EXAMPLE' },
      'aws_secret_access_key',
    ],
    ['a session name without a role', { ...keys, aws_session_name: 'me' }, 'aws_role_name'],
    ['an external id without a role', { ...keys, aws_external_id: 'id-1' }, 'aws_role_name'],
    ['tags without a role', { ...keys, aws_session_tags: [{ Key: 'a', Value: 'b' }] }, 'aws_role_name'],
    ['a web identity without a role', { aws_web_identity_token: 'token-EXAMPLE' }, 'aws_role_name'],
    [
      'half a pair of keys beside a role',
      { aws_access_key_id: 'AKIDEXAMPLE', aws_role_name: role },
      'aws_secret_access_key',
    ],
  ])('(%s) is a 400 that names what is missing', async (_, parameters, missing) => {
    for (const model of [agentModel, runtimeModel]) {
      const error = await failure({ ...parameters, model });
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error).toMatchObject({ status: 400, param: missing, model });
      expect(error.message).toContain(`${missing} is missing`);
      expectNothingOf(error, ['EXAMPLE-KEY', 'secret-EXAMPLE', 'session-EXAMPLE', 'token-EXAMPLE']);
    }
    expect(aws.received).toEqual([]);
  });
});

describe('a wrong type', () => {
  it.each<[string, unknown]>([
    ['aws_access_key_id', 17],
    ['aws_secret_access_key', { secret: 'hidden-SECRET' }],
    ['aws_session_token', ['hidden-SECRET']],
    ['aws_region_name', 5],
    ['region_name', {}],
    ['aws_profile_name', true],
    ['aws_role_name', 1],
    ['aws_session_name', false],
    ['aws_external_id', 12],
    ['aws_web_identity_token', { token: 'hidden-SECRET' }],
    ['aws_sts_endpoint', 443],
    ['aws_sts_endpoint', 'sts.example'],
    ['aws_role_name', ''],
    ['aws_access_key_id', ''],
    ['aws_session_tags', { Key: 'a', Value: 'b' }],
    ['aws_session_tags', [{ Key: 'a' }]],
    ['aws_session_tags', [{ Key: 'a', Value: 1 }]],
    ['aws_session_tags', [null]],
    ['aws_credentials', 'hidden-SECRET'],
    ['aws_credentials', 5],
    ['aws_credentials', { accessKeyId: 'AKID' }],
    ['aws_credentials', { accessKeyId: 'AKID', secretAccessKey: 5 }],
    ['aws_credentials', { accessKeyId: 'AKID', secretAccessKey: 'hidden-SECRET', sessionToken: 5 }],
    ['ssl_verify', 1],
    ['ssl_verify', {}],
    ['ssl_verify', '/no/such/bundle.pem'],
  ])('of %s (%j) is a 400 that names it and does not repeat it', async (param, value) => {
    const error = await failure({ ...keys, aws_role_name: role, [param]: value });
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.param).toBe(param);
    expect(error.message).toContain(param);
    expectNothingOf(error, ['hidden-SECRET']);
    expect(aws.received).toEqual([]);
  });
});

describe('a role that cannot be assumed', () => {
  const given = { ...keys, aws_session_token: 'session-SECRET', aws_secret_access_key: 'key-SECRET' };

  it('is a 401 with AWS’s reason and code, the step and no secret', async () => {
    const sts = await serveSts(() =>
      refuse(403, 'AccessDenied', 'User: arn:aws:iam::1:user/me is not authorized to perform: sts:AssumeRole'),
    );
    for (const model of [agentModel, runtimeModel]) {
      const error = await failure({ ...given, model, aws_role_name: role, aws_sts_endpoint: sts.url });
      expect(error).toBeInstanceOf(AuthenticationError);
      expect(error).toMatchObject({ status: 401, code: 'AccessDenied', model, llm_provider: 'bedrock' });
      expect(error.message).toMatch(/^Could not assume the role arn:aws:iam::123456789012:role\/agents: User: /);
      expect(error.cause).toMatchObject({ name: 'AccessDenied' });
      expectNothingOf(error, ['session-SECRET', 'key-SECRET']);
    }
    expect(aws.received).toEqual([]);
  });

  it('holds nothing of the request that AWS quotes when it refuses the signature, in message, stack or cause', async () => {
    const sts = await serveSts(() =>
      refuse(
        403,
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided.\n\n' +
          "The Canonical String for this request should have been\n'POST\n/\n\nx-amz-security-token:session-SECRET\n'",
      ),
    );
    const error = await failure({ ...given, aws_role_name: role, aws_sts_endpoint: sts.url });
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.message).toMatch(/^Could not assume the role .*does not match the signature you provided\.$/);
    expectNothingOf(error, ['session-SECRET', 'key-SECRET']);
  });

  it('holds no base key that AWS quotes, in message, stack or cause', async () => {
    const sts = await serveSts(() => refuse(403, 'InvalidClientTokenId', 'The token session-SECRET is not valid.'));
    const error = await failure({ ...given, aws_role_name: role, aws_sts_endpoint: sts.url });
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.message).toMatch(/^Could not assume the role /);
    expectNothingOf(error, ['session-SECRET']);
  });

  it('for want of its base profile names both steps', async () => {
    const sts = await serveSts();
    const parameters = { aws_profile_name: 'nobody', aws_role_name: role, aws_sts_endpoint: sts.url };
    const error = await failure(parameters);
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.message).toMatch(/^Could not assume the role .*: Could not read the profile nobody: /);
    expect(sts.calls).toEqual([]);
  });

  it('since nobody answers there names the step too', async () => {
    const sts = await serveSts();
    await sts.close();
    const error = await failure({ ...given, aws_role_name: role, aws_sts_endpoint: sts.url });
    expect(error).toBeInstanceOf(APIConnectionError);
    expect(error.message).toMatch(/^Could not assume the role .*ECONNREFUSED/);
    expectNothingOf(error, ['session-SECRET', 'key-SECRET']);
    const web = await failure({
      aws_web_identity_token: 'token-SECRET',
      aws_role_name: role,
      aws_sts_endpoint: sts.url,
    });
    expect(web.message).toMatch(/^Could not exchange the web identity token for .*ECONNREFUSED/);
    expectNothingOf(web, ['token-SECRET']);
  });

  it('since the connection is lost names the step too, and is no question of who asks', async () => {
    const breaking = await serve((response) => response.destroy());
    const error = await failure({ ...given, aws_role_name: role, aws_sts_endpoint: breaking.url });
    expect(error.message).toMatch(/^Could not assume the role .*ECONNRESET/);
    expect(error).toBeInstanceOf(APIConnectionError);
  });

  it('fails a hundred calls at once with one AssumeRole', async () => {
    const sts = await serveSts(() => refuse(403, 'AccessDenied', 'Not authorized'));
    const completion = fresh();
    const parameters = { ...given, aws_role_name: role, aws_sts_endpoint: sts.url };
    const errors = await Promise.all(Array.from({ length: 100 }, () => failure(parameters, completion)));
    for (const error of errors) expect(error).toBeInstanceOf(AuthenticationError);
    // A call that begins after the refusal may ask again.
    expect(sts.calls.length).toBeLessThan(5);
  });

  it('tells each of the calls that it failed which model it was asked for', async () => {
    const sts = await serveSts(() => refuse(403, 'AccessDenied', 'Not authorized'));
    const completion = fresh();
    const parameters = { ...given, aws_role_name: role, aws_sts_endpoint: sts.url };
    const models = [agentModel, 'bedrock/agent/ANOTHERONE/MFPSBCXYTW', runtimeModel];
    const errors = await Promise.all(models.map((model) => failure({ ...parameters, model }, completion)));
    expect(errors.map(({ model }) => model)).toEqual(models);
  });
});

describe('an answer of AWS that quotes the request', () => {
  it.each<[string, string, () => Promise<object>]>([
    [
      'a role',
      'role-token-1',
      async () => ({ ...keys, aws_role_name: role, aws_sts_endpoint: (await serveSts()).url }),
    ],
    [
      'a profile',
      'profile-token',
      async () => {
        await writeProfiles({
          credentials:
            '[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = s\naws_session_token = profile-token\n',
        });
        return { aws_profile_name: 'work' };
      },
    ],
    [
      'a function',
      'function-token',
      () => {
        const identity = { accessKeyId: 'AKIDOWN', secretAccessKey: 'own-secret', sessionToken: 'function-token' };
        return Promise.resolve({ aws_credentials: () => Promise.resolve(identity) });
      },
    ],
    [
      'the default chain',
      'chain-token',
      () => {
        vi.stubEnv('AWS_SESSION_TOKEN', 'chain-token');
        return Promise.resolve({});
      },
    ],
  ])('has no session token of %s in the error', async (_, token, prepare) => {
    const echo = await serve((response, { headers }) => {
      response.writeHead(403, { 'content-type': 'application/json', 'x-amzn-errortype': 'AccessDeniedException' });
      response.end(
        JSON.stringify({ message: `The token ${String(headers['x-amz-security-token'])} may not do this.` }),
      );
    });
    const parameters = { ...(await prepare()), api_base: echo.url };
    for (const model of [agentModel, runtimeModel]) {
      const error = await failure({ ...parameters, model });
      expect(error).toMatchObject({ status: 403 });
      expect(error.message).toMatch(/^The token .* may not do this\.$/);
      expectNothingOf(error, [token]);
    }
  });
});

describe('a provider that hangs', () => {
  const forever = () => new Promise<AwsCredentialIdentity>(() => undefined);
  const ways: { what: string; prepare: () => Promise<object> }[] = [
    { what: 'a function', prepare: () => Promise.resolve({ aws_credentials: forever }) },
    {
      what: 'the token service',
      prepare: async () => ({ ...keys, aws_role_name: role, aws_sts_endpoint: (await serveSts(() => hang)).url }),
    },
    {
      what: 'a base that is asked for a role',
      prepare: async () => {
        clearKeys();
        vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', (await serve(() => undefined)).url);
        return { aws_role_name: role, aws_sts_endpoint: (await serveSts()).url };
      },
    },
    {
      what: 'a container’s endpoint',
      prepare: async () => {
        clearKeys();
        vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', (await serve(() => undefined)).url);
        return {};
      },
    },
    {
      what: 'a process',
      prepare: async () => {
        await writeProfiles({ config: '[profile work]\ncredential_process = sleep 2\n' });
        return { aws_profile_name: 'work' };
      },
    },
  ];

  it.each(ways)('($what) ends in a Timeout', async ({ prepare }) => {
    const parameters = await prepare();
    const completion = fresh();
    for (const model of [agentModel, runtimeModel]) {
      const begin = performance.now();
      const error = await failure({ ...parameters, model, timeout: 0.3 }, completion);
      expect(error).toBeInstanceOf(Timeout);
      expect(performance.now() - begin).toBeGreaterThan(250);
      expect(performance.now() - begin).toBeLessThan(1500);
    }
    expect(aws.received).toEqual([]);
  });

  it.each(ways)('($what) is left at once by an abort, which throws its reason', async ({ prepare }) => {
    const parameters = await prepare();
    for (const stream of [false, true]) {
      const controller = new AbortController();
      const reason = new Error('The reader went home.');
      setTimeout(() => controller.abort(reason), 50);
      const begin = performance.now();
      const asking = fresh()({
        model: agentModel,
        messages,
        api_base: aws.url,
        ...parameters,
        stream,
        signal: controller.signal,
      });
      await expect(asking).rejects.toBe(reason);
      expect(performance.now() - begin).toBeLessThan(1000);
    }
    expect(aws.received).toEqual([]);
  });

  it('and answers after all serves the next call', async () => {
    let answer: (identity: AwsCredentialIdentity) => void = () => undefined;
    const provider = vi.fn(() => new Promise<AwsCredentialIdentity>((resolve) => (answer = resolve)));
    const completion = fresh();
    const parameters = { aws_credentials: provider };
    expect(await failure({ ...parameters, timeout: 0.2 }, completion)).toBeInstanceOf(Timeout);
    answer({ accessKeyId: 'AKIDLATE', secretAccessKey: 'own-secret' });
    expect(await signed(parameters, completion)).toMatchObject({ keyId: 'AKIDLATE' });
    expect(provider).toHaveBeenCalledTimes(1);
    // The call that gave up does not send its request when its credentials come after all.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(aws.received).toHaveLength(1);
  });

  /** Lets ten minutes pass for all who wait with timers, in steps, so that sockets keep up. */
  async function passTenMinutes(): Promise<void> {
    for (let step = 0; step < 200; step++) {
      vi.advanceTimersByTime(3000);
      await setImmediate();
    }
  }

  it.each<{ what: string; prepare: () => Promise<{ parameters: object; isAsked: () => boolean }> }>([
    {
      what: 'the token service',
      prepare: async () => {
        const sts = await serveSts((_, number) => (number === 1 ? hang : issue()));
        const parameters = { ...keys, aws_role_name: role, aws_sts_endpoint: sts.url };
        return { parameters, isAsked: () => sts.calls.length > 0 };
      },
    },
    {
      what: 'a function',
      prepare: () => {
        const provider = vi.fn(() =>
          provider.mock.calls.length === 1
            ? forever()
            : Promise.resolve({ accessKeyId: 'ASIA2', secretAccessKey: 'own-secret' }),
        );
        const isAsked = () => provider.mock.calls.length > 0;
        return Promise.resolve({ parameters: { aws_credentials: provider }, isAsked });
      },
    },
  ])('($what) does not hang every later call: ten minutes later it is asked anew', async ({ prepare }) => {
    const { parameters, isAsked } = await prepare();
    const completion = fresh();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const first = failure({ ...parameters, timeout: 30 }, completion);
    while (!isAsked()) await setImmediate();
    await passTenMinutes();
    expect(await first).toBeInstanceOf(Timeout);
    vi.useRealTimers();
    expect(await signed({ ...parameters, timeout: 1 }, completion)).toMatchObject({ keyId: 'ASIA2' });
  });

  it('for one caller only leaves the others to wait for it as long as they like', async () => {
    const sts = await serveSts(async () => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      return issue();
    });
    const completion = fresh();
    const parameters = { ...keys, aws_role_name: role, aws_sts_endpoint: sts.url };
    const patient = ask(parameters, completion);
    expect(await failure({ ...parameters, timeout: 0.1 }, completion)).toBeInstanceOf(Timeout);
    await patient;
    expect(lastSignature().keyId).toBe('ASIA1');
    expect(sts.calls).toHaveLength(1);
  });
});

describe('what is loaded', () => {
  /** In a Node of its own: whether a call with these parameters loaded `@aws-sdk/credential-providers`. */
  async function isLoaded(parameters: object): Promise<unknown> {
    const script = `
      import { createRequire } from 'node:module';
      import { completion } from './src/index.ts';
      const cached = () => Object.keys(createRequire(import.meta.url).cache).map((file) => file.replaceAll('\\\\', '/'));
      const before = cached().filter((file) => /@aws-sdk|@smithy/.test(file)).length;
      const answer = await completion(${JSON.stringify({ model: agentModel, messages, api_base: aws.url, ...parameters })});
      console.log(JSON.stringify({
        before,
        providers: cached().some((file) => file.includes('@aws-sdk/credential-providers/')),
        client: cached().some((file) => file.includes('@aws-sdk/client-bedrock-agent-runtime/')),
        text: answer.choices[0].message.content,
      }));`;
    const node = ['--no-warnings', '--import', 'tsx', '--input-type=module', '-e', script];
    const { stdout } = await run(process.execPath, node, { cwd: root });
    return JSON.parse(stdout);
  }

  it('is @aws-sdk/credential-providers only where a parameter needs it', async () => {
    const sts = await serveSts();
    const own = { aws_credentials: { accessKeyId: 'AKIDOWN', secretAccessKey: 'own-secret' } };
    const [chain, given, identity, assumed] = await Promise.all([
      isLoaded({}),
      isLoaded(keys),
      isLoaded(own),
      isLoaded({ ...keys, aws_role_name: role, aws_sts_endpoint: sts.url }),
    ]);
    const without = { before: 0, providers: false, client: true, text: 'Hello' };
    expect([chain, given, identity]).toEqual([without, without, without]);
    expect(assumed).toEqual({ ...without, providers: true });
  });
});

const openssl = await run('openssl', ['version']).then(
  () => true,
  () => false,
);

describe.skipIf(!openssl)('ssl_verify (needs openssl)', () => {
  let url: string;
  let certificate: string;
  const requests: string[] = [];
  const server = createServer((message, response) => {
    requests.push(message.url ?? '');
    message.resume().on('end', () => {
      if (message.headers['content-type'] === 'application/x-www-form-urlencoded') {
        response.writeHead(403, { 'content-type': 'text/xml' });
        response.end(
          '<ErrorResponse><Error><Code>AccessDenied</Code><Message>STS over TLS</Message></Error></ErrorResponse>',
        );
        return;
      }
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
      response.end(chunk('Hello'));
    });
  });

  beforeEach(async () => {
    requests.splice(0);
    if (server.listening) return;
    const key = join(folder, 'key.pem');
    certificate = join(folder, 'certificate.pem');
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    await run('openssl', ['req', '-x509', ...curve, '-days', '2', ...subject, '-keyout', key, '-out', certificate]);
    server.setSecureContext({ key: await readFile(key), cert: await readFile(certificate) });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  it.each([
    ['nothing', {}],
    ['true', { ssl_verify: true }],
    ['"True", as a config file spells it', { ssl_verify: 'True' }],
  ])('with %s refuses a certificate that nobody vouches for', async (_, parameters) => {
    const error = await failure({ ...keys, api_base: url, ...parameters });
    expect(error).toBeInstanceOf(APIConnectionError);
    expect(inspect(error.cause)).toMatch(/self.signed/i);
    expect(requests).toEqual([]);
  });

  it.each([
    ['false', () => false],
    ['"false"', () => 'false'],
    ['a file of certificates', () => certificate],
  ])('with %s trusts it', async (_, verify) => {
    await ask({ ...keys, api_base: url, ssl_verify: verify() });
    expect(requests).toHaveLength(1);
  });

  it('may stand in SSL_VERIFY, after what the caller says', async () => {
    vi.stubEnv('SSL_VERIFY', 'False');
    await ask({ ...keys, api_base: url });
    expect(await failure({ ...keys, api_base: url, ssl_verify: true })).toBeInstanceOf(APIConnectionError);
    vi.stubEnv('SSL_VERIFY', certificate);
    await ask({ ...keys, api_base: url });
    vi.stubEnv('SSL_VERIFY', 'True');
    expect(await failure({ ...keys, api_base: url })).toBeInstanceOf(APIConnectionError);
    vi.stubEnv('SSL_VERIFY', '');
    expect(await failure({ ...keys, api_base: url })).toBeInstanceOf(APIConnectionError);
  });

  it('keeps calls that trust and calls that do not apart in one process', async () => {
    const completion = fresh();
    await ask({ ...keys, api_base: url, ssl_verify: false }, completion);
    expect(await failure({ ...keys, api_base: url }, completion)).toBeInstanceOf(APIConnectionError);
    await ask({ ...keys, api_base: url, ssl_verify: certificate }, completion);
    expect(await failure({ ...keys, api_base: url }, completion)).toBeInstanceOf(APIConnectionError);
  });

  it('holds for the token service too', async () => {
    const parameters = { ...keys, aws_role_name: role, aws_sts_endpoint: url };
    for (const verify of [false, certificate]) {
      expect((await failure({ ...parameters, ssl_verify: verify })).message).toContain('STS over TLS');
    }
    const error = await failure(parameters);
    expect(error.message).toMatch(/^Could not assume the role /);
    expect(error.message).not.toContain('STS over TLS');
    expect(error).toBeInstanceOf(APIConnectionError);
  });

  it('for the default chain’s token service holds too', async () => {
    clearKeys();
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', await write('cluster-token'));
    vi.stubEnv('AWS_ROLE_ARN', role);
    vi.stubEnv('AWS_ENDPOINT_URL_STS', url);
    expect((await failure({ ssl_verify: false })).message).toContain('STS over TLS');
    expect((await failure({})).message).not.toContain('STS over TLS');
  });
});
