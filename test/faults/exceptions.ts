import {
  AuthenticationError,
  BadGatewayError,
  BadRequestError,
  ConflictError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  ServiceUnavailableError,
} from '../../src/errors.ts';
import { exception, frame } from '../support/frames.ts';
import { type Becomes, but, type Fault } from './faults.ts';
import { type Place, playTo, saidBy, without } from './places.ts';
import type { Scene } from './scene.ts';
import { framed, line, runtimes, services } from './services.ts';

/** What stands for AWS's names. */
const known: readonly (readonly [string, Becomes])[] = [
  ['ValidationException', BadRequestError],
  ['UnauthorizedException', AuthenticationError],
  ['AccessDeniedException', PermissionDeniedError],
  ['ResourceNotFoundException', NotFoundError],
  ['ConflictException', ConflictError],
  ['RetryableConflictException', ConflictError],
  ['DependencyFailedException', BadGatewayError],
  ['RuntimeClientError', BadGatewayError],
  ['ModelNotReadyException', ServiceUnavailableError],
  ['ThrottlingException', RateLimitError],
  ['ServiceQuotaExceededException', RateLimitError],
  ['InternalServerException', InternalServerError],
  ['BadGatewayException', BadGatewayError],
];

/** Any AWS service may answer with these. */
const common: readonly (readonly [string, status: number, Becomes])[] = [
  ['UnrecognizedClientException', 403, AuthenticationError],
  ['InvalidSignatureException', 403, AuthenticationError],
  ['MissingAuthenticationTokenException', 403, AuthenticationError],
  ['ExpiredTokenException', 403, AuthenticationError],
  ['An exception that nobody knows', 500, InternalServerError],
];

const camel = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

const message = 'AWS says why.';

const inStreams: readonly (readonly [string, Place])[] = [
  ['as the first event', 'before the first event'],
  ['in mid-stream', 'between events'],
  ['after the last event', 'after the last event'],
];

/** A service cannot have an exception that its operation does not name. */
function unnamed(name: string): NonNullable<Fault['but']> {
  const others = services.filter(({ exceptions }) => !exceptions.has(name)).map((service) => service.name);
  return but(others, { why: 'its operation has no such exception' });
}

/** Whether any service whose answer is AWS's event stream names it. */
function isOfStreams(name: string): boolean {
  return services.some(({ framing, exceptions }) => framing === 'frames' && exceptions.has(name));
}

function refused(name: string, status: (scene: Scene) => number, becomes: Becomes): Fault {
  return {
    name,
    place: 'as an HTTP error',
    play: (scene) =>
      scene.respond(status(scene), 'application/json', JSON.stringify({ message }), { 'x-amzn-errortype': name }),
    becomes,
    but: { Container: { why: 'no AWS stands before it' } },
  };
}

function framedIn(name: string, bytes: Buffer, becomes: Becomes, more: Fault['but'] = {}): readonly Fault[] {
  return inStreams.map(([place, at]) => ({
    name,
    place,
    play: async (scene) => {
      await playTo(at, scene);
      scene.say(bytes);
      scene.rest();
    },
    becomes,
    said: saidBy(at),
    but: { ...more, ...but(runtimes, { why: 'AWS writes nothing into the body of a runtime' }) },
  }));
}

/** What AgentCore's Python SDK writes when an agent's generator throws. */
function told(value: object, becomes: Becomes): readonly Fault[] {
  return inStreams.map(([place, at]) => ({
    name: "The agent's own error",
    place,
    play: async (scene) => {
      await playTo(at, scene);
      if (scene.service.framing === 'lines') scene.say(line(value));
      else scene.say(JSON.stringify(value));
      scene.finish();
    },
    becomes,
    said: saidBy(at),
    but: {
      ...without(at),
      ...(at === 'after the last event' && but(['Runtime (JSON)'], { why: 'its body is one value' })),
      ...but(framed, { why: 'its agents tell of errors by exceptions' }),
    },
  }));
}

function withMore(fault: Fault, more: Fault['but']): Fault {
  return { ...fault, but: { ...more, ...fault.but } };
}

/** AWS's exceptions, wherever they may stand. */
export const exceptions: readonly Fault[] = [
  ...known.flatMap(([name, becomes]) => [
    withMore(
      refused(name, ({ service }) => service.exceptions.get(name) ?? 500, becomes),
      unnamed(name),
    ),
    ...(isOfStreams(name) ? framedIn(name, exception(camel(name), message), becomes, unnamed(name)) : []),
  ]),
  ...common.flatMap(([name, status, becomes]) => [
    refused(name, () => status, becomes),
    ...framedIn(name, exception(camel(name), message), becomes),
  ]),
  ...framedIn(
    'An exception without a body',
    frame({ ':message-type': 'exception', ':exception-type': 'throttlingException' }, ''),
    RateLimitError,
  ),
  ...framedIn(
    'A message of the type `error`',
    frame({ ':message-type': 'error', ':error-code': 'InternalServerException', ':error-message': message }, ''),
    InternalServerError,
  ),
  ...told({ error: message, error_type: 'ValueError', message: 'An error occurred during streaming' }, BadGatewayError),
];
