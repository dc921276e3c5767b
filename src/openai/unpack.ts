/**
 * Batches → what is in them, one by one and in order, also for a caller who asks for many at once. An abort drops the
 * rest of a batch: reading on tells whether it is an end or an error.
 */
export function unpack<T>(
  batches: AsyncIterator<readonly T[], undefined>,
  signal: AbortSignal,
): () => Promise<IteratorResult<T, undefined>> {
  let batch: Iterator<T> = [].values();
  let reading: Promise<unknown> | undefined;

  async function read(before: Promise<unknown> | undefined): Promise<IteratorResult<T, undefined>> {
    // Who asked before gets what comes before, be it an error.
    await before?.catch(() => undefined);
    for (;;) {
      const next = take();
      if (next) return next;
      const result = await batches.next();
      if (result.done) return result;
      batch = result.value.values();
    }
  }

  function take(): IteratorYieldResult<T> | undefined {
    const next = signal.aborted ? undefined : batch.next();
    return next?.done === false ? next : undefined;
  }

  // Not a generator: most of what is asked for is here already, and nothing has to be awaited.
  return () => {
    const here = reading ? undefined : take();
    if (here) return Promise.resolve(here);
    const result = read(reading);
    reading = result;
    const done = () => {
      if (reading === result) reading = undefined;
    };
    result.then(done, done);
    return result;
  };
}
