import { getEventListeners } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { AgentEvent, AgentRequest } from '../src/agent.ts';
import { bedrock } from '../src/bedrock/index.ts';
import { createCompletion } from '../src/completion.ts';
import { APIConnectionError, APIError, BadGatewayError, PermissionDeniedError, Timeout } from '../src/errors.ts';
import type { CompletionParameters } from '../src/openai/parameters.ts';
import type { CompletionStream } from '../src/openai/stream.ts';
import { type Loopback, serve, within } from './support/loopback.ts';
import { reach } from './support/models.ts';

/** How one service's answers look on the wire. */
export interface Service {
  readonly model: string;
  /** Parameters that reach a loopback server; left out, it is reached with AWS keys. */
  readonly reach?: (url: string) => Readonly<Record<string, unknown>>;
  /** Sends the headers of an answer, and nothing else. */
  readonly begin: (response: ServerResponse) => void;
  /** One piece of the answer. */
  readonly text: (piece: string) => Buffer;
  /** Bytes that say nothing. */
  readonly heartbeat: Buffer;
  /** Ends a whole answer. */
  readonly end: (response: ServerResponse) => void;
  /** An error in the stream, and what it is to a caller. */
  readonly failure: { readonly bytes: Buffer; readonly error: typeof APIError };
  /** Bytes after which an end is no end, by what is wrong with them. */
  readonly broken: readonly (readonly [string, Buffer])[];
}

type ErrorClass = new (message: string) => APIError;

interface Asked {
  readonly signal?: AbortSignal;
  readonly timeout?: number;
}

/** An answer that is being read, whoever reads it: each value is the text that one read brought. */
interface Reading {
  readonly next: () => Promise<IteratorResult<string, undefined>>;
  readonly return: () => Promise<unknown>;
}

const done = { done: true, value: undefined };
const custom = new (class Custom extends Error {})('The caller has had enough.');
/** What callers abort with: nothing says that it is an error. */
const reasons = [
  ['an error', custom],
  ['a string', 'enough'],
] as const;

