import { anySeed } from './random.ts';
import type { LocalCall } from './route.ts';
import { startLocalBedrock } from './server.ts';

/** What the command line says of a local Bedrock. */
export interface LocalCommandOptions {
  readonly port: number;
  readonly host: string;
  /** `name:probability`, each a fault as in `LocalFaults`. */
  readonly fail?: readonly string[];
  /** `ARN=URL`, each a container. */
  readonly forward?: readonly string[];
  readonly seed?: number;
}

/** Runs a local Bedrock until SIGINT or SIGTERM, and tells how to reach it and what it answered. Rejects when it cannot start. */
export async function runLocalCommand(options: LocalCommandOptions, print: (line: string) => void): Promise<void> {
  const { port, host, fail = [], forward = [], seed = anySeed() } = options;
  const runtimes = Object.fromEntries(forward.map(parseForward));
  const bedrock = await startLocalBedrock({
    port,
    host,
    seed,
    faults: Object.fromEntries(fail.map(parseFail)),
    ...(forward.length > 0 && { runtimes }),
    onCall: (call) => print(toLine(call)),
  });

  print(`A local Bedrock listens on ${bedrock.url}. To send AWS clients there:`);
  for (const [name, value] of Object.entries(bedrock.env)) print(`export ${name}=${value}`);
  if (fail.length > 0) print(`Faults as with --seed ${seed}.`);

  await stopSignal();
  await bedrock.close();
}

// The last colon: a name may get one some day, a number never.
function parseFail(fail: string): readonly [string, number] {
  const [, name, probability] = /^(.+):([^:]+)$/.exec(fail) ?? [];
  if (name === undefined) {
    throw new RangeError(`A fault is written 'name:probability', as 'throttling:0.1', not '${fail}'.`);
  }
  return [name, Number(probability)];
}

function parseForward(forward: string): readonly [string, string] {
  const [, arn, url] = /^(arn:[^=]+)=(.+)$/.exec(forward) ?? [];
  if (arn === undefined || url === undefined) {
    throw new TypeError(
      `A runtime is forwarded with 'ARN=URL', as 'arn:aws:…=http://localhost:8080', not '${forward}'.`,
    );
  }
  return [arn, url];
}

function toLine({ method, target, status }: LocalCall): string {
  // Percent-decoded by then: a caller could write lines of its own.
  const printable = target.replaceAll(/[^\x20-\x7e]/g, '?');
  return `${method} ${printable} ${status ?? 'left'}`;
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
