import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { within } from '../support/loopback.ts';
import { connecting } from './connecting.ts';
import { credentials } from './credentials.ts';
import { cutting } from './cutting.ts';
import { damage } from './damage.ts';
import { exceptions } from './exceptions.ts';
import type { Fault } from './faults.ts';
import { http } from './http.ts';
import { answerWhole } from './places.ts';
import { playMatrix, type Result } from './play.ts';
import { type Group, toMarkdown } from './results.ts';
import { statuses } from './statuses.ts';

const fine: Fault = { name: 'Nothing goes wrong', play: answerWhole, becomes: 'an answer' };

const groups: readonly Group[] = [
  { title: 'No connection', faults: [fine, ...connecting] },
  { title: 'Credentials', faults: credentials },
  { title: 'Lost, silent, slow', faults: cutting },
  { title: 'HTTP', faults: [...statuses, ...http] },
  { title: 'Damaged answers', faults: damage },
  { title: 'Exceptions', faults: exceptions },
];

let results: readonly Result[] = [];
let after: readonly Result[] = [];
const unhandled: unknown[] = [];
const warnings: Error[] = [];
const onUnhandled = (thrown: unknown) => void unhandled.push(thrown);
const onWarning = (warning: Error) => void warnings.push(warning);

beforeAll(async () => {
  process.on('unhandledRejection', onUnhandled);
  process.on('uncaughtException', onUnhandled);
  process.on('warning', onWarning);
  const faults = groups.flatMap((group) => group.faults);
  ({ results, after } = await playMatrix(faults, fine));
}, 600_000);

afterAll(() => {
  process.off('unhandledRejection', onUnhandled);
  process.off('uncaughtException', onUnhandled);
  process.off('warning', onWarning);
});

describe.each(groups.map(({ title, faults }) => [title, faults] as const))('%s', (_, faults) => {
  test.each(faults.map((fault) => [[fault.name, fault.place ?? []].flat().join(', '), fault] as const))(
    '%s',
    (_, fault) => {
      const played = results.filter(({ cell }) => cell.fault === fault);
      expect(played.length).toBeGreaterThan(0);
      expect(byCell(played, 'found')).toEqual(byCell(played, 'expected'));
    },
  );
});

test('after all of it every service answers, directly and through the same proxy', () => {
  expect(after.length).toBeGreaterThan(0);
  expect(byCell(after, 'found')).toEqual(byCell(after, 'expected'));
});

test('nothing is left unhandled, and no connection open', async () => {
  const sockets = () => process.getActiveResourcesInfo().filter((resource) => resource.startsWith('TCP'));
  expect(await within(10_000, () => sockets().length === 0)).toBe(true);
  expect(unhandled).toEqual([]);
  expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
});

test('what came of it is written down', async () => {
  await expect(toMarkdown(groups, results)).toMatchFileSnapshot('RESULTS.md');
});

function byCell(some: readonly Result[], what: 'found' | 'expected'): object {
  return Object.fromEntries(
    some.map((result) => [`${result.cell.service.name}, ${result.cell.way.name}`, result[what]]),
  );
}