/** The four promises of an `Agent` and what callers of `completion()` see of them, kept over real sockets. */
export function agentContract(name: string, service: Service): void {
  const unhandled: unknown[] = [];
  const warnings: Error[] = [];
  const onUnhandled = (reason: unknown) => void unhandled.push(reason);
  const onWarning = (warning: Error) => void warnings.push(warning);

  beforeAll(async () => {
    process.on('unhandledRejection', onUnhandled);
    process.on('warning', onWarning);
    // The first call loads AWS's client, which takes longer than what is measured here.
    const { completeWhole, arrival } = await setStage(service);
    const completion = completeWhole();
    refuse(await arrival());
    await thrown(completion);
  });

  afterAll(async () => {
    // Every call was answered to its end or left: idle connections may wait for a next call, others are forgotten.
    const isOver = (response: ServerResponse) => response.writableFinished || response.destroyed;
    expect(answers.length).toBeGreaterThan(0);
    expect(await within(1000, () => answers.every(isOver))).toBe(true);
    await Promise.all(servers.map((server) => server.close()));
    await sleep(50);
    process.off('unhandledRejection', onUnhandled);
    process.off('warning', onWarning);
    expect(unhandled).toEqual([]);
    expect(await within(1000, () => openSockets() === 0)).toBe(true);
  });

  describe.each(['agent', 'stream'] as const)(`${name}, read as %s`, (way) => {
    const start = async () => {
      const stage = await setStage(service);
      return { ...stage, open: way === 'agent' ? stage.openAgent : stage.openStream };
    };

    describe('resolves with the first event', () => {
      test('and not with the headers or with bytes that say nothing', async () => {
        const { open, arrival } = await start();
        let resolved = false;
        const opening = open();
        void opening.then(() => (resolved = true));
        const response = await arrival();
        service.begin(response);
        await sleep(150);
        response.write(service.heartbeat);
        await sleep(50);
        expect(resolved).toBe(false);
        response.write(service.text('one'));
        const reading = await soon(opening);
        expect(await soon(reading.next())).toEqual({ done: false, value: 'one' });
        await reading.return();
      });

      test('and does not wait for a second one', async () => {
        const { open, arrival } = await start();
        const opening = open();
        const response = await arrival();
        service.begin(response);
        response.write(service.text('one'));
        const reading = await soon(opening, 100);
        await reading.return();
      });

      test('and rejects when the error comes first, as an HTTP status', async () => {
        const { open, arrival, isClosed } = await start();
        const opening = open();
        refuse(await arrival());
        expectError(await thrown(opening), PermissionDeniedError);
        // The body of a refusal is read to its end, so that the connection can be used again.
        expect(isClosed()).toBe(false);
      });

      test('and rejects when the error comes first, in the stream', async () => {
        const { open, arrival, closes } = await start();
        const opening = open();
        const response = await arrival();
        service.begin(response);
        response.write(service.failure.bytes);
        expectError(await thrown(opening), service.failure.error);
        expect(await closes()).toBe(true);
      });

      test.each<[string, (response: ServerResponse) => void]>([
        ['reset before the headers', (response) => response.socket?.resetAndDestroy()],
        ['closed before the headers', (response) => response.socket?.end()],
        ['reset after the headers', (response) => after(response, () => response.socket?.resetAndDestroy())],
        ['closed after the headers', (response) => after(response, () => response.socket?.end())],
      ])('and rejects when the connection is %s', async (_, breakOff) => {
        const { open, arrival, closes } = await start();
        const opening = open();
        breakOff(await arrival());
        expectError(await thrown(opening), APIConnectionError);
        expect(await closes()).toBe(true);
      });

      test('and rejects when the answer ends without one', async () => {
        const { open, arrival } = await start();
        const opening = open();
        const response = await arrival();
        service.begin(response);
        response.write(service.heartbeat);
        response.end();
        expectError(await thrown(opening), BadGatewayError);
      });

      function after(response: ServerResponse, breakOff: () => void): void {
        service.begin(response);
        setTimeout(breakOff, 20);
      }
    });

    describe('ends with a finish or throws', () => {
      test('reads a whole answer to its end and keeps the connection for the next call', async () => {
        const { open, arrival } = await start();
        const connections = new Set<unknown>();
        for (let call = 0; call < 3; call++) {
          const opening = open();
          const response = await arrival(call);
          connections.add(response.socket);
          service.begin(response);
          response.write(service.text('one '));
          response.write(service.heartbeat);
          response.write(service.text('two'));
          service.end(response);
          const reading = await soon(opening);
          expect(await soon(readAll(reading))).toBe('one two');
          expect(await soon(reading.next())).toEqual(done);
        }
        expect(connections.size).toBe(1);
      });

      const endings: readonly (readonly [string, (response: ServerResponse) => void, ErrorClass])[] = [
        ['an error comes and the end', (response) => response.end(service.failure.bytes), service.failure.error],
        ['an error comes and silence', (response) => response.write(service.failure.bytes), service.failure.error],
        ['the connection is reset', (response) => response.socket?.resetAndDestroy(), APIConnectionError],
        ['the connection is closed', (response) => response.socket?.end(), APIConnectionError],
        ...service.broken.map(
          ([what, bytes]) => [what, (response: ServerResponse) => response.end(bytes), BadGatewayError] as const,
        ),
      ];

      test.each(endings)('throws when, after text, %s', async (_, breakOff, expected) => {
        const { open, arrival, closes } = await start();
        const opening = open();
        const response = await arrival();
        service.begin(response);
        response.write(service.text('one'));
        const reading = await soon(opening);
        expect(await soon(reading.next())).toEqual({ done: false, value: 'one' });
        const pending = reading.next();
        await sleep(10);
        breakOff(response);
        expectError(await thrown(pending), expected);
        // An error in a whole answer may leave the connection to the next call.
        if (!response.writableEnded) expect(await closes()).toBe(true);
        expect(await soon(reading.next())).toEqual(done);
      });

      test.each([
        ['an error comes', service.failure.bytes, service.failure.error] as const,
        ...service.broken.map(([what, bytes]) => [what, bytes, BadGatewayError] as const),
      ])('hands on the text that came in the same read before %s', async (_, bytes, expected) => {
        const { open, arrival } = await start();
        const opening = open();
        const response = await arrival();
        service.begin(response);
        response.end(Buffer.concat([service.text('one'), bytes]));
        const reading = await soon(opening);
        expect(await soon(reading.next())).toEqual({ done: false, value: 'one' });
        expectError(await thrown(reading.next()), expected);
        expect(await soon(reading.next())).toEqual(done);
      });

      test.each<[string, (response: ServerResponse) => void]>([
        ['reset', (response) => response.socket?.resetAndDestroy()],
        ['closed', (response) => response.socket?.end()],
      ])('throws when the connection is %s while nobody reads', async (_, breakOff) => {
        const { openOne, closes } = await begun(start);
        const { reading, response } = await openOne();
        response.write(service.text('two'));
        await sleep(20);
        breakOff(response);
        expect(await closes()).toBe(true);
        expectError(await thrown(readAll(reading)), APIConnectionError);
      });

      test('gives every one of several pending reads its own piece', async () => {
        const { open, arrival } = await start();
        const opening = open();
        const response = await arrival();
        service.begin(response);
        response.write(service.text('one '));
        const reading = await soon(opening);
        const pending = Array.from({ length: 8 }, () => reading.next());
        await sleep(20);
        response.write(Buffer.concat([service.text('two '), service.text('three '), service.text('four')]));
        service.end(response);
        const results = await soon(Promise.all(pending));
        expect(results.map(({ value = '' }) => value).join('')).toBe('one two three four');
      });
    });

    describe('closes the connection when the reader stops', () => {
      test('after a read', async () => {
        const { openOne, closes } = await begun(start);
        const { reading } = await openOne();
        await soon(reading.return(), 100);
        expect(await closes()).toBe(true);
        expect(await soon(reading.next())).toEqual(done);
      });

      test('while a read is pending', async () => {
        const { openOne, closes } = await begun(start);
        const { reading } = await openOne();
        const pending = reading.next();
        await sleep(20);
        await soon(reading.return(), 100);
        expect(await soon(pending, 100)).toEqual(done);
        expect(await closes()).toBe(true);
      });

      test('before the first read, and hands out nothing more', async () => {
        const { open, arrival, closes } = await start();
        const opening = open();
        const response = await arrival();
        service.begin(response);
        response.write(service.text('one'));
        const reading = await soon(opening);
        await soon(reading.return(), 100);
        expect(await closes()).toBe(true);
        expect(await soon(reading.next())).toEqual(done);
      });

      test('while the server goes on sending', async () => {
        const { openOne, closes } = await begun(start);
        const { reading, response } = await openOne();
        const timer = setInterval(() => response.write(service.text('more')), 5);
        await sleep(30);
        await soon(reading.return(), 100);
        expect(await closes()).toBe(true);
        clearInterval(timer);
      });

      test('and keeps no timer that would hold the process', async () => {
        const { timeout, timers } = watchTimers();
        const { openOne, closes } = await begun(start);
        const { reading } = await openOne({ timeout });
        expect(timers()).toBe(1);
        await reading.return();
        expect(await closes()).toBe(true);
        expect(timers()).toBe(0);
      });
    });

    describe('throws the reason of an abort', () => {
      describe.each(reasons)('that is %s', (_, reason) => {
        test('before the call, and connects to nobody', async () => {
          const { open, received, isClosed } = await start();
          const signal = AbortSignal.abort(reason);
          expect(await thrown(open({ signal }))).toBe(reason);
          await sleep(30);
          expect(received).toEqual([]);
          expect(isClosed()).toBe(true);
          expect(listeners(signal)).toBe(0);
        });

        test('right after the call, and nothing is sent', async () => {
          const { open, received, isClosed } = await start();
          const { signal, abort } = createAbort(reason);
          const opening = open({ signal });
          abort();
          expect(await thrown(opening)).toBe(reason);
          await sleep(50);
          expect(received).toEqual([]);
          expect(isClosed()).toBe(true);
          expect(listeners(signal)).toBe(0);
        });

        test('before the headers', async () => {
          const { open, arrival, closes } = await start();
          const { signal, abort } = createAbort(reason);
          const opening = open({ signal });
          await arrival();
          abort();
          expect(await thrown(opening)).toBe(reason);
          expect(await closes()).toBe(true);
          expect(listeners(signal)).toBe(0);
        });

        test('before the first event', async () => {
          const { open, arrival, closes } = await start();
          const { signal, abort } = createAbort(reason);
          const opening = open({ signal });
          service.begin(await arrival());
          await sleep(30);
          abort();
          expect(await thrown(opening)).toBe(reason);
          expect(await closes()).toBe(true);
          expect(listeners(signal)).toBe(0);
        });

        test('before the first read', async () => {
          const { open, arrival, closes } = await start();
          const { signal, abort } = createAbort(reason);
          const opening = open({ signal });
          const response = await arrival();
          service.begin(response);
          response.write(service.text('one'));
          const reading = await soon(opening);
          abort();
          expect(await closes()).toBe(true);
          expect(await thrown(reading.next())).toBe(reason);
          expect(listeners(signal)).toBe(0);
        });

        test('while a read is pending', async () => {
          const { openOne, closes } = await begun(start);
          const { signal, abort } = createAbort(reason);
          const { reading } = await openOne({ signal });
          const pending = reading.next();
          await sleep(20);
          abort();
          expect(await thrown(pending)).toBe(reason);
          expect(await closes()).toBe(true);
          expect(listeners(signal)).toBe(0);
        });

        test('between two reads, though more has arrived', async () => {
          const { openOne, closes } = await begun(start);
          const { signal, abort } = createAbort(reason);
          const { reading, response } = await openOne({ signal });
          response.write(service.text('two'));
          await sleep(30);
          abort();
          expect(await closes()).toBe(true);
          expect(await thrown(reading.next())).toBe(reason);
          expect(listeners(signal)).toBe(0);
        });

        test('after the whole answer has arrived', async () => {
          const { open, arrival } = await start();
          const { signal, abort } = createAbort(reason);
          const opening = open({ signal });
          const response = await arrival();
          service.begin(response);
          response.write(service.text('one'));
          response.write(service.text('two'));
          service.end(response);
          const reading = await soon(opening);
          await sleep(30);
          abort();
          expect(await thrown(reading.next())).toBe(reason);
          expect(listeners(signal)).toBe(0);
        });
      });

      test('and leaves nothing behind though nobody reads on', async () => {
        const { timeout, timers } = watchTimers();
        const { openOne, closes } = await begun(start);
        const { signal, abort } = createAbort(custom);
        await openOne({ signal, timeout });
        abort();
        expect(await closes()).toBe(true);
        expect({ listeners: listeners(signal), timers: timers() }).toEqual({ listeners: 0, timers: 0 });
      });

      test.each<[string, (reading: Reading, response: ServerResponse) => Promise<unknown>]>([
        ['was read', (reading, response) => (service.end(response), readAll(reading))],
        ['broke off', (reading, response) => (response.socket?.resetAndDestroy(), thrown(reading.next()))],
        ['failed', (reading, response) => (response.write(service.failure.bytes), thrown(reading.next()))],
        ['was left', (reading) => reading.return()],
      ])('and listens to the signal no longer than until the answer %s', async (_, finish) => {
        const { openOne } = await begun(start);
        const { signal } = new AbortController();
        const { reading, response } = await openOne({ signal });
        expect(listeners(signal)).toBe(1);
        await soon(finish(reading, response));
        expect(listeners(signal)).toBe(0);
      });

      test('and listens to the signal no longer than until the call was refused', async () => {
        const { open, arrival } = await start();
        const { signal } = new AbortController();
        const opening = open({ signal });
        refuse(await arrival());
        await thrown(opening);
        expect(listeners(signal)).toBe(0);
      });
    });

    describe.concurrent('throws a Timeout after silence', () => {
      test('before the headers', async () => {
        const { open, arrival, closes } = await start();
        const began = performance.now();
        const opening = open({ timeout: 0.2 });
        await arrival();
        expectTimeout(await thrown(opening), began);
        expect(await closes()).toBe(true);
      });

      test('before the first event', async () => {
        const { open, arrival, closes } = await start();
        const opening = open({ timeout: 0.2 });
        const response = await arrival();
        const began = performance.now();
        service.begin(response);
        expectTimeout(await thrown(opening), began);
        expect(await closes()).toBe(true);
      });

      test('in mid-stream', async () => {
        const { openOne, closes } = await begun(start);
        const { reading } = await openOne({ timeout: 0.2 });
        const began = performance.now();
        expectTimeout(await thrown(reading.next()), began);
        expect(await closes()).toBe(true);
        expect(await soon(reading.next())).toEqual(done);
      });

      test('also while several reads are pending', async () => {
        const { openOne } = await begun(start);
        const { reading, response } = await openOne({ timeout: 0.2 });
        const first = reading.next();
        const second = thrown(reading.next());
        response.write(service.text('two'));
        expect(await soon(first)).toEqual({ done: false, value: 'two' });
        const began = performance.now();
        expectTimeout(await second, began);
      });

      test('but not while bytes come that say nothing', async () => {
        const { open, arrival } = await start();
        const opening = open({ timeout: 0.2 });
        const response = await arrival();
        service.begin(response);
        await beat(response, 6);
        response.write(service.text('one'));
        const reading = await soon(opening);
        expect(await soon(reading.next())).toEqual({ done: false, value: 'one' });
        const pending = reading.next();
        await beat(response, 6);
        response.write(service.text('two'));
        expect(await soon(pending)).toEqual({ done: false, value: 'two' });
        await reading.return();
      });

      test('that follows bytes that say nothing', async () => {
        const { openOne } = await begun(start);
        const { reading, response } = await openOne({ timeout: 0.2 });
        const pending = thrown(reading.next());
        await beat(response, 3);
        const began = performance.now();
        expectTimeout(await pending, began);
      });

      test('but not while nobody reads', async () => {
        const { open, arrival } = await start();
        const opening = open({ timeout: 0.2 });
        const response = await arrival();
        service.begin(response);
        response.write(service.text('one'));
        const reading = await soon(opening);
        await sleep(500);
        expect(await soon(reading.next())).toEqual({ done: false, value: 'one' });
        response.write(service.text('two'));
        await sleep(300);
        expect(await soon(reading.next())).toEqual({ done: false, value: 'two' });
        await sleep(300);
        // The server was silent for long, the reader has waited for 100 ms only.
        const pending = reading.next();
        await sleep(100);
        response.write(service.text('three'));
        expect(await soon(pending)).toEqual({ done: false, value: 'three' });
        const began = performance.now();
        expectTimeout(await thrown(reading.next()), began);
      });

      async function beat(response: ServerResponse, times: number): Promise<void> {
        for (let time = 0; time < times; time++) {
          await sleep(80);
          response.write(service.heartbeat);
        }
      }
    });

    test('hands on each piece as soon as it arrives', async () => {
      const { open, arrival } = await start();
      const opening = open();
      const response = await arrival();
      const began = performance.now();
      service.begin(response);
      const pieces = Array.from({ length: 50 }, (_, index) => `piece ${index} `);
      const sent: number[] = [];
      const sending = (async () => {
        for (const piece of pieces) {
          sent.push(performance.now());
          response.write(service.text(piece));
          await sleep(20);
        }
        service.end(response);
      })();

      const read: string[] = [];
      const lags: number[] = [];
      let first: number | undefined;
      const reading = await soon(opening);
      for (;;) {
        const result = await soon(reading.next());
        if (result.done) break;
        if (result.value === '') continue;
        const now = performance.now();
        first ??= now - began;
        lags.push(now - (sent[read.length] ?? 0));
        read.push(result.value);
      }
      await sending;
      expect(read).toEqual(pieces);
      expect(first).toBeLessThan((performance.now() - began) / 10);
      expect(lags.sort((a, b) => a - b)[25]).toBeLessThan(10);
    });

    test('reads no further ahead of its reader than the sockets hold', async () => {
      const { open, arrival, closes } = await start();
      const opening = open();
      const response = await arrival();
      service.begin(response);
      const piece = service.text('x'.repeat(64_000));
      const all = 50_000_000;
      let sent = 0;
      let stuckAt = 0;
      const pump = () => {
        while (sent < all) {
          sent += piece.length;
          if (!response.write(piece)) {
            stuckAt = performance.now();
            response.once('drain', pump);
            return;
          }
        }
        service.end(response);
      };
      pump();
      const reading = await soon(opening);
      await soon(reading.next());
      const before = process.memoryUsage().arrayBuffers;
      expect(await within(5000, () => performance.now() - stuckAt > 300)).toBe(true);
      expect(sent).toBeLessThan(all / 2);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(all / 4);
      await soon(reading.return(), 100);
      expect(await closes()).toBe(true);
    });
  });

  describe(`${name}, through completion()`, () => {
    test('an agent ends with exactly one finish, which comes last', async () => {
      const { ask, arrival } = await setStage(service);
      const answer = ask();
      const response = await arrival();
      service.begin(response);
      for (const piece of ['one ', 'two ', 'three']) {
        await sleep(10);
        response.write(service.text(piece));
      }
      service.end(response);
      const events: AgentEvent[] = [];
      for await (const batch of (await answer).events) events.push(...batch);
      expect(events.filter(({ type }) => type === 'finish')).toHaveLength(1);
      expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop' });
      expect(events.map((event) => (event.type === 'text' ? event.text : '')).join('')).toBe('one two three');
    });

    test('a stream ends with exactly one finish reason, on its last chunk', async () => {
      const { complete, arrival } = await setStage(service);
      const opening = complete({ stream: true });
      const response = await arrival();
      service.begin(response);
      response.write(service.text('one '));
      response.write(service.text('two'));
      service.end(response);
      const finishes: (string | null | undefined)[] = [];
      for await (const { choices } of await opening) finishes.push(choices[0]?.finish_reason);
      expect(finishes).toEqual([null, null, 'stop']);
    });

    test('a whole completion is all of the answer', async () => {
      const { completeWhole, arrival } = await setStage(service);
      const completion = completeWhole();
      const response = await arrival();
      service.begin(response);
      response.write(service.text('one '));
      await sleep(20);
      response.write(service.text('two'));
      service.end(response);
      expect((await soon(completion)).choices[0]?.message.content).toBe('one two');
    });

    test.each<[string, (response: ServerResponse) => void, ErrorClass]>([
      ['is refused', (response) => refuse(response), PermissionDeniedError],
      ['begins with an error', (response) => failAfter(response, ''), service.failure.error],
      ['ends in an error', (response) => failAfter(response, 'one'), service.failure.error],
      ['is reset', (response) => cut(response, () => response.socket?.resetAndDestroy()), APIConnectionError],
      ['is closed', (response) => cut(response, () => response.socket?.end()), APIConnectionError],
      ['is empty', (response) => (service.begin(response), response.end()), BadGatewayError],
      ...service.broken.map(
        ([what, bytes]) =>
          [
            `stops: ${what}`,
            (response: ServerResponse) => cut(response, () => response.end(bytes)),
            BadGatewayError,
          ] as [string, (response: ServerResponse) => void, ErrorClass],
      ),
    ])('no part of an answer passes for a whole completion when it %s', async (_, answer, expected) => {
      const { completeWhole, arrival } = await setStage(service);
      const completion = completeWhole();
      answer(await arrival());
      const error = expectError(await thrown(completion), expected);
      expect(error.llm_provider).toBe('bedrock');
    });

    test.each(reasons)('an abort that is %s rejects a whole completion, at whatever point it is', async (_, reason) => {
      const points: ((response: ServerResponse) => void)[] = [
        () => undefined,
        (response) => service.begin(response),
        (response) => (service.begin(response), response.write(service.text('one'))),
      ];
      for (const [index, point] of points.entries()) {
        const { completeWhole, arrival, closes } = await setStage(service);
        const { signal, abort } = createAbort(reason);
        const completion = completeWhole({ signal });
        point(await arrival());
        await sleep(30);
        abort();
        expect(await thrown(completion), `point ${index}`).toBe(reason);
        expect(await closes(), `point ${index}`).toBe(true);
        expect(listeners(signal), `point ${index}`).toBe(0);
      }
    });

    test('an abort before a whole completion connects to nobody', async () => {
      const { completeWhole, received, isClosed } = await setStage(service);
      expect(await thrown(completeWhole({ signal: AbortSignal.abort('no') }))).toBe('no');
      await sleep(30);
      expect(received).toEqual([]);
      expect(isClosed()).toBe(true);
    });

    test('silence in mid-answer is a Timeout of a whole completion, heartbeats put it off', async () => {
      const { completeWhole, arrival, closes } = await setStage(service);
      const completion = thrown(completeWhole({ timeout: 0.2 }));
      const response = await arrival();
      service.begin(response);
      response.write(service.text('one'));
      for (let beats = 0; beats < 4; beats++) {
        await sleep(80);
        response.write(service.heartbeat);
      }
      const began = performance.now();
      expectTimeout(await completion, began);
      expect(await closes()).toBe(true);
    });

    test('stream_timeout is the timeout of streams and of nothing else', async () => {
      const { complete, completeWhole, arrival } = await setStage(service);
      const began = performance.now();
      const short = thrown(complete({ stream: true, timeout: 20, stream_timeout: 0.2 }));
      const long = complete({ stream: true, timeout: 0.2, stream_timeout: 20 });
      const whole = thrown(completeWhole({ timeout: 0.2, stream_timeout: 20 }));
      expectTimeout(await short, began);
      expectTimeout(await whole, began);
      await sleep(300);
      await arrival(2);
      const reached = [await arrival(0), await arrival(1), await arrival(2)].filter(({ destroyed }) => !destroyed);
      expect(reached).toHaveLength(1);
      for (const response of reached) {
        service.begin(response);
        response.write(service.text('late'));
      }
      const stream = await soon(long);
      stream.abort();
    });

    test('an error names the model, at whatever point it comes', async () => {
      const { complete, completeWhole, arrival } = await setStage(service);
      const points: readonly ((response: ServerResponse) => void)[] = [
        refuse,
        (response) => failAfter(response, ''),
        (response) => failAfter(response, 'one'),
      ];
      let calls = 0;
      for (const [index, point] of points.entries()) {
        const whole = completeWhole();
        point(await arrival(calls++));
        expect(await thrown(whole), `whole, point ${index}`).toMatchObject({ model: service.model });
        const stream = complete({ stream: true }).then((answer) => answer.finalChatCompletion());
        point(await arrival(calls++));
        expect(await thrown(stream), `stream, point ${index}`).toMatchObject({ model: service.model });
      }
    });

    test.skipIf(service.reach)(
      'credentials that do not come are a Timeout, and an abort does not wait for them',
      async () => {
        const folder = await mkdtemp(join(tmpdir(), 'bedrock-agents-'));
        const keys = { Version: 1, AccessKeyId: 'AKIDLATE', SecretAccessKey: 'late-secret-key' };
        await writeFile(join(folder, 'keys.json'), JSON.stringify(keys));
        const command = `sleep 0.8 && cat ${join(folder, 'keys.json')}`;
        await writeFile(join(folder, 'config'), `[profile hung]\ncredential_process = ${command}\n`);
        vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
        vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'none'));
        vi.stubEnv('AWS_PROFILE', 'hung');
        vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
        vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
        onTestFinished(async () => {
          vi.unstubAllEnvs();
          await rm(folder, { recursive: true });
        });
        const server = await serve((response) => {
          service.begin(response);
          response.write(service.text('one'));
          service.end(response);
        });
        servers.push(server);
        const completion = createCompletion(bedrock({ api_base: server.url }));

        const began = performance.now();
        expectTimeout(await thrown(completion({ model: service.model, messages, timeout: 0.2 })), began);
        const { signal, abort } = createAbort('enough');
        const waiting = completion({ model: service.model, messages, stream: true, signal });
        setTimeout(abort, 20);
        expect(await thrown(waiting)).toBe('enough');
        expect(performance.now() - began).toBeLessThan(700);
        expect(listeners(signal)).toBe(0);
        // The keys arrive after all; whoever gave up must not be charged for a turn.
        const whole = await soon(completion({ model: service.model, messages }));
        expect(whole.choices[0]?.message.content).toBe('one');
        expect(server.received).toHaveLength(1);
        expect(server.received[0]?.headers.authorization).toContain('AKIDLATE');
      },
    );

    describe('a stream is left quietly', () => {
      const ways: readonly (readonly [string, (stream: CompletionStream) => void])[] = [
        ['abort()', (stream) => stream.abort()],
        ['controller.abort()', (stream) => stream.controller.abort()],
      ];

      test.each(ways)('with %s while a read is pending', async (_, leave) => {
        const { openChunks, closes } = await setChunks(service);
        const { stream, iterator } = await openChunks();
        const pending = iterator.next();
        await sleep(20);
        leave(stream);
        expect(await soon(pending, 100)).toEqual(done);
        expect(await closes()).toBe(true);
        expect(await soon(iterator.next())).toEqual(done);
      });

      test.each(ways)('with %s between two reads, though more has arrived', async (_, leave) => {
        const { openChunks, closes } = await setChunks(service);
        const { stream, iterator, response } = await openChunks();
        response.write(service.text('two'));
        await sleep(30);
        leave(stream);
        expect(await closes()).toBe(true);
        expect(await soon(iterator.next())).toEqual(done);
      });

      test.each(ways)('with %s before anything is read, and nothing is left behind', async (_, leave) => {
        const { timeout, timers } = watchTimers();
        const { complete, arrival, closes } = await setStage(service);
        const { signal } = new AbortController();
        const opening = complete({ stream: true, signal, timeout });
        const response = await arrival();
        service.begin(response);
        response.write(service.text('one'));
        const stream = await soon(opening);
        leave(stream);
        expect(await closes()).toBe(true);
        expect({ listeners: listeners(signal), timers: timers() }).toEqual({ listeners: 0, timers: 0 });
        const chunks: unknown[] = [];
        for await (const chunk of stream) chunks.push(chunk);
        expect(chunks).toEqual([]);
      });

      test('with a break, and nothing is left behind', async () => {
        const { timeout, timers } = watchTimers();
        const { complete, arrival, closes } = await setStage(service);
        const { signal } = new AbortController();
        const opening = complete({ stream: true, signal, timeout });
        const response = await arrival();
        service.begin(response);
        response.write(service.text('one'));
        for await (const chunk of await soon(opening)) {
          expect(chunk.choices[0]?.delta.content).toBe('one');
          break;
        }
        expect(await closes()).toBe(true);
        expect({ listeners: listeners(signal), timers: timers() }).toEqual({ listeners: 0, timers: 0 });
      });

      test.each([
        ['while it is read', true],
        ['before it is read', false],
      ])('with cancel() of its web stream, %s', async (_, isReading) => {
        const { complete, arrival, closes } = await setStage(service);
        const opening = complete({ stream: true });
        const response = await arrival();
        service.begin(response);
        response.write(service.text('one'));
        const reader = (await soon(opening)).toReadableStream().getReader();
        if (isReading) {
          const { value } = await soon(reader.read());
          expect(Buffer.from(value ?? []).toString()).toMatch(/^\{.*"content":"one".*\}\n$/);
          const pending = reader.read();
          await sleep(20);
          await soon(reader.cancel(), 100);
          expect((await soon(pending, 100)).done).toBe(true);
        } else {
          await soon(reader.cancel(), 100);
        }
        expect(await closes()).toBe(true);
      });
    });

    test('a web stream fails where the answer breaks off', async () => {
      const { complete, arrival } = await setStage(service);
      const opening = complete({ stream: true });
      const response = await arrival();
      service.begin(response);
      response.write(service.text('one'));
      const reader = (await soon(opening)).toReadableStream().getReader();
      expect((await soon(reader.read())).done).toBe(false);
      response.socket?.resetAndDestroy();
      expectError(await thrown(reader.read()), APIConnectionError);
    });

    test('finalChatCompletion() sums up the stream', async () => {
      const { openFinal } = await setFinal();
      const { final, response } = await openFinal();
      response.write(service.text(' two'));
      service.end(response);
      expect((await soon(final)).choices[0]?.message.content).toBe('one two');
    });

    test('finalChatCompletion() never returns a part: not of a failure, not of an abort, not of abort()', async () => {
      const { openFinal, closes } = await setFinal();
      const failed = await openFinal();
      failed.response.write(service.failure.bytes);
      expectError(await thrown(failed.final), service.failure.error);
      const { signal, abort } = createAbort(custom);
      const aborted = await openFinal({ signal });
      abort();
      expect(await thrown(aborted.final)).toBe(custom);
      expect(listeners(signal)).toBe(0);
      const left = await openFinal();
      left.stream.abort();
      expect(await thrown(left.final)).toMatchObject({ name: 'AbortError' });
      expect(await closes()).toBe(true);
    });

    test('300 streams at once all complete, with one signal for all of them', async () => {
      const count = 300;
      const waiting: ServerResponse[] = [];
      const server = await serve((response) => {
        service.begin(response);
        response.write(service.text('one '));
        waiting.push(response);
        if (waiting.length < count) return;
        for (const each of waiting) {
          each.write(service.text('two'));
          service.end(each);
        }
      });
      servers.push(server);
      const completion = createCompletion(bedrock((service.reach ?? reach)(server.url)));
      const { signal } = new AbortController();
      const texts = Array.from({ length: count }, async () => {
        const stream = await completion({ model: service.model, messages, stream: true, signal });
        let text = '';
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
        return text;
      });
      expect(await soon(Promise.all(texts), 10_000)).toEqual(texts.map(() => 'one two'));
      expect(listeners(signal)).toBe(0);
      expect(warnings.filter(({ name: kind }) => kind === 'MaxListenersExceededWarning')).toEqual([]);
    });

    describe('a stream that is dropped closes its connection', () => {
      setFlagsFromString('--expose-gc');
      const collectGarbage = runInNewContext('gc') as () => void;

      async function closesByItself(isClosed: () => boolean): Promise<boolean> {
        for (const end = performance.now() + 5000; !isClosed() && performance.now() < end; await sleep(20)) {
          collectGarbage();
        }
        return isClosed();
      }

      async function openStream(asked: Asked = {}) {
        const stage = await setStage(service);
        const opening = stage.complete({ stream: true, ...asked });
        const response = await stage.arrival();
        service.begin(response);
        response.write(service.text('one'));
        return { ...stage, stream: await soon(opening) };
      }

      test('when nobody began to read it', async () => {
        const { signal } = new AbortController();
        const isClosed = await (async () => (await openStream({ signal })).isClosed)();
        const closed = await closesByItself(isClosed);
        expect(closed).toBe(true);
        expect(listeners(signal)).toBe(0);
      });

      test('when somebody began to read it', async () => {
        const { signal } = new AbortController();
        const isClosed = await (async () => {
          const { isClosed, stream } = await openStream({ signal });
          const result = await stream[Symbol.asyncIterator]().next();
          expect(result.done).toBe(false);
          return isClosed;
        })();
        expect(await closesByItself(isClosed)).toBe(true);
        expect(listeners(signal)).toBe(0);
      });

      test('and keeps no timer that would hold the process', async () => {
        const { timeout, timers } = watchTimers();
        const isClosed = await (async () => (await openStream({ timeout })).isClosed)();
        expect(timers()).toBe(1);
        expect(await closesByItself(isClosed)).toBe(true);
        expect(timers()).toBe(0);
      });

      test('but not one whose iterator is still held', async () => {
        const { iterator, isClosed } = await (async () => {
          const { isClosed, stream } = await openStream();
          return { isClosed, iterator: stream[Symbol.asyncIterator]() };
        })();
        for (let round = 0; round < 10; round++) {
          collectGarbage();
          await sleep(20);
        }
        expect(isClosed()).toBe(false);
        expect((await iterator.next()).value?.choices[0]?.delta.content).toBe('one');
        await iterator.return?.();
        expect(await within(100, isClosed)).toBe(true);
      });
    });

    function failAfter(response: ServerResponse, piece: string): void {
      service.begin(response);
      if (piece !== '') response.write(service.text(piece));
      response.end(service.failure.bytes);
    }

    function cut(response: ServerResponse, end: () => void): void {
      service.begin(response);
      response.write(service.text('one'));
      setTimeout(end, 30);
    }

    /** A stage whose stream is summed up; the first piece has been sent. */
    async function setFinal() {
      const stage = await setStage(service);
      let calls = 0;
      async function openFinal(asked: Asked = {}) {
        const opening = stage.complete({ stream: true, ...asked });
        const response = await stage.arrival(calls++);
        service.begin(response);
        response.write(service.text('one'));
        const stream = await soon(opening);
        const final = stream.finalChatCompletion();
        await sleep(20);
        return { stream, final, response };
      }
      return { ...stage, openFinal };
    }
  });

  /** A stage whose answer has begun, its first piece read. */
  async function begun(start: () => Promise<Stage & { open: Stage['openAgent'] }>) {
    const stage = await start();
    return {
      ...stage,
      openOne: async (asked: Asked = {}) => {
        const opening = stage.open(asked);
        const response = await stage.arrival();
        service.begin(response);
        response.write(service.text('one'));
        const reading = await soon(opening);
        expect(await soon(reading.next())).toEqual({ done: false, value: 'one' });
        return { reading, response };
      },
    };
  }
}

