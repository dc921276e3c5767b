import type { IncomingMessage, ServerResponse } from 'node:http';
import { createLeaveSignal, readBody, write } from './connection.ts';
import { awsException, runtimeExceptions, sendException } from './exceptions.ts';
import { parseRuntimeRequest, sessionHeader } from './runtime-request.ts';
import type { LocalRuntime, LocalRuntimeRequest } from './runtime-request.ts';

/** Answers one InvokeAgentRuntime call. A failure is an HTTP error as long as nothing was sent. */
export async function invokeRuntime(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  target: Pick<LocalRuntimeRequest, 'arn' | 'qualifier'>,
  find: (arn: string) => LocalRuntime | undefined,
): Promise<void> {
  const signal = createLeaveSignal(outgoing);
  try {
    const { headers } = incoming;
    const request = parseRuntimeRequest({ ...target, headers, signal }, await readBody(incoming));
    const runtime = find(request.arn);
    if (!runtime) {
      throw awsException('ResourceNotFoundException', `The local Bedrock has no runtime '${request.arn}'.`);
    }
    outgoing.setHeader(sessionHeader, request.sessionId);
    const answer = await runtime(request);
    if (answer instanceof Response) await sendResponse(outgoing, answer, signal);
    else if (isAsyncIterable(answer)) await sendEvents(outgoing, answer, signal);
    else sendJson(outgoing, answer);
  } catch (error) {
    if (!signal.aborted) fail(outgoing, error);
  }
}

async function sendResponse(outgoing: ServerResponse, response: Response, signal: AbortSignal): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.flushHeaders();
  // The body of a Response gives bytes; Node's types say `any`.
  const body = response.body as AsyncIterable<Uint8Array> | null;
  for await (const bytes of body ?? []) await write(outgoing, bytes, signal);
  outgoing.end();
}

async function sendEvents(
  outgoing: ServerResponse,
  events: AsyncIterable<unknown>,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const event of events) {
      if (!outgoing.headersSent) outgoing.writeHead(200, eventHeaders);
      await write(outgoing, toServerSentEvent(event), signal);
    }
  } catch (error) {
    if (!outgoing.headersSent || signal.aborted) throw error;
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    outgoing.write(
      toServerSentEvent({ error: message, error_type: name, message: 'An error occurred during streaming' }),
    );
  }
  if (!outgoing.headersSent) outgoing.writeHead(200, eventHeaders);
  outgoing.end();
}

const eventHeaders = { 'content-type': 'text/event-stream; charset=utf-8' };

function toServerSentEvent(value: unknown): string {
  return `data: ${toJson(value)}\n\n`;
}

function sendJson(outgoing: ServerResponse, value: unknown): void {
  const body = toJson(value);
  outgoing.writeHead(200, { 'content-type': 'application/json' });
  outgoing.end(body);
}

// Python's None, which a function without a result returns, is `null` on the wire.
function toJson(value: unknown): string {
  return JSON.stringify(value ?? null);
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function fail(outgoing: ServerResponse, error: unknown): void {
  if (outgoing.headersSent) {
    // Only a passed-through body gets here: a container that broke off. The connection breaks with it.
    outgoing.destroy();
    return;
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const status = runtimeExceptions.get(name);
  if (status !== undefined) sendException(outgoing, status, name, message);
  else sendException(outgoing, 424, 'RuntimeClientError', containerFailed);
}

// The service drops the container's own words.
const containerFailed = 'Received error (500) from runtime. Please check your CloudWatch logs for more information.';
