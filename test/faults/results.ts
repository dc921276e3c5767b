import type { Fault } from './faults.ts';
import { places as allPlaces } from './places.ts';
import type { Result } from './play.ts';
import { type ServiceName, serviceNames } from './services.ts';

/** Faults under a heading. */
export interface Group {
  readonly title: string;
  readonly faults: readonly Fault[];
}

/** What came of every fault, as a page of Markdown that is the same in every run. */
export function toMarkdown(groups: readonly Group[], results: readonly Result[]): string {
  const tables = groups.map(({ title, faults }) => {
    const rows = mergeRows(faults.map((fault) => toRow(fault, results)));
    return [`## ${title}`, '', ...headings, ...rows.map(toLine)].join('\n');
  });
  return `${introduction}\n\n${tables.join('\n\n')}\n`;
}

const introduction = `# What comes of what goes wrong

Written by [\`matrix.test.ts\`](matrix.test.ts) while it runs; not to be edited.

Each fault is played by a server on this machine that writes every byte itself, with each service (${serviceNames.join(', ')}) and in four ways: read whole and streamed, by \`completion()\` and by OpenAI's client through the proxy.

What comes of it is told by the class of the error and its status. All four ways agree on it, and so do all services but for what the last column says; a stream of the proxy that has begun already tells an error's type, and has no status any more. In every case

- the words that came before the fault had been told to whoever reads a stream, and nothing looks whole that is not;
- the server saw its connection closed, or left in order for the next call;
- the message is a sentence that holds no secret and nothing of the question or the answer;
- nothing was left unhandled, no connection open, and the same proxy answered when all was over.`;

const headings = ['| Fault | Where | With | What comes of it | But |', '| --- | --- | --- | --- | --- |'];

interface Row {
  readonly name: string;
  readonly places: readonly string[];
  readonly entries: ReadonlyMap<ServiceName, Entry>;
}

interface Entry {
  /** Left out where the service cannot have the fault. */
  readonly end?: string;
  readonly why: string;
}

function toRow(fault: Fault, results: readonly Result[]): Row {
  const played = results.filter(({ cell }) => cell.fault === fault);
  const entries = serviceNames.map((name): [ServiceName, Entry] => {
    const why = fault.but?.[name]?.why ?? '';
    const found = played.find(({ cell }) => cell.service.name === name)?.found;
    if (!found) return [name, { why }];
    // The words need no repeating here.
    const end = found.end
      .replace(/^an answer: ""$/, 'an empty answer')
      .replace(/^an answer:.*$/s, 'what came is the answer');
    return [name, { end: found.before === undefined ? end : `${found.before}, then ${end}`, why }];
  });
  return { name: fault.name, places: fault.place === undefined ? [] : [fault.place], entries: new Map(entries) };
}

/** Faults of one name that come to the same at several places are one row. */
function mergeRows(rows: readonly Row[]): readonly Row[] {
  const merged: Row[] = [];
  for (const row of rows) {
    const index = merged.findIndex((other) => other.name === row.name && isSame(other, row));
    const same = merged[index];
    if (same) merged[index] = merge(same, row);
    else merged.push(row);
  }
  return merged;
}

/** What a service cannot have at one place it may have at another. */
function isSame(one: Row, other: Row): boolean {
  return serviceNames.every((name) => {
    const [end, otherEnd] = [one.entries.get(name)?.end, other.entries.get(name)?.end];
    return end === otherEnd || end === undefined || otherEnd === undefined;
  });
}

const nothing: Entry = { why: '' };

function merge(one: Row, other: Row): Row {
  const entries = serviceNames.map((name): [ServiceName, Entry] => {
    const [entry = nothing, otherEntry = nothing] = [one.entries.get(name), other.entries.get(name)];
    return [name, entry.end === undefined ? otherEntry : entry];
  });
  return { ...one, places: [...one.places, ...other.places], entries: new Map(entries) };
}

function toLine({ name, places, entries }: Row): string {
  const had = [...entries].filter(([, { end }]) => end !== undefined);
  // What is not exempt from anything.
  const usual = (had.find(([, { why }]) => why === '') ?? had[0])?.[1].end ?? '';
  const where = places.length === allPlaces.length ? 'anywhere' : places.join(', ');
  const whom = had.length === serviceNames.length ? 'all' : had.map(([service]) => service).join(', ');
  return `| ${name} | ${where} | ${whom} | ${usual} | ${toExceptions(had, usual)} |`;
}

function toExceptions(had: readonly (readonly [ServiceName, Entry])[], usual: string): string {
  const exceptions = new Map<string, ServiceName[]>();
  for (const [name, { end = '', why }] of had) {
    if (end === usual) continue;
    const told = `${end} (${why})`;
    exceptions.set(told, [...(exceptions.get(told) ?? []), name]);
  }
  return [...exceptions].map(([told, names]) => `${names.join(', ')}: ${told}`).join('; ');
}
