import { defineConfig } from 'tsup';

// Compiled as the package is: what runs TypeScript as it stands names every closure anew, and that would be measured.
export default defineConfig({
  entry: ['test/bench/index.ts', 'test/bench/contender.ts', 'test/bench/server.ts'],
  outDir: '.bench',
  format: 'esm',
  target: 'node20',
  platform: 'node',
  clean: true,
  splitting: true,
  sourcemap: true,
  noExternal: ['zod', 'tokenx'],
});
