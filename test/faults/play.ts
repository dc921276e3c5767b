import { setTimeout as sleep } from 'node:timers/promises';
import { APIError } from '../../src/errors.ts';
import { type Cell, type Found, toExpected } from './expected.ts';
import type { Fault } from './faults.ts';
import { answerNames } from './names.ts';
import { openStage } from './scene.ts';
import { type Service, services } from './services.ts';
import { askDirectly, type Outcome, prompt, reason, startProxy, ways } from './ways.ts';

export interface Result {
  readonly cell: Cell;
  readonly expected: Found;
  readonly found: Found;
}

/** How many cells are played at once: enough for two processors, and not so many that one waits for the others. */
const atOnce = 12;

/** Seconds after which a call hangs. */
const longest = 60;

/** Plays every cell, and the cells of `last` once more when all is over. */
export async function playMatrix(faults: readonly Fault[], last: Fault) {
  const restoreNames = answerNames();
  const cells = toCells(faults);
  const proxy = await startProxy(cells.filter(({ way }) => way.isProxied));
  const take = createSlots(atOnce);
  const playAll = (some: readonly Cell[]) => Promise.all(some.map(async (cell) => play(cell, proxy.ask, await take())));
  const results = await playAll(cells);
  const after = await playAll(cells.filter(({ fault }) => fault === last));
  await proxy.close();
  restoreNames();
  return { results, after };
}

function toCells(faults: readonly Fault[]): readonly Cell[] {
  return faults.flatMap((fault, row) =>
    services.flatMap((service, column) => {
      const exemption = fault.but?.[service.name];
      if (exemption && !exemption.becomes) return [];
      return ways.map((way, index) => {
        // Whatever a fault should end at once does not end by a timeout.
        const parameters = {
          ...service.reach(''),
          timeout: 2 * longest,
          num_retries: 0,
          ...fault.parameters?.(service),
        };
        return { id: `${row}-${column}-${index}`, fault, service, way, parameters };
      });
    }),
  );
}

/** Plays a cell; `rest` is called when it only waits, and others may go on. */
async function play(cell: Cell, askProxy: typeof askDirectly, rest: () => void): Promise<Result> {
  const { id, fault, service, way, parameters } = cell;
  const { play: act = () => undefined, connect, createServer, host, url, isQuiet } = fault;
  const { isStream, isProxied } = way;
  const { promise: words, resolve: onText } = createSignal();
  const { signal, leave } = createLeaving();
  const stage = await openStage({
    service,
    play: act,
    connect,
    createServer,
    host,
    // Whoever reads whole, or reads one value, is told nothing before the end.
    heard: () => (isStream && service.framing !== 'one value' ? words : sleep(5)),
    rest,
    leave,
  });
  const question = {
    model: isProxied ? id : service.model,
    url: url?.(stage.port, id) ?? `http://127.0.0.1:${stage.port}`,
    parameters,
    isStream,
    signal,
    onText,
  };
  const ask = () => bounded((isProxied ? askProxy : askDirectly)(question));

  const before = fault.before && (await ask());
  if (before) {
    fault.between?.(stage);
    await sleep(20);
    // Timers may run before sockets are looked at: only now it is known what became of the connection.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const asked = ask();
  if (isQuiet) rest();
  const outcome = await asked;
  rest();
  const isLeft = await stage.isLeft();
  await stage.close();
  const outcomes = before ? [before, outcome] : [outcome];
  const found: Found = {
    ...(before && { before: before.end }),
    end: outcome.end,
    said: isStream ? outcome.text : '',
    isLeft,
    faulty: outcomes.flatMap((each) => toFaulty(each, service)),
  };
  return { cell, expected: toExpected(cell), found };
}

function createSignal() {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve: () => resolve() };
}

function createLeaving() {
  const controller = new AbortController();
  return { signal: controller.signal, leave: () => controller.abort(reason) };
}

async function bounded(outcome: Promise<Outcome>): Promise<Outcome> {
  const late = new AbortController();
  const hanging = { text: '', end: 'nothing, for ever' };
  const hangs = sleep(longest * 1000, hanging, { signal: late.signal }).catch(() => hanging);
  const first = await Promise.race([outcome, hangs]);
  late.abort();
  return first;
}

/** A message is a sentence, and holds no secret and nothing of what was asked or answered. */
function toFaulty({ error }: Outcome, { name }: Service): readonly string[] {
  if (!(error instanceof Error)) return [];
  const { message } = error;
  const told = [prompt, 'secret-EXAMPLE', 'header.payload'].filter((secret) => message.includes(secret));
  // What a container says of its own error, in whatever words, is for whoever develops it.
  if (name === 'Container') return told;
  const isSentence = !(error instanceof APIError) || /^[A-Z].*[.!?]$/s.test(message);
  if (message.includes('OPENSES') || !isSentence) return [...told, message];
  return told;
}

/** Lets so many go on at once; each gives its place back once, whenever it likes. */
function createSlots(count: number) {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (): Promise<() => void> => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    let isGiven = false;
    return () => {
      if (isGiven) return;
      isGiven = true;
      const next = waiting.shift();
      if (next) next();
      else free++;
    };
  };
}