/** Those of this test file, to be closed after it: tests that run at the same time cannot clean up behind each. */
const servers: Loopback[] = [];
const answers: ServerResponse[] = [];

const messages = [{ role: 'user', content: 'Good morning' }] as const;

type Stage = Awaited<ReturnType<typeof setStage>>;

/** A server that a test plays itself, and the ways to ask it. */
async function setStage(service: Service) {
  const responses: ServerResponse[] = [];
  const server = await serve((response) => answers.push(response) && responses.push(response));
  servers.push(server);
  const agents = bedrock((service.reach ?? reach)(server.url));
  const completion = createCompletion(agents);
  const isClosed = () => server.sockets.size === 0;

  const ask = (asked: Asked = {}) => {
    const request: AgentRequest = {
      instructions: '',
      turns: [{ type: 'user', parts: [{ type: 'text', text: 'Good morning' }] }],
      tools: [],
      settings: {},
      dropUnsupported: false,
      parameters: {},
      stream: true,
      ...asked,
    };
    return agents(service.model)(request);
  };
  const complete = (parameters: Partial<CompletionParameters> & { readonly stream: true }) =>
    completion({ model: service.model, messages, ...parameters });
  const completeWhole = (parameters: Partial<CompletionParameters> = {}) =>
    completion({ model: service.model, messages, ...parameters, stream: false });

  return {
    received: server.received,
    isClosed,
    /** Whether the server sees, at once, that nobody is connected any more. */
    closes: () => within(100, isClosed),
    /** The server's side of a call that has been made. */
    arrival: async (index = 0): Promise<ServerResponse> => {
      await within(5000, () => responses.length > index);
      const response = responses[index];
      if (!response) throw new Error('The call did not reach the server.');
      return response;
    },
    ask,
    complete,
    completeWhole,

    openAgent: async (asked: Asked = {}): Promise<Reading> => {
      const iterator = (await ask(asked)).events[Symbol.asyncIterator]();
      return {
        async next() {
          const result = await iterator.next();
          if (result.done) return { done: true, value: undefined };
          return {
            done: false,
            value: result.value.map((event) => (event.type === 'text' ? event.text : '')).join(''),
          };
        },
        return: async () => iterator.return?.(),
      };
    },

    openStream: async (asked: Asked = {}): Promise<Reading> => {
      const iterator = (await complete({ stream: true, ...asked }))[Symbol.asyncIterator]();
      return {
        async next() {
          const result = await iterator.next();
          if (result.done) return { done: true, value: undefined };
          return { done: false, value: result.value.choices[0]?.delta.content ?? '' };
        },
        return: async () => iterator.return?.(),
      };
    },
  };
}

