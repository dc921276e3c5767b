import { describe, expect, test } from 'vitest';
import { agentExceptions, runtimeExceptions } from '../../src/local/exceptions.ts';
import { createFaults } from '../../src/local/faults.ts';
import { startLocalBedrock } from '../../src/local.ts';
import type { LocalFaultName, LocalFaults } from '../../src/local.ts';
import { agentRuntimeArn, invokeAgent, invokeRuntime, start, textOf } from './clients.ts';

const stream = { streamingConfigurations: { streamFinalResponse: true } };

// A generator function is what users write; not all of them have something to wait for.
/* eslint-disable @typescript-eslint/require-await */
function startFailing(faults: LocalFaults) {
  const tell = async function* () {
    yield 'one ';
    yield 'two ';
    yield 'three';
  };
  return start({ agents: { 'AGENT/ALIAS': tell }, runtimes: { [agentRuntimeArn]: tell }, faults });
}

describe('the dice', () => {
  const faults: LocalFaults = { throttling: 0.2, 'dependencyFailed@stream': 0.1, runtimeClientError: 0.1, reset: 0.3 };

  test('throw the same for the same seed', () => {
    const throws = (seed?: number) => {
      const draw = createFaults(faults, seed);
      return Array.from({ length: 50 }, (_, index) => draw(index % 3 ? 'agents' : 'runtimes')?.name);
    };
    expect(throws(7)).toEqual(throws(7));
    expect(throws(7)).not.toEqual(throws(8));
    expect(throws()).not.toEqual(throws());
  });

  test('give every fault its share, and a service only what it has', () => {
    const draw = createFaults(faults, 1);
    for (const [service, other] of [
      ['agents', 'dependencyFailed@stream'],
      ['runtimes', 'runtimeClientError'],
    ] as const) {
      const counts = new Map<LocalFaultName | undefined, number>();
      for (let index = 0; index < 20_000; index += 1) {
        const name = draw(service)?.name;
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      expect(new Set(counts.keys())).toEqual(new Set([other, 'reset', 'throttling', undefined]));
      expect((counts.get('throttling') ?? 0) / 20_000).toBeCloseTo(0.2, 1);
      expect((counts.get(other) ?? 0) / 20_000).toBeCloseTo(0.1, 1);
      expect((counts.get('reset') ?? 0) / 20_000).toBeCloseTo(0.3, 1);
    }
  });

  test('never fall on 0 and always on 1', () => {
    const never = createFaults({ throttling: 0 });
    const always = createFaults({ throttling: 0, reset: 1 });
    for (let index = 0; index < 100; index += 1) {
      expect(never('agents')).toBeUndefined();
      expect(always('runtimes')?.name).toBe('reset');
    }
  });

  test.each<[Record<string, number>, RegExp]>([
    [{ throtling: 0.1 }, /no fault 'throtling'. Known are: throttling, .*truncate; an exception also as/],
    [{ 'reset@stream': 0.1 }, /no fault 'reset@stream'/],
    [{ 'throttling@': 0.1 }, /no fault 'throttling@'/],
    [{ throttling: 1.1 }, /'throttling' must be between 0 and 1, not 1.1/],
    [{ throttling: -0.1 }, /between 0 and 1, not -0.1/],
    [{ throttling: Number.NaN }, /between 0 and 1, not NaN/],
    [{ throttling: 0.6, reset: 0.6 }, /all faults together must be between 0 and 1, not 1.2/],
  ])('refuse %j', async (wrong, message) => {
    await expect(startLocalBedrock({ faults: wrong })).rejects.toThrow(message);
  });

  test('let shares add up to one, and past it where no service has them all', () => {
    const tenths: LocalFaults = { throttling: 0.1, reset: 0.2, silence: 0.7 };
    expect(() => createFaults(tenths)).not.toThrow();
    expect(() => createFaults({ dependencyFailed: 1, runtimeClientError: 1 })).not.toThrow();
  });
});

describe('an exception', () => {
  test.each<[LocalFaultName, string]>([
    ['throttling', 'ThrottlingException'],
    ['internalServer', 'InternalServerException'],
    ['dependencyFailed', 'DependencyFailedException'],
    ['modelNotReady', 'ModelNotReadyException'],
    ['accessDenied', 'AccessDeniedException'],
    ['validation', 'ValidationException'],
    ['serviceQuotaExceeded', 'ServiceQuotaExceededException'],
    ['resourceNotFound', 'ResourceNotFoundException'],
    ['conflict', 'ConflictException'],
    ['badGateway', 'BadGatewayException'],
  ])('%s of an agent is an HTTP error, or stands in the stream after the first event', async (name, exception) => {
    const before = await invokeAgent(await startFailing({ [name]: 1 }), stream);
    expect(before.error).toMatchObject({
      name: exception,
      $metadata: { httpStatusCode: agentExceptions.get(exception) },
    });

    const within = await invokeAgent(await startFailing({ [`${name}@stream`]: 1 }), stream);
    expect(within.error).toMatchObject({ name: exception, message: before.error?.message });
    expect(textOf(within.events)).toBe('one ');
  });

  test.each<[LocalFaultName, string]>([
    ['throttling', 'ThrottlingException'],
    ['internalServer', 'InternalServerException'],
    ['accessDenied', 'AccessDeniedException'],
    ['validation', 'ValidationException'],
    ['serviceQuotaExceeded', 'ServiceQuotaExceededException'],
    ['resourceNotFound', 'ResourceNotFoundException'],
    ['runtimeClientError', 'RuntimeClientError'],
    ['retryableConflict', 'RetryableConflictException'],
  ])('%s of a runtime is an HTTP error, or an error event after the first', async (name, exception) => {
    const before = await invokeRuntime(await startFailing({ [name]: 1 }));
    expect(before.error).toMatchObject({
      name: exception,
      $metadata: { httpStatusCode: runtimeExceptions.get(exception) },
    });

    const within = await invokeRuntime(await startFailing({ [`${name}@stream`]: 1 }));
    const error = {
      error: before.error?.message,
      error_type: exception,
      message: 'An error occurred during streaming',
    };
    expect(within).toMatchObject({ status: 200, text: `data: "one "\n\ndata: ${JSON.stringify(error)}\n\n` });
  });

  test('in the stream leaves an answer alone that is none', async () => {
    const bedrock = await start({ runtimes: { [agentRuntimeArn]: () => 'whole' }, faults: { 'throttling@stream': 1 } });
    expect(await invokeRuntime(bedrock)).toMatchObject({ status: 200, text: '"whole"' });
  });

  test('does not hide what is wrong with a request', async () => {
    const bedrock = await startFailing({ throttling: 1 });
    expect((await invokeAgent(bedrock, { sessionId: 'x' })).error?.name).toBe('ValidationException');
    expect((await invokeRuntime(bedrock, { accountId: 'x' })).error?.name).toBe('ValidationException');
  });

  test('that strikes a call keeps its turn out of the session', async () => {
    const bedrock = await start({ faults: { throttling: 0.5 }, seed: 3 });
    const answers: (string | undefined)[] = [];
    for (let index = 0; index < 6; index += 1) {
      const { events, error } = await invokeAgent(bedrock);
      answers.push(error?.name ?? /turn \d/.exec(textOf(events))?.[0]);
    }
    const told = answers.filter((answer) => answer !== 'ThrottlingException');
    expect(told).toEqual(told.map((_, index) => `turn ${index + 1}`));
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThan(6);
  });
});

describe('an interruption', () => {
  test('reset breaks the connection in the middle of the answer', async () => {
    const bedrock = await startFailing({ reset: 1 });
    const agent = await invokeAgent(bedrock, stream);
    expect(agent.error).toMatchObject({ code: 'ECONNRESET' });
    expect(textOf(agent.events)).toBe('one ');
    const runtime = await invokeRuntime(bedrock);
    expect(runtime.error).toMatchObject({ code: 'ECONNRESET' });
    expect(runtime.text).toMatch(/^data: "one "\n\ndata:/);
  });

  test('truncate ends the answer as if it were whole', async () => {
    const bedrock = await startFailing({ truncate: 1 });
    const agent = await invokeAgent(bedrock, stream);
    expect(agent.error).toMatchObject({ message: 'Truncated event message received.' });
    expect(textOf(agent.events)).toBe('one ');
    const runtime = await invokeRuntime(bedrock);
    expect(runtime.error).toBeUndefined();
    expect(runtime.text).toMatch(/^data: "one "\n\ndata: "?t?$/);
  });

  test('silence sends nothing more until the caller leaves', async () => {
    const bedrock = await startFailing({ silence: 1 });
    const started = Date.now();
    const agent = await invokeAgent(bedrock, stream, AbortSignal.timeout(200));
    const runtime = await invokeRuntime(bedrock, {}, AbortSignal.timeout(200));
    expect(textOf(agent.events)).toBe('one ');
    expect(agent.error).toBeDefined();
    expect(runtime.text).toMatch(/^data: "one "\n\ndata:/);
    expect(runtime.error).toBeDefined();
    expect(Date.now() - started).toBeGreaterThanOrEqual(390);
  });

  test('cuts an answer of one piece within that', async () => {
    const bedrock = await start({
      agents: {
        'AGENT/ALIAS': async function* () {
          yield 'whole';
        },
      },
      runtimes: { [agentRuntimeArn]: () => ({ result: 'whole' }) },
      faults: { truncate: 1 },
    });
    const agent = await invokeAgent(bedrock);
    expect(agent.events).toEqual([]);
    expect(agent.error?.message).toMatch(/^Truncated event message received/);
    expect(await invokeRuntime(bedrock)).toMatchObject({ status: 200, text: '{"result"' });
  });

  test('ends an agent that is not listened to any more', async () => {
    let ended = false;
    const bedrock = await start({
      agents: {
        'AGENT/ALIAS': async function* () {
          try {
            for (;;) yield 'more ';
          } finally {
            ended = true;
          }
        },
      },
      faults: { truncate: 1 },
    });
    await invokeAgent(bedrock, stream);
    expect(ended).toBe(true);
  });
});
