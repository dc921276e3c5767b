import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts', 'src/fetch.ts', 'src/proxy.ts', 'src/local.ts', 'src/cli.ts'],
  format: ['esm', 'cjs'],
  target: 'node20',
  platform: 'node',
  // The command line is run, never imported.
  dts: { entry: ['src/index.ts', 'src/fetch.ts', 'src/proxy.ts', 'src/local.ts'] },
  clean: true,
  // One copy of every class for all entries of a format, so that `instanceof` holds across them.
  splitting: true,
  // `import.meta.url` in the CommonJS build, for what is loaded when first needed.
  shims: true,
  // zod appears in no exported type; tokenx is ESM only.
  noExternal: ['zod', 'tokenx'],
});
