import type { AgentRequest } from '../agent.ts';
import { BadRequestError } from '../errors.ts';
import { type ApiKey, parseApiKey } from './bearer.ts';
import { credentialNames, type Credentials, parseCredentials } from './credentials.ts';
import { parseHeaders } from './headers.ts';

/** How to reach AWS, as the caller gave it. */
export interface Connection {
  readonly region?: string;
  readonly endpoint?: string;
  /** AWS's default chain where there are none. */
  readonly credentials?: Credentials;
  /** Instead of credentials, which are not even looked up then. */
  readonly apiKey?: ApiKey;
  readonly stsEndpoint?: string;
  /** False to trust any certificate, or the path of a file of certificates to trust. */
  readonly sslVerify?: boolean | string;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxBytes: number;
}

/** The most that AgentCore sends: https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/bedrock-agentcore-limits.html */
const defaultMaxBytes = 100_000_000;

const regionNames = ['aws_region_name', 'region_name'] as const;
const endpointNames = ['api_base', 'base_url', 'aws_bedrock_runtime_endpoint'] as const;

/** Ways to authenticate that LiteLLM has and this version has not. */
const unbuilt = ['aws_bedrock_client'];

/** Parameters that say how to reach AWS; they never travel in a body. */
export const connectionNames: ReadonlySet<string> = new Set([
  ...regionNames,
  ...endpointNames,
  'extra_headers',
  'headers',
  'api_key',
  ...credentialNames,
  'aws_sts_endpoint',
  'ssl_verify',
  'max_response_bytes',
  ...unbuilt,
]);

/** Reads the connection from the parameters; an ARN's region always wins. Throws a `BadRequestError`. */
export function parseConnection({ parameters }: AgentRequest, arnRegion?: string): Connection {
  const given = first(regionNames, parameters);
  const region = arnRegion ?? given;
  if (given !== undefined && !/^[a-z0-9-]+$/.test(given)) {
    throw new BadRequestError('aws_region_name: expected a region like us-west-2.', { param: 'aws_region_name' });
  }
  if (given !== undefined && given !== region) {
    throw new BadRequestError(`aws_region_name is ${given} but the ARN names ${region}; leave aws_region_name out.`, {
      param: 'aws_region_name',
    });
  }
  for (const param of unbuilt) {
    if (parameters[param] === undefined) continue;
    throw new BadRequestError(
      `${param} is not built yet; authenticate with aws_access_key_id and its like, or with AWS's default chain.`,
      { param },
    );
  }
  const endpoint = parseUrl('api_base', first(endpointNames, parameters));
  const stsEndpoint = parseUrl(
    'aws_sts_endpoint',
    first(['aws_sts_endpoint'], parameters) ?? (process.env['AWS_STS_ENDPOINT'] || undefined),
  );
  const credentials = parseCredentials(parameters);
  const apiKey = parseApiKey(parameters['api_key']);
  const sslVerify = parseSslVerify(parameters['ssl_verify']);
  return {
    headers: {
      ...parseHeaders(parameters['extra_headers'], 'extra_headers'),
      ...parseHeaders(parameters['headers'], 'headers'),
    },
    maxBytes: parseMaxBytes(parameters['max_response_bytes']),
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials }),
    ...(apiKey !== undefined && { apiKey }),
    ...(stsEndpoint !== undefined && { stsEndpoint }),
    ...(sslVerify !== undefined && { sslVerify }),
  };
}

function parseUrl(param: string, url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  // The SDK puts a slash before every path.
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url.replace(/(?<!\/)\/+$/, '');
  throw new BadRequestError(`${param}: expected a URL with http:// or https://.`, { param });
}

function parseSslVerify(given: unknown): boolean | string | undefined {
  const value = given ?? (process.env['SSL_VERIFY'] || undefined);
  if (value === undefined || typeof value === 'boolean') return value;
  if (typeof value !== 'string') {
    throw new BadRequestError('ssl_verify: expected true, false or the path of a file of certificates.', {
      param: 'ssl_verify',
    });
  }
  // As the environment and a config file spell a boolean.
  if (/^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  return value;
}

function first(names: readonly string[], parameters: AgentRequest['parameters']): string | undefined {
  for (const name of names) {
    const value = parameters[name];
    if (typeof value === 'string') return value;
    if (value !== undefined)
      throw new BadRequestError(`${name}: expected string, got ${typeof value}.`, { param: name });
  }
  return undefined;
}

function parseMaxBytes(value: unknown): number {
  if (value === undefined) return defaultMaxBytes;
  if (typeof value === 'number' && value > 0) return value;
  throw new BadRequestError('max_response_bytes: expected a positive number of bytes.', {
    param: 'max_response_bytes',
  });
}
