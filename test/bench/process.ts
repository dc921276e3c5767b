import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a contender tells of a round. */
export interface Reply {
  /** Microseconds of CPU time, its threads included. */
  readonly cpu: number;
  readonly result: unknown;
}

export type Process = ReturnType<typeof startProcess>;

/** A compiled file of this folder as a process that talks. */
export function startProcess(name: string, parameters: readonly string[] = [], nodeOptions: readonly string[] = []) {
  const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  const env = {
    ...process.env,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  const child = fork(file, parameters, {
    env,
    execArgv: ['--no-warnings', ...nodeOptions],
    // The proxy's log goes there; it is written, but not between the rows.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`${[name, ...parameters].join(' ')} ended with ${String(code)}.`);
  });
  // Whoever waits for a message hears of it; `stop` ends a process that nobody waits for.
  exited.catch(() => undefined);

  async function message(): Promise<unknown> {
    const [value] = (await Promise.race([once(child, 'message'), exited])) as unknown[];
    return value;
  }

  return {
    message,
    /** Has a contender do its work once. */
    async round(): Promise<Reply> {
      child.send('round');
      return (await message()) as Reply;
    },
    stop: () => void child.kill(),
  };
}
