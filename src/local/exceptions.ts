import type { ServerResponse } from 'node:http';

/**
 * An error to throw from a local agent or runtime: the caller gets the AWS exception of that name. `details` are the exception's
 * further fields, such as `resourceName` of a DependencyFailedException.
 */
export function awsException(name: string, message: string, details: Readonly<Record<string, unknown>> = {}): Error {
  return Object.assign(new Error(message), { name, details });
}

/** An exception as AWS writes it down: its name in a header, its fields in a JSON body. */
export interface WireException {
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>> & { readonly message: string };
}

/** What was thrown, as one of these exceptions; `undefined` if it is none of them. */
export function toWireException(error: unknown, names: ReadonlyMap<string, number>): WireException | undefined {
  if (!(error instanceof Error) || !names.has(error.name)) return undefined;
  const details = 'details' in error && typeof error.details === 'object' ? error.details : {};
  return { name: error.name, fields: { ...details, message: error.message } };
}

/** What was thrown, in words, whatever it was. */
export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** What AgentCore says of a container that answered with an error; the container's own words are dropped. */
export function containerFailed(status: number): string {
  return `Received error (${status}) from runtime. Please check your CloudWatch logs for more information.`;
}

/** Answers a call with an exception, in the form of AWS's REST JSON protocol. */
export function sendException(outgoing: ServerResponse, status: number, { name, fields }: WireException): void {
  outgoing.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': name });
  outgoing.end(JSON.stringify(fields));
}

/** The exceptions of InvokeAgent and their HTTP status. */
export const agentExceptions: ReadonlyMap<string, number> = new Map([
  ['ValidationException', 400],
  ['ServiceQuotaExceededException', 400],
  ['AccessDeniedException', 403],
  ['ResourceNotFoundException', 404],
  ['ConflictException', 409],
  ['DependencyFailedException', 424],
  ['ModelNotReadyException', 424],
  ['ThrottlingException', 429],
  ['InternalServerException', 500],
  ['BadGatewayException', 502],
]);

/** The exceptions of InvokeHarness and their HTTP status. */
export const harnessExceptions: ReadonlyMap<string, number> = new Map([
  ['ValidationException', 400],
  ['ServiceQuotaExceededException', 402],
  ['AccessDeniedException', 403],
  ['ResourceNotFoundException', 404],
  ['RuntimeClientError', 424],
  ['ThrottlingException', 429],
  ['InternalServerException', 500],
]);

/** Those of them that may stand in its stream; others become a RuntimeClientError there. */
export const harnessStreamExceptions: ReadonlyMap<string, number> = new Map(
  [...harnessExceptions].filter(([name]) =>
    ['ValidationException', 'RuntimeClientError', 'InternalServerException'].includes(name),
  ),
);

/** The exceptions of InvokeAgentRuntime and their HTTP status. */
export const runtimeExceptions: ReadonlyMap<string, number> = new Map([
  ['ValidationException', 400],
  ['UnauthorizedException', 401],
  ['ServiceQuotaExceededException', 402],
  ['AccessDeniedException', 403],
  ['ResourceNotFoundException', 404],
  ['RetryableConflictException', 409],
  ['RuntimeClientError', 424],
  ['ThrottlingException', 429],
  ['InternalServerException', 500],
]);
