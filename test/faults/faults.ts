import type { Server, Socket } from 'node:net';
import type { APIError } from '../../src/errors.ts';
import type { Scene, Stage } from './scene.ts';
import type { Service, ServiceName } from './services.ts';

/** One thing that goes wrong, and what must come of it with every service, in every way to ask. */
export interface Fault {
  readonly name: string;
  /** Where in the answer; faults of one name share a row where the same comes of them. */
  readonly place?: string;
  /** What the server does with a request. */
  readonly play?: (scene: Scene) => unknown;
  /** What it does with a connection, where it does not even read a request. */
  readonly connect?: (socket: Socket, scene: Pick<Scene, 'rest'>) => unknown;
  /** Makes a server that is none of plain HTTP. */
  readonly createServer?: (onSocket: (socket: Socket) => void) => Server;
  /** The address that it listens on; default 127.0.0.1. */
  readonly host?: string;
  /** What it is called. */
  readonly url?: (port: number, cell: string) => string;
  /** Parameters of the call; made once for each cell. */
  readonly parameters?: (service: Service) => Readonly<Record<string, unknown>>;
  /** Whether nothing at all happens before the timeout, so that other cells may go on meanwhile. */
  readonly isQuiet?: boolean;
  readonly becomes: Becomes;
  /** Services with which something else comes of it, or which cannot have it. */
  readonly but?: Partial<Record<ServiceName, Exemption>>;
  /** What comes of a call that is made before. */
  readonly before?: Becomes;
  /** What happens to the connections that it has left. */
  readonly between?: (stage: Stage) => void;
  /** The words that a reader of the stream has been told by then, where a service tells any before all. */
  readonly said?: string | ((service: Service) => string);
}

/** What must come of a call: the answer that was meant or other words, an error by its class, or the signal's reason. */
export type Becomes = 'an answer' | 'the reason of the signal' | Words | ErrorClass | readonly [ErrorClass, number];

export interface Words {
  readonly words: string;
}

export type ErrorClass = typeof APIError;

export interface Exemption {
  /** Left out where the service cannot have the fault. */
  readonly becomes?: Becomes;
  readonly why: string;
}

/** The same exemption for several services. */
export function but(names: readonly ServiceName[], exemption: Exemption): NonNullable<Fault['but']> {
  return Object.fromEntries(names.map((name) => [name, exemption]));
}

/** For faults that only a timeout ends: seconds in which the words before them come, however busy the machine is. */
export const timedOut = (): Readonly<Record<string, unknown>> => ({ timeout: 8 });
