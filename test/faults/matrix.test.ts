import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { connecting } from './connecting.ts';
import { credentials } from './credentials.ts';
import { cutting } from './cutting.ts';
import { damage } from './damage.ts';
import { exceptions } from './exceptions.ts';
import { http } from './http.ts';
import { playMatrix } from './play.ts';

test('dump', { timeout: 300_000 }, async () => {
  const only = process.env['ONLY'];
  const faults = [...connecting, ...cutting, ...http, ...damage, ...exceptions, ...credentials].filter(({ name }) => !only || name.includes(only));
  const began = performance.now();
  const { results, unhandled } = await playMatrix(faults);
  const lines: string[] = [];
  for (const fault of faults) {
    const rows = results.filter((result) => result.cell.fault === fault);
    const groups = new Map<string, string[]>();
    for (const { cell, expected, found } of rows) {
      if (JSON.stringify(expected) === JSON.stringify(found)) continue;
      const diff = Object.entries(found).filter(([k, v]) => JSON.stringify(v) !== JSON.stringify(expected[k as 'end'])).map(([k, v]) => `${k}: ${JSON.stringify(expected[k as 'end'])} -> ${JSON.stringify(v)}`).join('; ');
      groups.set(diff, [...(groups.get(diff) ?? []), `${cell.service.name}/${cell.way.name}`]);
    }
    for (const [d, c] of groups) lines.push(`${fault.name} | ${fault.place ?? ''}\n   ${d}\n      ${c.join('; ')}`);
  }
  writeFileSync('/tmp/faults.txt', lines.join('\n'));
  console.log(results.length, 'cells', Math.round(performance.now() - began), 'ms', lines.length, 'differ', unhandled);
  expect(1).toBe(1);
});