/** A stage for the stream itself, its first chunk read. */
async function setChunks(service: Service) {
  const stage = await setStage(service);
  return {
    ...stage,
    openChunks: async () => {
      const opening = stage.complete({ stream: true });
      const response = await stage.arrival();
      service.begin(response);
      response.write(service.text('one'));
      const stream = await soon(opening);
      const iterator = stream[Symbol.asyncIterator]();
      expect((await soon(iterator.next())).value?.choices[0]?.delta.content).toBe('one');
      return { stream, iterator, response };
    },
  };
}

/** Refuses a call as AWS does it. */
function refuse(response: ServerResponse): void {
  response.writeHead(403, { 'content-type': 'application/json', 'x-amzn-errortype': 'AccessDeniedException' });
  response.end('{"message":"Not you."}');
}

async function readAll(reading: Reading): Promise<string> {
  let text = '';
  for (;;) {
    const result = await reading.next();
    if (result.done) return text;
    text += result.value;
  }
}

/** The promise's value, or an error when it does not come at once. */
async function soon<T>(promise: Promise<T>, milliseconds = 2000): Promise<T> {
  const late = new AbortController();
  const lateness = sleep(milliseconds, undefined, { signal: late.signal }).then(() => {
    throw new Error(`Nothing happened within ${milliseconds} ms.`);
  });
  try {
    return await Promise.race([promise, lateness]);
  } finally {
    late.abort();
    void lateness.catch(() => undefined);
  }
}

