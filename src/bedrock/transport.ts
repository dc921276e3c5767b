import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { BadRequestError } from '../errors.ts';

/**
 * HTTP/1.1 for every service: over HTTP/2, the default of the agents client, a reset, an abort and a timeout in
 * mid-stream look like a normal end. And no low cap: a stream holds its socket for as long as it is read.
 * `sslVerify` is false to trust any certificate, or the path of a file of certificates to trust.
 */
export async function createHandler(sslVerify: boolean | string | undefined): Promise<NodeHttpHandler> {
  const { NodeHttpHandler } = await import('@smithy/node-http-handler');
  const trust =
    typeof sslVerify === 'string'
      ? { ca: await readCertificates(sslVerify) }
      : { rejectUnauthorized: sslVerify ?? true };
  return new NodeHttpHandler({
    httpAgent: new HttpAgent({ keepAlive: true }),
    httpsAgent: new HttpsAgent({ keepAlive: true, ...trust }),
  });
}

export interface PostRequest {
  readonly url: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  readonly signal: AbortSignal;
}

export interface PostResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

/** Posts to anyone, unsigned and without following redirects; throws as an AWS client does. */
export async function post(handler: NodeHttpHandler, request: PostRequest): Promise<PostResponse> {
  const { HttpRequest } = await import('@smithy/core/protocols');
  const { protocol, hostname, port, pathname: path } = new URL(request.url);
  const body = typeof request.body === 'string' ? Buffer.from(request.body) : request.body;
  const headers = { ...request.headers, 'content-length': String(body.length) };
  const { response } = await handler.handle(
    new HttpRequest({
      method: 'POST',
      protocol,
      hostname,
      path,
      headers,
      body,
      ...(port !== '' && { port: Number(port) }),
    }),
    { abortSignal: request.signal },
  );
  // On Node the body is the response of node:http.
  return { status: response.statusCode, headers: response.headers, body: response.body as Readable };
}

async function readCertificates(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new BadRequestError(
      'ssl_verify: expected true, false or the path of a file of certificates that can be read.',
      {
        param: 'ssl_verify',
        cause,
      },
    );
  }
}
