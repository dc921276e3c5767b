import {
  agentExceptions,
  awsException,
  containerFailed,
  harnessExceptions,
  harnessStreamExceptions,
  runtimeExceptions,
} from './exceptions.ts';
import { anySeed, createRandom } from './random.ts';

/**
 * How often a call fails on purpose, by what goes wrong: `{ throttling: 0.1, 'throttling@stream': 0.05, reset: 0.01 }`. A number is the
 * share of all calls that this happens to, so that together they are at most 1; a call has one fault or none.
 *
 * - A name alone is AWS's exception as an HTTP error, before the answer begins.
 * - With `@stream` it comes after the first event: as an exception in the stream of an agent or a harness, as an error event in a
 *   runtime's. An answer that is not a stream stays whole.
 * - `reset` resets the connection in the middle of the answer, `silence` sends nothing more and keeps it open, `truncate` ends the
 *   answer there as if it were whole.
 *
 * An exception that not each of InvokeAgent, InvokeAgentRuntime and InvokeHarness has strikes only where it is known. A wrong request gets
 * AWS's own answer.
 */
export type LocalFaults = Readonly<Partial<Record<LocalFaultName, number>>>;

/** What can go wrong on purpose. */
export type LocalFaultName = FaultException | `${FaultException}@stream` | Interruption;

/** What goes wrong with one call. */
export type Fault =
  | { readonly type: 'exception' | 'exception@stream'; readonly name: LocalFaultName; readonly exception: Error }
  | { readonly type: Interruption; readonly name: LocalFaultName };

/** Says for the next call of a service what goes wrong with it, `undefined` for nothing. */
export type DrawFault = (service: 'agents' | 'runtimes' | 'harnesses') => Fault | undefined;

/**
 * Makes the dice. The same seed and the same order of calls give the same faults. Throws a RangeError that names what is allowed when a
 * name is unknown or a number is no probability.
 */
export function createFaults(faults: LocalFaults, seed = anySeed()): DrawFault {
  const likely = Object.entries(faults).map(([name, probability]) => ({ probability, fault: parseFault(name) }));
  for (const { probability, fault } of likely) checkProbability(`of the fault '${fault.name}'`, probability);
  const among = {
    agents: likely.filter(({ fault }) => exists(fault, agentExceptions)),
    runtimes: likely.filter(({ fault }) => exists(fault, runtimeExceptions)),
    harnesses: likely.filter(({ fault }) =>
      exists(fault, fault.type === 'exception@stream' ? harnessStreamExceptions : harnessExceptions),
    ),
  };
  for (const faultsOfService of Object.values(among)) {
    const sum = faultsOfService.reduce((total, { probability }) => total + probability, 0);
    // Ten times 0.1 is a little more or less than 1 in floating point.
    checkProbability('of all faults together', Math.round(sum * 1e9) / 1e9);
  }

  const random = createRandom(seed);
  return (service) => {
    let rest = random();
    // Every fault has its own share of the range: a number means the same beside any others.
    return among[service].find(({ probability }) => (rest -= probability) < 0)?.fault;
  };
}

// The messages are AWS's: as users reported them, or else from its API reference.
const exceptions = {
  throttling: ['ThrottlingException', 'Your request rate is too high. Reduce the frequency of requests.'],
  internalServer: ['InternalServerException', 'An internal server error occurred. Retry your request.'],
  dependencyFailed: [
    'DependencyFailedException',
    'Dependency resource: received model timeout/error exception from Bedrock. Try the request again.',
  ],
  modelNotReady: [
    'ModelNotReadyException',
    'The model specified in the request is not ready to serve Inference requests.',
  ],
  accessDenied: [
    'AccessDeniedException',
    'Access denied when calling Bedrock. Check your request permissions and retry the request.',
  ],
  validation: ['ValidationException', 'Input validation failed. Check your request parameters and retry the request.'],
  serviceQuotaExceeded: [
    'ServiceQuotaExceededException',
    'The number of requests exceeds the service quota. Resubmit your request later.',
  ],
  resourceNotFound: [
    'ResourceNotFoundException',
    'The specified resource Amazon Resource Name (ARN) was not found. Check the Amazon Resource Name (ARN) and try your request again.',
  ],
  conflict: [
    'ConflictException',
    'There was a conflict performing an operation. Resolve the conflict and retry your request.',
  ],
  badGateway: [
    'BadGatewayException',
    'There was an issue with a dependency due to a server issue. Retry your request.',
  ],
  runtimeClientError: ['RuntimeClientError', containerFailed(500)],
  retryableConflict: ['RetryableConflictException', 'Session operation in progress, please retry.'],
} as const;

const interruptions = ['reset', 'silence', 'truncate'] as const;

/**
 * An exception of AWS's in one word: throttling, internalServer, dependencyFailed, modelNotReady, accessDenied, validation,
 * serviceQuotaExceeded, resourceNotFound, conflict, badGateway, runtimeClientError or retryableConflict.
 */
export type FaultException = keyof typeof exceptions;
/** What can happen to a connection in the middle of an answer: reset, silence or truncate. */
export type Interruption = (typeof interruptions)[number];

function parseFault(name: string): Fault {
  for (const interruption of interruptions) {
    if (name === interruption) return { type: name, name };
  }
  for (const [word, [exceptionName, message]] of Object.entries(exceptions)) {
    // `Object.entries` forgets the type of the keys.
    const known = word as FaultException;
    const exception = awsException(exceptionName, message);
    if (name === known) return { type: 'exception', name: known, exception };
    if (name === `${known}@stream`) return { type: 'exception@stream', name: `${known}@stream`, exception };
  }
  const allowed = [...Object.keys(exceptions), ...interruptions].join(', ');
  throw new RangeError(`There is no fault '${name}'. Known are: ${allowed}; an exception also as 'throttling@stream'.`);
}

function exists(fault: Fault, known: ReadonlyMap<string, number>): boolean {
  return !('exception' in fault) || known.has(fault.exception.name);
}

function checkProbability(of: string, probability: number): void {
  if (probability >= 0 && probability <= 1) return;
  throw new RangeError(`The probability ${of} must be between 0 and 1, not ${probability}.`);
}
