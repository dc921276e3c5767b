import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';

/** A YAML file as values, and where each of them stands. */
export interface ConfigFile {
  readonly name: string;
  readonly value: unknown;
  /** The line of what a path leads to, or of the last of it that is there. */
  readonly lineOf: (path: readonly PropertyKey[]) => number;
}

/** Something that is wrong with a file; `problems` are sentences with file, line and path. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** Reads a file and then what it includes, each relative to the one that names it. Throws a `ConfigError`. */
export async function readConfigFiles(path: string, including: readonly string[] = []): Promise<readonly ConfigFile[]> {
  const by = including.at(-1);
  const named = by === undefined ? path : `${path}, which ${by} includes,`;
  if (including.includes(path)) throw new ConfigError([`${named} includes itself.`]);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new ConfigError([`${named} cannot be read (${code}).`]);
  });
  const file = parseFile(path, text);
  const others: (readonly ConfigFile[])[] = [];
  for (const name of includesOf(file.value)) {
    others.push(await readConfigFiles(resolve(dirname(path), name), [...including, path]));
  }
  return [file, ...others.flat()];
}

/** That it is a list of texts is checked with the rest. */
function includesOf(value: unknown): readonly string[] {
  const include: unknown =
    typeof value === 'object' && value !== null && 'include' in value ? value.include : undefined;
  return Array.isArray(include) ? include.filter((name) => typeof name === 'string') : [];
}

/** Reads YAML. The errors repeat nothing of the text: it may hold secrets. */
function parseFile(name: string, text: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true, logLevel: 'error' });
  const line = (offset: number) => lines.linePos(offset).line;
  const problems = document.errors.map(({ code, pos }) => `${name}:${line(pos[0])}: this is not valid YAML (${code}).`);
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    name,
    value: toValue(document, name),
    lineOf(path) {
      let node: unknown = document.contents;
      let offset = document.contents?.range[0] ?? 0;
      for (const key of path) {
        if (isAlias(node)) node = node.resolve(document);
        if (isMap(node)) {
          const pair = node.items.find(({ key: given }) => isScalar(given) && String(given.value) === String(key));
          if (!pair || !isScalar(pair.key)) break;
          offset = pair.key.range?.[0] ?? offset;
          node = pair.value;
        } else if (isSeq(node)) {
          const item: unknown = node.items[Number(key)];
          if (!hasRange(item)) break;
          offset = item.range[0];
          node = item;
        } else break;
      }
      return line(offset);
    },
  };
}

/** Aliases may stand for more than any machine holds, or for themselves. */
function toValue(document: Document, name: string): unknown {
  try {
    const value: unknown = document.toJS();
    // Says so of what holds itself.
    JSON.stringify(value);
    return value;
  } catch {
    throw new ConfigError([`${name}: its aliases (*name) stand for too much, for themselves or for nothing.`]);
  }
}

function hasRange(node: unknown): node is { readonly range: readonly [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}
