import type { ServerResponse } from 'node:http';

/** An error to throw from a local agent or runtime: the caller gets the AWS exception of that name. */
export function awsException(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

/** Answers a call with an exception, in the form of AWS's REST JSON protocol. */
export function sendException(outgoing: ServerResponse, status: number, name: string, message: string): void {
  outgoing.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': name });
  outgoing.end(JSON.stringify({ message }));
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
