/** docs/library.md is about the library there is: its exports, its options, and a test that is really run. */
import { describe, expect, it } from 'vitest';
import { readText } from './source-tree.ts';

const page = readText('docs/library.md');

function readSection(heading: string): string {
  const [, section = ''] = page.split(`\n${heading}\n`);
  return section.split(/^#+ /mu)[0] ?? '';
}

/** The names between the braces of the `export … from` of a barrel. */
function listExports(file: string): readonly string[] {
  const lists = readText(file).matchAll(/^export (?:type )?\{([^}]*)\} from /gmu);
  return [...lists].flatMap(([, list = '']) =>
    list
      .split(',')
      .map((name) => name.trim().replace(/^type /u, ''))
      .filter((name) => name !== ''),
  );
}

/** What stands between backticks in a column of the tables of a section. */
function listNames(section: string, column: number): readonly string[] {
  return section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .flatMap((line) => [...(line.split('|')[column]?.matchAll(/`([^`]+)`/gu) ?? [])])
    .map(([, name = '']) => name);
}

describe('docs/library.md', () => {
  it.each([
    ['signalbox/runtime', 'runtime/mod.ts', 60],
    ['signalbox/runtime/testing', 'runtime/testing/mod.ts', 3],
  ])('has a place for every export of %s, and for no other name', (entry, file, atLeast) => {
    const exported = listExports(file);
    expect(exported.length).toBeGreaterThanOrEqual(atLeast);
    const documented = listNames(readSection(`### \`${entry}\``), 2);
    expect(documented.toSorted()).toEqual(exported.toSorted());
  });

  it('has the options of openRuntime', () => {
    const [, body = ''] =
      /^export interface RuntimeOptions \{\n([\s\S]*?)^\}/mu.exec(
        readText('runtime/open-runtime.ts'),
      ) ?? [];
    const options = [...body.matchAll(/^ {2}readonly (\w+)\??:/gmu)].map(([, name = '']) => name);
    expect(options).toContain('url');
    const [table = ''] = readSection('## Opening it').split('It throws');
    expect(listNames(table, 1).toSorted()).toEqual(options.toSorted());
  });

  it('shows a test as it is run', () => {
    const blocks = [...readSection('## Tests').matchAll(/^```ts\n([\s\S]*?)^```/gmu)];
    const [, body = ''] = readText('examples/counter/counter.test.ts').split('*/\n');
    const shown = body.replace('../../runtime/testing/mod.ts', 'signalbox/runtime/testing');
    expect(blocks.map(([, text]) => text)).toEqual([shown]);
  });
});