/** What a promise rejects with. */
async function thrown(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await soon(promise);
  } catch (error) {
    return error;
  }
  throw new Error(`Expected an error, got ${JSON.stringify(value)}.`);
}

function expectError(error: unknown, expected: ErrorClass): APIError {
  expect(error).toBeInstanceOf(APIError);
  const { name } = error as APIError;
  expect(name).toBe(new expected('').name);
  return error as APIError;
}

function expectTimeout(error: unknown, began: number): void {
  const waited = performance.now() - began;
  expect(expectError(error, Timeout).status).toBe(408);
  expect(waited).toBeGreaterThan(180);
  expect(waited).toBeLessThan(600);
}

function createAbort(reason: unknown) {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(reason) };
}

function listeners(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length;
}

/** A timeout that nobody else has, and how many timers of that length would hold the process. */
function watchTimers() {
  const timeout = 321;
  const set = vi.spyOn(globalThis, 'setTimeout');
  onTestFinished(() => set.mockRestore());
  const timers = () =>
    set.mock.results.filter(({ type, value }, index) => {
      // Not in Node's types; `hasRef()` alone stays true when a timer is cleared.
      const timer = value as NodeJS.Timeout & { readonly _destroyed: boolean };
      return type === 'return' && set.mock.calls[index]?.[1] === timeout * 1000 && timer.hasRef() && !timer._destroyed;
    }).length;
  return { timeout, timers };
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource.startsWith('TCP')).length;
}
