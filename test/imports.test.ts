import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = resolve(import.meta.dirname, '../src');

/** The import table of the design: which of our files each area may import, and which packages. First match decides. */
const table: readonly { area: RegExp; ours: RegExp; packages: RegExp }[] = [
  { area: /^(agent|errors)\.ts$/, ours: /^$/, packages: /^$/ },
  { area: /^openai\//, ours: /^(agent\.ts|errors\.ts|openai\/)/, packages: /^(zod\/mini|tokenx)$/ },
  {
    area: /^bedrock\/index\.ts$/,
    ours: /^(agent\.ts|errors\.ts|bedrock\/)/,
    packages: /^(@aws-sdk\/|@smithy\/|@pydantic\/genai-prices$)/,
  },
  {
    area: /^bedrock\/[^/]+\.ts$/,
    ours: /^(agent\.ts|errors\.ts|bedrock\/(?!index\.ts)[^/]+\.ts$)/,
    packages: /^(@aws-sdk\/|@smithy\/|@pydantic\/genai-prices$)/,
  },
  ...['agents', 'agentcore', 'harness'].map((service) => ({
    area: new RegExp(`^bedrock/${service}/`),
    ours: new RegExp(`^(agent\\.ts|errors\\.ts|bedrock/(?!index\\.ts)[^/]+\\.ts$|bedrock/${service}/)`),
    packages: /^(@aws-sdk\/|@smithy\/|@pydantic\/genai-prices$|eventsource-parser$)/,
  })),
  { area: /^policy\//, ours: /^(agent\.ts|errors\.ts|policy\/)/, packages: /^(@opentelemetry\/api|redis)$/ },
  { area: /^completion\.ts$/, ours: /^(agent\.ts|errors\.ts|openai\/|policy\/)/, packages: /^$/ },
  { area: /^http\//, ours: /^(completion\.ts|errors\.ts|openai\/|http\/)/, packages: /^$/ },
  {
    area: /^proxy\//,
    ours: /^(http\/|completion\.ts|errors\.ts|policy\/|proxy\/)/,
    packages: /^(hono|@hono\/node-server|yaml|zod|pino|prom-client)(\/|$)/,
  },
  { area: /^chat\//, ours: /^(completion\.ts|errors\.ts|chat\/)/, packages: /./ },
  { area: /^local\//, ours: /^local\//, packages: /^@smithy\// },
  { area: /^default\.ts$/, ours: /^(?!(index|fetch|proxy|local|cli)\.ts$)/, packages: /./ },
  { area: /^(index|fetch|proxy|local|cli)\.ts$/, ours: /^(?!(index|fetch|proxy|local|cli)\.ts$)/, packages: /./ },
];

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly typesOnly: boolean;
}

function readImports(file: string): Import[] {
  const code = readFileSync(join(src, file), 'utf8').replace(/^\s*(\/\*\*?|\*|\/\/).*$/gm, '');
  const statements = [...code.matchAll(/^(?:import|export)\s+(type\s)?[^;'"]*?from\s+'([^']+)'/gms)];
  const lazy = [...code.matchAll(/\b(?:import|require|createRequire\(import\.meta\.url\))\(\s*'([^']+)'/g)];
  const effects = [...code.matchAll(/^import\s+'([^']+)'/gm)];
  return [
    ...statements.map((match) => ({ file, specifier: match[2] ?? '', typesOnly: match[1] !== undefined })),
    ...[...lazy, ...effects].map((match) => ({ file, specifier: match[1] ?? '', typesOnly: false })),
  ];
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'));
const imports = files.flatMap(readImports);

describe('the import table', () => {
  it.each(files)('knows the area of %s', (file) => {
    expect(table.filter(({ area }) => area.test(file)).length).toBeGreaterThan(0);
  });

  it.each(files)('allows what %s imports', (file) => {
    const row = table.find(({ area }) => area.test(file));
    const refused = readImports(file).filter(({ specifier }) => {
      if (specifier.startsWith('node:')) return false;
      if (!specifier.startsWith('.')) return !row?.packages.test(specifier);
      const target = relative(src, resolve(src, dirname(file), specifier)).replaceAll('\\', '/');
      return !row?.ours.test(target);
    });
    expect(refused).toEqual([]);
  });

  it('lets only the entries import default.ts, and nobody an entry', () => {
    const importers = (name: string) =>
      imports.filter(({ file, specifier }) => relative(src, resolve(src, dirname(file), specifier)) === name);
    expect([...new Set(importers('default.ts').map(({ file }) => file))].sort()).toEqual([
      'cli.ts',
      'fetch.ts',
      'index.ts',
      'proxy.ts',
    ]);
    for (const entry of ['index.ts', 'fetch.ts', 'proxy.ts', 'local.ts', 'cli.ts'])
      expect(importers(entry)).toEqual([]);
  });

  it('has services take AWS classes as types only', () => {
    const loaded = imports.filter(
      ({ file, specifier, typesOnly }) =>
        /^bedrock\/[^/]+\//.test(file) && /^@(aws-sdk|smithy)\//.test(specifier) && !typesOnly,
    );
    expect(loaded).toEqual([]);
  });

  it('reads real imports', () => {
    expect(imports.length).toBeGreaterThan(60);
    expect(imports.some(({ file }) => file === 'bedrock/clients.ts')).toBe(true);
    expect(imports.some(({ specifier, typesOnly }) => /genai-prices/.test(specifier) && !typesOnly)).toBe(true);
    expect(imports.filter(({ specifier }) => specifier === '@aws-sdk/client-bedrock-agentcore').length).toBeGreaterThan(
      1,
    );
  });
});
