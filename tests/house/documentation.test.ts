/** The documents are true: links lead somewhere, named files exist, examples parse, lists are those of the program. */
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { triggerDefinitionSchema } from '../../actors/trigger/trigger.schema.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { parseRecording } from '../../integrations/model/recording/recording-text.ts';
import { defaultPartitionCount } from '../../runtime/contract/subjects.ts';
import { planStreams } from '../../runtime/nats/streams.ts';
import { repositoryRoot } from '../../runtime/testing/repository-root.ts';
import { parseWorkflow } from '../../workflows/language/parse-workflow.ts';
import { readYaml } from '../../workflows/language/yaml-source.ts';
import { listFiles, readText } from './source-tree.ts';

const files = listFiles();
const documents = files.filter((file) => file.endsWith('.md'));

function exists(path: string): boolean {
  return existsSync(join(repositoryRoot, path));
}

/** The text without code blocks, in which nothing is a link or a heading. */
function readProse(document: string): string {
  return readText(document).replaceAll(/^```[\s\S]*?^```/gmu, '');
}

/** As GitHub names the headings of a page. */
function listAnchors(document: string): readonly string[] {
  return [...readProse(document).matchAll(/^#+ (.+)$/gmu)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function listLinks(document: string): readonly string[] {
  return [...readProse(document).matchAll(/\]\(([^)]+)\)/gu)].map(([, target = '']) => target);
}

function isBroken(document: string, link: string): boolean {
  if (/^https?:/u.test(link)) return false;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? document : posix.join(posix.dirname(document), path);
  if (!exists(target)) return true;
  return anchor !== undefined && !listAnchors(target).includes(anchor);
}

function readBlock(document: string, language: string): string {
  const block = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'mu').exec(
    readText(document),
  );
  return block?.[1] ?? '';
}

describe('documents', () => {
  it('are there', () => {
    const expected = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/architecture.md'];
    expect(documents).toEqual(expect.arrayContaining(expected));
  });

  it.each(documents)('%s has no link that leads nowhere', (document) => {
    expect(listLinks(document).filter((link) => isBroken(document, link))).toEqual([]);
  });

  it.each(documents)('%s names only files that exist', (document) => {
    const parts =
      'actors|bench|bin|cli|console|docs|gateway|integrations|runtime|setup|tests|workflows';
    const named = readProse(document).matchAll(
      new RegExp(`\`((?:${parts})/[\\w./-]+\\.(?:ts|mjs|md|ya?ml|json))\``, 'gu'),
    );
    expect([...named].map(([, path = '']) => path).filter((path) => !exists(path))).toEqual([]);
  });

  it('of decisions are all in their index', () => {
    // Git lists what is new before what is tracked.
    const decisions = files
      .filter((file) => /^docs\/adr\/\d{4}-[a-z0-9-]+\.md$/u.test(file))
      .toSorted();
    const linked = listLinks('docs/adr/README.md').map((link) => `docs/adr/${link}`);
    expect(decisions.length).toBeGreaterThan(10);
    expect(linked).toEqual(decisions);
  });
});

describe('docs/architecture.md', () => {
  it('lists every folder of the program, and no other', () => {
    const [, layout = ''] = readText('docs/architecture.md').split('\n## Layout\n');
    const listed = [...(layout.split('```')[1]?.matchAll(/^([a-z/*-]+\/) /gmu) ?? [])].map(
      ([, folder = '']) => folder,
    );
    const folders = new Set(
      files
        .filter((file) => /\.(?:ts|mjs|css|yaml)$/u.test(file) && file.includes('/'))
        .map((file) => `${posix.dirname(file)}/`),
    );
    const patterns = listed.map((folder) => ({
      folder,
      matches: new RegExp(`^${folder.replaceAll('*', '[^/]+')}$`, 'u'),
    }));
    const unlisted = [...folders].filter(
      (name) => !patterns.some(({ matches }) => matches.test(name)),
    );
    const gone = patterns.filter(({ matches }) => ![...folders].some((name) => matches.test(name)));
    expect({ unlisted, gone: gone.map(({ folder }) => folder) }).toEqual({
      unlisted: [],
      gone: [],
    });
  });

  it('names every stream', () => {
    const names = planStreams(defaultPartitionCount, 1).map(({ name }) => name);
    const text = readText('docs/architecture.md');
    const shown = names.filter((name) => !/^(?:STATE|INBOX)_(?:[1-9]|1[0-4])$/u.test(name));
    expect(shown.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('README.md', () => {
  it('lists the settings there are', () => {
    const names = [...readText('cli/settings.ts').matchAll(/^ {2}([A-Z][A-Z_]+): /gmu)];
    const listed = [...readText('README.md').matchAll(/^\| `([A-Z][A-Z_]+)` \|/gmu)];
    const nameOf = ([, name = '']: RegExpMatchArray): string => name;
    expect(new Set(listed.map(nameOf))).toEqual(new Set(names.map(nameOf)));
  });

  it('shows a trigger that is accepted', () => {
    const source = readYaml(readBlock('README.md', 'yaml'));
    expect(source.problems).toEqual([]);
    expect(triggerDefinitionSchema.safeParse(source.value)).toMatchObject({
      success: true,
      data: { id: 'issues' },
    });
  });
});

describe('docs/workflows.md', () => {
  it('shows a workflow that is accepted', () => {
    const parsed = parseWorkflow(readBlock('docs/workflows.md', 'yaml'), 'docs/workflows.md');
    expect(parsed).toMatchObject({ status: 'valid', definition: { id: 'rename' } });
  });
});

describe('docs/recordings.md', () => {
  it('shows a recording that is accepted', () => {
    const text = readBlock('docs/recordings.md', 'json');
    expect(parseRecording(text, 'docs/recordings.md').turns).toHaveLength(2);
  });
});

describe('docs/cli.md', () => {
  it('lists the exit codes there are', () => {
    const [, section = ''] = readText('docs/cli.md').split('\n## Exit codes\n');
    const listed = [...(section.split('\n## ')[0]?.matchAll(/^\| (\d+) \|/gmu) ?? [])];
    expect(listed.map(([, code]) => Number(code))).toEqual(Object.values(exitCodes));
  });
});
