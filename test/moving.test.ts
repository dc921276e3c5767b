// "Moving from LiteLLM" in the README names every parameter, so that a new one cannot be forgotten there.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectionNames } from '../src/bedrock/connection.ts';
import { hints, own, sessionNames, settings } from '../src/openai/names.ts';
import { readSection } from './support/readme.ts';

const moving = readSection('Moving from LiteLLM');
const reference = readSection('Parameters');

/** The names between two marks of a file, for what is no value that could be imported. */
function namesIn(file: string, from: string, name: RegExp): string[] {
  const [, inner = ''] = readFileSync(resolve(import.meta.dirname, '../src', file), 'utf8').split(from);
  return [...(inner.split(/^[\]}]/m)[0] ?? '').matchAll(name)].map(([, found = '']) => found);
}

const field = /^ {2}readonly (\w+)\??:/gm;
const entry = /^ {2}(\w+): '/gm;

describe('the table of parameters names', () => {
  it.each([
    ['what completion() takes', namesIn('openai/parameters.ts', 'interface CompletionParameters {', field), 60],
    ['what is checked', namesIn('openai/schema.ts', 'return z.looseObject({', /^ {4}(\w+):/gm), 30],
    ["OpenAI's settings", [...settings.keys()], 20],
    ['sessions', [...sessionNames.keys()], 4],
    ['what this package acts on', [...own], 20],
    ['hints', [...hints], 15],
    ['how to reach AWS', [...connectionNames], 15],
    [
      "LiteLLM's that are not built",
      namesIn('openai/names.ts', 'const unbuilt: ReadonlySet', /^ {2}'([\w-]+)',/gm),
      70,
    ],
    ["the router's options", namesIn('policy/router-options.ts', 'const checks:', /^ {2}(\w+):/gm), 20],
    [
      "the router's deployments'",
      namesIn('policy/router-options.ts', 'interface RouterModel {', /readonly (\w+)\?:/g),
      5,
    ],
  ])('%s', (_, names, atLeast) => {
    expect(names.length).toBeGreaterThanOrEqual(atLeast);
    expect(names.filter((name) => !isNamed(moving, name) && !isNamed(reference, name))).toEqual([]);
  });

  it.each(['agents', 'agentcore', 'harness'])('the fields of a request to %s', (service) => {
    const names = namesIn(`bedrock/${service}/request.ts`, 'const types = {', entry);
    expect(names.length).toBeGreaterThanOrEqual(10);
    // It is made of the messages; giving it is a 400.
    const missing = names.filter((name) => name !== 'inputText' && !isNamed(reference, name));
    expect(missing).toEqual([]);
  });
});

it('every row says what becomes of its parameters, and why', () => {
  const rows = moving.split('\n').filter((line) => /^\| (?!parameter|---|LiteLLM|you ask)/.test(line));
  expect(rows.length).toBeGreaterThan(40);
  const judged = rows.filter((row) => /\| (same|better|absent|ours) \| .{10}/.test(row));
  // The others are the table of permissions.
  expect(rows.length - judged.length).toBe(3);
});

function isNamed(text: string, name: string): boolean {
  return new RegExp(`\`${name}[\`:]`).test(text);
}
