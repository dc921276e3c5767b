import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

const src = resolve(import.meta.dirname, '../../src');

/** What a reader looks for: names of fields, and the words that it tells apart. */
export interface Words {
  readonly names: readonly string[];
  readonly values: readonly string[];
}

/** Names that objects have without having been given them, and a few that machines like to trip over. */
export const strangeNames = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'toJSON',
  'length',
  'then',
  '',
];

/** The words of these files of `src`, as their code has them: a further format brings its own. */
export function wordsOf(...files: readonly string[]): Words {
  const code = files.map((file) => readFileSync(join(src, file), 'utf8').replace(/^import .*$/gm, '')).join('\n');
  const find = (pattern: RegExp) => [...new Set([...code.matchAll(pattern)].map((match) => match[1] ?? ''))];
  const quoted = find(/'((?:[^'\\\n]|\\.){0,60})'/g);
  const fields = find(/readonly (\w+)\??:/g);
  const names = quoted.filter((word) => /^[\w.:-]{1,40}$/.test(word));
  return {
    names: [...new Set([...names, ...fields, 'type', 'event', 'data', 'role', 'content', 'id'])],
    values: quoted,
  };
}

/** The families of agents, each with the words of its file. */
export const families: ReadonlyMap<string, Words> = new Map(
  readdirSync(join(src, 'bedrock/agentcore/formats')).map((file) => [
    basename(file, '.ts'),
    wordsOf(`bedrock/agentcore/formats/${file}`, 'bedrock/agentcore/formats/content.ts'),
  ]),
);
