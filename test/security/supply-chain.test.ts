// What comes with an installation, and how it is published.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const read = (file: string): unknown => JSON.parse(readFileSync(resolve(root, file), 'utf8'));

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly publishConfig: Readonly<Record<string, unknown>>;
}
interface Locked {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

const manifest = read('package.json') as Manifest;
const { packages } = read('package-lock.json') as { packages: Readonly<Record<string, Locked>> };
const registry = 'https://registry.npmjs.org/';
const locked = Object.entries(packages).filter(([path]) => path !== '');

describe('an installation', () => {
  it('runs no script of ours', () => {
    const names = Object.keys(manifest.scripts);
    expect(names.filter((name) => /^(pre|post)?(install|prepare|uninstall|publish|pack)$/.test(name))).toEqual([]);
  });

  it('runs no script of what we depend on', () => {
    const running = locked.filter(([, { dev, hasInstallScript }]) => hasInstallScript && !dev);
    expect(running.map(([path]) => path)).toEqual([]);
  });

  it('takes every package from the registry, with its hash', () => {
    expect(locked.length).toBeGreaterThan(100);
    for (const [path, { resolved, integrity }] of locked) {
      // Where nothing else is said, it is the registry.
      expect([path, resolved ?? registry]).toEqual([path, expect.stringMatching(new RegExp(`^${registry}`))]);
      expect([path, integrity]).toEqual([path, expect.stringMatching(/^sha512-/)]);
    }
  });
});

describe('a release', () => {
  const workflow = readFileSync(resolve(root, '.github/workflows/release.yml'), 'utf8');

  it('is public and says where it was built', () => {
    expect(manifest.publishConfig).toEqual({ access: 'public', provenance: true });
  });

  it('is published without a stored token, and with no right but those it needs', () => {
    expect(workflow).not.toMatch(/secrets\.|NODE_AUTH_TOKEN|NPM_TOKEN|write-all|contents: write/);
    expect(workflow).toMatch(/^permissions: \{\}$/m);
    expect(workflow.match(/^ +(\S+: (write|read))$/gm)?.map((line) => line.trim())).toEqual([
      'contents: read',
      'id-token: write',
    ]);
    // What a stranger can write is put into no command.
    expect(workflow).not.toMatch(/run:.*\$\{\{/);
  });
});
