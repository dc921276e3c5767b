import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const readme = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8');

/** A block of code, and the heading under which it stands. */
export interface Block {
  readonly section: string;
  readonly language: string;
  readonly code: string;
}

export function readBlocks(): Block[] {
  return [...readme.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map(({ index, 1: language = '', 2: code = '' }) => {
    const section =
      readme
        .slice(0, index)
        .match(/^##? [^\n]+$/gm)
        ?.at(-1)
        ?.replace(/^#+ /, '') ?? '';
    return { section, language, code };
  });
}

/** What stands under a heading, up to the next of its rank. */
export function readSection(title: string): string {
  const [, , text = ''] = readme.split(new RegExp(`^## (${title})\n`, 'm'));
  return text.split(/^## /m)[0] ?? '';
}
