import type { Server, Socket } from 'node:net';
import type { APIError } from '../../src/errors.ts';
import type { Scene } from './scene.ts';
import type { Service, ServiceName } from './services.ts';

/** What must come of a call: an answer, an error by its class and status, or the signal's own reason. */
export type Becomes = 'whole' | 'the reason of the signal' | Words | ErrorClass | readonly [ErrorClass, status: number];

/** An answer, but not the one that was meant. */
export interface Words {
  readonly words: string;
}

type ErrorClass = typeof APIError;

/** One thing that goes wrong, and what must come of it with every service, read whole or streamed, directly or by the proxy. */
export interface Fault {
  readonly name: string;
  /** Where in the answer; faults of one name are told in one row where the same comes of them. */
  readonly place?: string;
  /** What the server does with a request. */
  readonly play?: (scene: Scene) => unknown;
  /** What it does with a connection, where it does not even read a request. */
  readonly connect?: (socket: Socket, stage: Pick<Scene, 'rest'>) => unknown;
  readonly createServer?: (onSocket: (socket: Socket) => void) => Server;
  /** The address that it listens on; default 127.0.0.1. */
  readonly host?: string;
  /** How the server is called. */
  readonly url?: (port: number, cell: string) => string;
  /** Parameters of the call; made once for each cell. */
  readonly parameters?: (service: Service) => Readonly<Record<string, unknown>>;
  readonly becomes: Becomes;
  /** Services with which something else comes of it, or which cannot have it. */
  readonly but?: Partial<Record<ServiceName, Exemption>>;
  /** What comes of a call that is made before. */
  readonly before?: Becomes;
  /** The words that a reader of the stream has been told by then, where the service tells any before it is whole. */
  readonly said?: string | ((service: Service) => string);
}

export interface Exemption {
  /** Left out where the service cannot have the fault. */
  readonly becomes?: Becomes;
  readonly why: string;
}

/** Seconds for faults that only a timeout ends. */
export const shortly = 2;

export const timedOut = (): Readonly<Record<string, unknown>> => ({ timeout: shortly });

/** The same exemption for several services. */
export function but(names: readonly ServiceName[], exemption: Exemption): NonNullable<Fault['but']> {
  return Object.fromEntries(names.map((name) => [name, exemption]));
}

export const runtimes = ['Runtime, SSE', 'Runtime, JSON', 'Runtime, JWT', 'Container'] as const;
export const streamedRuntimes = ['Runtime, SSE', 'Runtime, JWT', 'Container'] as const;
export const framed = ['Agents', 'Harness'] as const;
