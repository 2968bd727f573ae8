/**
 * The direction of imports, folder by folder: what docs/architecture.md draws. The linter tells whoever breaks a
 * boundary at once and by name; this list is complete, and says what may be imported rather than what may not.
 */
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isProgramText, isTestText, listFiles, readText } from './source-tree.ts';

/** Of each part, the parts it may import, itself aside. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'runtime/contract': [],
  'runtime/core': ['runtime/contract'],
  'runtime/processes': ['runtime/contract'],
  'runtime/worker': ['runtime/contract', 'runtime/core'],
  'runtime/nats': ['runtime/contract', 'runtime/core', 'runtime/processes', 'runtime/worker'],
  'runtime/history': ['runtime/contract', 'runtime/core'],
  /** `mod.ts` and what it opens. */
  runtime: [
    'runtime/admission',
    'runtime/contract',
    'runtime/core',
    'runtime/nats',
    'runtime/schedules',
    'runtime/worker',
  ],
  'runtime/schedules': ['runtime/contract', 'runtime/core'],
  workflows: ['runtime/contract'],
  'actors/ports': ['runtime/contract'],
  actors: ['actors/ports', 'runtime', 'runtime/contract', 'workflows'],
  integrations: ['actors/ports', 'runtime/contract', 'runtime/processes'],
  examples: ['runtime'],
  'runtime/admission': ['runtime/contract', 'runtime/core'],
  gateway: ['runtime/contract', 'runtime/core'],
  console: ['runtime/contract'],
  cli: [
    'actors',
    'actors/ports',
    'gateway',
    'integrations',
    'runtime',
    'runtime/contract',
    'runtime/core',
    'runtime/history',
    'runtime/nats',
    'runtime/processes',
    'runtime/worker',
    'workflows',
  ],
  /** Compiled with the program, so that `npm test` finds a server the way `signalbox up` does. */
  setup: ['runtime/nats'],
  bin: ['setup'],
};

/** Test code may stand on more, but nothing but `cli` itself and the tests of the whole system stands on `cli`. */
const mayImportCli = new Set(['cli', 'tests']);

/** The part of @nats-io that a browser needs is in console/transport (docs/adr/0006). */
const natsFolders = /^(?:runtime\/nats|console\/transport)\//u;

function partOf(file: string): string {
  const [first = '', second = ''] = file.split('/');
  if (first === 'runtime') return file.split('/').length > 2 ? `runtime/${second}` : 'runtime';
  return first === 'actors' && second === 'ports' ? 'actors/ports' : first;
}

function listImports(file: string): readonly string[] {
  const statements = readText(file).matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)'([^'\n]+)'/gu);
  return [...statements].map(([, specifier = '']) => specifier);
}

const texts = listFiles().filter(isProgramText);
const crossings = texts.flatMap((file) =>
  listImports(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => ({ file, target: posix.join(posix.dirname(file), specifier) }))
    .filter(({ target }) => partOf(target) !== partOf(file)),
);

describe('imports', () => {
  it('are seen', () => {
    expect(crossings.length).toBeGreaterThan(300);
  });

  it('of every part of the program go where the architecture says', () => {
    const wrong = crossings.filter(
      ({ file, target }) => !isTestText(file) && !allowed[partOf(file)]?.includes(partOf(target)),
    );
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('of a part that are allowed are also used', () => {
    const used = new Set(
      crossings.map(({ file, target }) => `${partOf(file)} -> ${partOf(target)}`),
    );
    const listed = Object.entries(allowed).flatMap(([part, others]) =>
      others.map((other) => `${part} -> ${other}`),
    );
    expect(listed.filter((pair) => !used.has(pair))).toEqual([]);
  });

  it('leave the console alone, and the command line but for tests of the whole system', () => {
    const wrong = crossings.filter(
      ({ file, target }) =>
        partOf(target) === 'console' ||
        (partOf(target) === 'cli' && !mayImportCli.has(partOf(file))),
    );
    expect(wrong).toEqual([]);
  });

  it('of test code stay out of the program', () => {
    const wrong = crossings.filter(({ file, target }) => !isTestText(file) && isTestText(target));
    expect(wrong).toEqual([]);
  });

  it('of @nats-io are in runtime/nats and console/transport', () => {
    const importers = texts.filter((file) =>
      listImports(file).some((specifier) => specifier.startsWith('@nats-io/')),
    );
    expect(importers.length).toBeGreaterThan(10);
    expect(importers.filter((file) => !isTestText(file) && !natsFolders.test(file))).toEqual([]);
  });
});
