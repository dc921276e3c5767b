import type { ServerResponse } from 'node:http';
import { type Loopback, type Received, serve } from './loopback.ts';

/** Who signed a request, as its headers say. */
export interface Signature {
  readonly keyId: string;
  readonly region: string;
  readonly service: string;
  readonly token: string | undefined;
}

/** What a caller asked of the token service. */
export interface StsCall {
  readonly action: string;
  readonly form: Readonly<Record<string, string>>;
  /** Nobody signs a request that a web identity token authenticates. */
  readonly signature: Signature | undefined;
}

export type StsAnswer =
  | { readonly type: 'issue'; readonly seconds: number }
  | { readonly type: 'refuse'; readonly status: number; readonly code: string; readonly message: string }
  | { readonly type: 'hang' };

export interface Sts extends Pick<Loopback, 'close'> {
  /** For `aws_sts_endpoint`. */
  readonly url: string;
  readonly calls: StsCall[];
}

export const issue = (seconds = 3600): StsAnswer => ({ type: 'issue', seconds });
export const hang: StsAnswer = { type: 'hang' };
export const refuse = (status: number, code: string, message: string): StsAnswer => {
  return { type: 'refuse', status, code, message };
};

/**
 * AWS's token service on this machine: the query protocol of AssumeRole and AssumeRoleWithWebIdentity. The nth call is
 * issued the keys `ASIA<n>`, `role-secret-<n>`, `role-token-<n>`, unless `answer` says otherwise.
 */
export async function serveSts(
  answer: (call: StsCall, number: number) => StsAnswer | Promise<StsAnswer> = () => issue(),
): Promise<Sts> {
  const calls: StsCall[] = [];
  const { url, close } = await serve(async (response, request) => {
    const form = Object.fromEntries(new URLSearchParams(request.body));
    const call = { action: form['Action'] ?? '', form, signature: toSignature(request.headers) };
    const number = calls.push(call);
    write(response, call, await answer(call, number), number);
  });
  return { url, close, calls };
}

/** AWS's `Authorization: AWS4-HMAC-SHA256 Credential=AKID/date/region/service/aws4_request, …`. */
export function toSignature(headers: Received['headers']): Signature | undefined {
  const [, keyId = '', region = '', service = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request,/.exec(headers.authorization ?? '') ??
    [];
  const token = headers['x-amz-security-token'];
  if (keyId === '') return undefined;
  return { keyId, region, service, token: typeof token === 'string' ? token : undefined };
}

function write(response: ServerResponse, { action }: StsCall, answer: StsAnswer, number: number): void {
  const namespace = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"';
  // Node's own would not follow a test's clock, and the SDK asks again when the clocks seem to differ.
  response.setHeader('date', new Date().toUTCString());
  switch (answer.type) {
    case 'hang':
      return;
    case 'refuse':
      response.writeHead(answer.status, { 'content-type': 'text/xml' });
      response.end(
        `<ErrorResponse ${namespace}><Error><Type>Sender</Type><Code>${answer.code}</Code>` +
          `<Message>${answer.message}</Message></Error><RequestId>request-${number}</RequestId></ErrorResponse>`,
      );
      return;
    case 'issue':
      response.writeHead(200, { 'content-type': 'text/xml' });
      response.end(
        `<${action}Response ${namespace}><${action}Result>` +
          '<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn>' +
          '<AssumedRoleId>AROA:s</AssumedRoleId></AssumedRoleUser><Credentials>' +
          `<AccessKeyId>ASIA${number}</AccessKeyId><SecretAccessKey>role-secret-${number}</SecretAccessKey>` +
          `<SessionToken>role-token-${number}</SessionToken>` +
          `<Expiration>${new Date(Date.now() + answer.seconds * 1000).toISOString()}</Expiration>` +
          `</Credentials></${action}Result><ResponseMetadata><RequestId>request-${number}</RequestId>` +
          `</ResponseMetadata></${action}Response>`,
      );
      return;
    default:
      answer satisfies never;
  }
}
