import { setTimeout as sleep } from 'node:timers/promises';
import { APIError } from '../../src/errors.ts';
import type { Becomes, Fault, Words } from './faults.ts';
import { answerNames } from './names.ts';
import { openStage } from './scene.ts';
import { answer, type Service, services } from './services.ts';
import { askDirectly, type Outcome, prompt, reason, startProxy, toWords, type Way, ways } from './ways.ts';

/** One fault with one service, asked in one way. */
export interface Cell {
  readonly id: string;
  readonly fault: Fault;
  readonly service: Service;
  readonly way: Way;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What came of a cell, in words that are the same for each run. */
export interface Found {
  readonly before?: string;
  readonly end: string;
  readonly said: string;
  readonly left: boolean;
  /** What an error tells that it must not. */
  readonly told: readonly string[];
}

export interface Result {
  readonly cell: Cell;
  readonly expected: Found;
  readonly found: Found;
}

/** Seconds after which a call hangs. */
const longest = 20;

/** Plays every cell, so many at once that the machine is busy and no more. */
export async function playMatrix(faults: readonly Fault[]) {
  const unhandled: unknown[] = [];
  const onUnhandled = (thrown: unknown) => void unhandled.push(thrown);
  process.on('unhandledRejection', onUnhandled);
  process.on('uncaughtException', onUnhandled);
  const restoreNames = answerNames();
  const cells = toCells(faults);
  const proxy = await startProxy(
    cells.filter(({ way }) => way.isProxied).map(({ id, service, parameters }) => ({ name: id, service, parameters })),
  );
  const slots = createSlots(12);
  const results = await Promise.all(
    cells.map(async (cell) => {
      await slots.take();
      return play(cell, proxy.ask, slots.lease());
    }),
  );
  await proxy.close();
  restoreNames();
  await sleep(100);
  process.off('unhandledRejection', onUnhandled);
  process.off('uncaughtException', onUnhandled);
  return { results, unhandled };
}

function toCells(faults: readonly Fault[]): readonly Cell[] {
  return faults.flatMap((fault, index) =>
    services.flatMap((service, column) => {
      const exemption = fault.but?.[service.name];
      if (exemption && !exemption.becomes) return [];
      return ways.map((way, at) => {
        const parameters = { ...service.reach(''), timeout: longest * 2, ...fault.parameters?.(service) };
        return { id: `${index}-${column}-${at}`, fault, service, way, parameters };
      });
    }),
  );
}

async function play(cell: Cell, askProxy: typeof askDirectly, release: () => void): Promise<Result> {
  const { id, fault, service, way, parameters } = cell;
  const { place: _place, play: act = () => undefined, connect, createServer, host, url } = fault;
  const controller = new AbortController();
  const heard = createSignal();
  const stage = await openStage({
    service,
    play: act,
    connect,
    createServer,
    host,
    // Whoever reads whole, or reads one value, is told nothing before the end.
    heard: () => (way.isStream && service.framing !== 'one value' ? heard.promise : sleep(5)),
    rest: release,
    leave: () => controller.abort(reason),
  });
  const address = url?.(stage.port, id) ?? `http://127.0.0.1:${stage.port}`;
  const { isStream } = way;
  const onText = () => heard.resolve();
  const question = { url: address, parameters, isStream, signal: controller.signal, onText };
  const ask = () =>
    bounded(
      way.isProxied ? askProxy({ ...question, model: id }) : askDirectly({ ...question, model: service.model }),
    );
  const before = fault.before && (await ask());
  // What became of the connection meanwhile is known by then.
  if (before) await sleep(50);
  const outcome = await ask();
  release();
  const left = await stage.isLeft();
  await stage.close();
  return {
    cell,
    expected: toExpected(cell),
    found: {
      ...(before && { before: before.end }),
      end: outcome.end,
      said: isStream ? outcome.text : '',
      left,
      told: [before, outcome].flatMap((each) => (each ? toTold(each, service) : [])),
    },
  };
}

function toExpected({ fault, service, way }: Cell): Found {
  const { becomes = fault.becomes } = fault.but?.[service.name] ?? {};
  const said = way.isStream ? toSaid(fault, becomes, service) : '';
  return {
    ...(fault.before && { before: toEnd(fault.before, way, '') }),
    end: toEnd(becomes, way, said),
    said,
    left: true,
    told: [],
  };
}

/** What a reader of the stream is told before the end. */
function toSaid({ said = '' }: Fault, becomes: Becomes, service: Service): string {
  if (becomes === 'whole') return answer;
  if (typeof becomes === 'object' && 'words' in becomes) return becomes.words;
  if (typeof said === 'function') return said(service);
  return service.framing === 'one value' ? '' : said;
}

/** What a way shows of an error. */
function toEnd(becomes: Becomes, { isProxied }: Way, said: string): string {
  if (typeof becomes === 'string') return becomes;
  if ('words' in becomes) return toWords(becomes.words);
  const { name, status, type } = toError(becomes);
  if (!isProxied) return `${name} ${status}`;
  return said === '' ? `${type} ${status}` : type;
}

export function toError(becomes: Exclude<Becomes, string | Words>): APIError {
  const [Class, status] = Array.isArray(becomes) ? (becomes as readonly [typeof APIError, number]) : [becomes as typeof APIError];
  return new Class('', status === undefined ? {} : { status });
}

/** Secrets, the prompt and the answer stand in no error. */
function toTold({ error }: Outcome, { name }: Service): readonly string[] {
  const message = error instanceof Error ? error.message : '';
  // What a container says is for whoever develops it.
  const bodies = name === 'Container' ? [] : ['OPENSES'];
  return [...bodies, prompt, 'secret-EXAMPLE', 'header.payload'].filter((secret) => message.includes(secret));
}

async function bounded(outcome: Promise<Outcome>): Promise<Outcome> {
  const late = new AbortController();
  const hangs = sleep(longest * 1000, undefined, { signal: late.signal }).then(
    () => ({ text: '', end: 'nothing, for ever' }),
    () => ({ text: '', end: '' }),
  );
  const first = await Promise.race([outcome, hangs]);
  late.abort();
  return first;
}

function createSignal() {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve: () => resolve() };
}

/** Lets so many go on at once. */
function createSlots(count: number) {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    async take(): Promise<void> {
      if (free-- > 0) return;
      await new Promise<void>((resolve) => waiting.push(resolve));
    },
    /** What gives the slot back, once. */
    lease() {
      let isGiven = false;
      return () => {
        if (isGiven) return;
        isGiven = true;
        free++;
        waiting.shift()?.();
      };
    },
  };
}
