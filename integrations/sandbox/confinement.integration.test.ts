/** No path leads out: not by its letters, not through links, not through folders swapped while they are used. */
import { readdir, readFile, rename, symlink } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeError, SignalboxError } from '../../runtime/contract/errors.ts';
import { openConfinedFolder } from './confined-folder.ts';
import { confinePath } from './path-confinement.ts';
import { makeTemporaryTree } from './temporary-tree.ts';
import type { TemporaryTree } from './temporary-tree.ts';
import { createWorkspaces } from './workspaces.ts';

const workspace = createWorkspaces({ environment: { PATH: process.env['PATH'] ?? '' } });
const lines = { offset: 1, limit: 10 };
const outsideError = { code: 'SB_PATH_OUTSIDE' };
let tree: TemporaryTree;

beforeEach(async () => {
  tree = await makeTemporaryTree();
});

afterEach(async () => {
  await tree.remove();
});

async function expectRefused(path: string): Promise<void> {
  const edit = { oldText: 'secret', newText: 'changed', all: true };
  await expect(workspace.readFile(tree.root, path, lines)).rejects.toMatchObject(outsideError);
  await expect(workspace.writeFile(tree.root, path, 'x')).rejects.toMatchObject(outsideError);
  await expect(workspace.editFile(tree.root, path, edit)).rejects.toMatchObject(outsideError);
}

function codeOf(error: unknown): string {
  return error instanceof SignalboxError ? error.code : describeError(error);
}

async function expectOutsideUntouched(): Promise<void> {
  expect(await readdir(tree.outside)).toEqual(['secret.txt']);
  expect(await readFile(join(tree.outside, 'secret.txt'), 'utf8')).toBe('secret');
}

describe('confinement', () => {
  it('refuses paths that lead outside by their letters', async () => {
    expect.hasAssertions();
    await tree.put('a/b.txt', 'b');
    const beside = `${tree.root}-beside/x`;
    for (const path of [
      '../outside/secret.txt',
      'a/../../x',
      'a/..',
      '..',
      '/etc/passwd',
      beside,
    ]) {
      await expectRefused(path);
    }
    await expectRefused(join(tree.outside, 'secret.txt'));
    await expectRefused('a\0b');
    await expectOutsideUntouched();
  });

  it('accepts absolute paths inside, and relative ones in odd spelling', async () => {
    await tree.put('a/b.txt', 'b');
    for (const path of [join(tree.root, 'a/b.txt'), './a//./b.txt', 'a/b.txt']) {
      expect(await workspace.readFile(tree.root, path, lines)).toMatchObject({ text: 'b' });
    }
    await workspace.writeFile(tree.root, '...', 'dots');
    expect(await readFile(join(tree.root, '...'), 'utf8')).toBe('dots');
  });

  it('accepts a root that is itself reached through a link', async () => {
    const link = join(tree.outside, '..', 'link-to-root');
    await symlink(tree.root, link);
    await workspace.writeFile(link, join(link, 'a.txt'), 'a');
    expect(await workspace.readFile(link, 'a.txt', lines)).toMatchObject({ text: 'a' });
  });

  it('refuses links to a file, to a folder, dangling ones and loops', async () => {
    expect.hasAssertions();
    await symlink(join(tree.outside, 'secret.txt'), join(tree.root, 'file'));
    await symlink(tree.outside, join(tree.root, 'folder'));
    await symlink('../outside', join(tree.root, 'relative'));
    await symlink(join(tree.outside, 'new.txt'), join(tree.root, 'dangling'));
    await symlink('nowhere', join(tree.root, 'dangling-inside'));
    await symlink('loop', join(tree.root, 'loop'));
    const paths = ['file', 'folder/secret.txt', 'folder/new.txt', 'folder/new/deep.txt'];
    for (const path of [...paths, 'relative/secret.txt', 'dangling', 'dangling/x', 'loop']) {
      await expectRefused(path);
    }
    await expectRefused('dangling-inside');
    await expectOutsideUntouched();
  });

  it('follows links that stay inside', async () => {
    await tree.put('real/a.txt', 'a');
    await symlink('real', join(tree.root, 'link'));
    await workspace.writeFile(tree.root, 'link/a.txt', 'changed');
    expect(await readFile(join(tree.root, 'real/a.txt'), 'utf8')).toBe('changed');
  });

  it('refuses everything of git, also through a link and in other letters', async () => {
    await tree.put('.git/config', '[core]');
    await tree.put('sub/.git/config', '[core]');
    await symlink('.git', join(tree.root, 'store'));
    const paths = ['.git/config', '.git', 'sub/.git/config', '.GIT/hooks/x', 'store/config'];
    for (const path of [...paths, '.g\u200cit/x', '.git./x']) await expectRefused(path);
    expect(await readFile(join(tree.root, '.git/config'), 'utf8')).toBe('[core]');
    await workspace.writeFile(tree.root, '.gitignore', 'dist');
  });

  it('lists and searches nothing outside', async () => {
    await tree.put('inside.txt', 'secret inside');
    await symlink(tree.outside, join(tree.root, 'folder'));
    await symlink(join(tree.outside, 'secret.txt'), join(tree.root, 'file'));
    const found = await workspace.findFiles(tree.root, '**/*.txt', 10);
    expect(found.paths).toEqual(['inside.txt']);
    const query = { pattern: 'secret', limit: 10 };
    const searched = await workspace.searchText(tree.root, query);
    expect(searched.hits.map(({ path }) => path)).toEqual(['inside.txt']);
    for (const glob of ['../**', '{..,x}/*', 'folder/../../outside/*', `${tree.outside}/*`]) {
      await expect(workspace.findFiles(tree.root, glob, 10)).rejects.toMatchObject(outsideError);
      await expect(workspace.searchText(tree.root, { ...query, glob })).rejects.toMatchObject(
        outsideError,
      );
    }
  });
});

describe('a folder swapped for a link after the path was resolved', () => {
  it('is not entered', async () => {
    await tree.put('a/b/secret.txt', 'harmless');
    const resolved = await confinePath(tree.root, 'a/b/secret.txt');
    await rename(join(tree.root, 'a'), join(tree.root, 'moved'));
    await symlink(tree.outside, join(tree.root, 'a'));
    const request = { ...resolved, segments: ['a'], create: true };
    await expect(openConfinedFolder(request)).rejects.toMatchObject(outsideError);
    const deeper = { ...resolved, segments: ['a', 'b'], create: true };
    await expect(openConfinedFolder(deeper)).rejects.toMatchObject(outsideError);
    await expectOutsideUntouched();
  });

  it('is noticed when the folder is open', async () => {
    await tree.put('a/secret.txt', 'harmless');
    const resolved = await confinePath(tree.root, 'a/secret.txt');
    const folder = await openConfinedFolder({ ...resolved, segments: ['a'], create: false });
    try {
      await rename(join(tree.root, 'a'), join(tree.root, 'moved'));
      await symlink(tree.outside, join(tree.root, 'a'));
      await expect(folder.verify()).rejects.toMatchObject(outsideError);
    } finally {
      await folder.close();
    }
  });

  it('never shows or changes what is outside while it is swapped back and forth', async () => {
    await tree.put('real/secret.txt', 'harmless');
    await symlink(tree.outside, join(tree.root, 'trap'));
    const seen = new Set<unknown>();
    const watching = new AbortController();
    const swapping = swapUntil(watching.signal);
    const edit = { oldText: 'harmless', newText: 'harmless', all: true };
    const wanted = ['shown', 'edited', 'SB_PATH_OUTSIDE'];
    try {
      for (let tries = 0; tries < 5000; tries += 1) {
        if (tries > 200 && wanted.every((one) => seen.has(one))) break;
        const shown = workspace.readFile(tree.root, 'a/secret.txt', lines);
        seen.add(await shown.then(({ text }) => (text === 'harmless' ? 'shown' : text), codeOf));
        const edited = workspace.editFile(tree.root, 'a/secret.txt', edit);
        seen.add(await edited.then(() => 'edited', codeOf));
      }
    } finally {
      watching.abort();
      await swapping;
    }
    seen.delete('SB_NOT_FOUND');
    expect(seen).toEqual(new Set(wanted));
    await expectOutsideUntouched();
    expect(await readdir(join(tree.root, 'real'))).toEqual(['secret.txt']);
  });

  /** `a` is now the real folder, now the link that leads out, for a few turns of the event loop or for many. */
  async function swapUntil(signal: AbortSignal): Promise<void> {
    const at = join(tree.root, 'a');
    for (let round = 0; !signal.aborted; round += 1) {
      for (const name of ['real', 'trap']) {
        await rename(join(tree.root, name), at);
        for (let turns = (round * 37) % 500; turns > 0; turns -= 1) await nextTurn();
        await rename(at, join(tree.root, name));
      }
    }
  }
});

describe('generated paths', () => {
  const names = [
    '..',
    '.',
    '',
    'a',
    'b',
    'out',
    'up',
    'in',
    'gone',
    '.git',
    'secret.txt',
    'f',
    'root',
  ];
  const anyName = fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 6 }));
  const anyPath = fc
    .tuple(
      fc.constantFrom('relative', 'root', 'outside', 'slash'),
      fc.array(anyName, { maxLength: 6 }),
    )
    .map(([start, parts]) => ({ start, parts }));

  it('are refused unless what they reach is inside the root and not in .git', async () => {
    await tree.put('a/b/f', 'f');
    await tree.put('.git/config', 'c');
    await symlink(tree.outside, join(tree.root, 'out'));
    await symlink('../..', join(tree.root, 'a/up'));
    await symlink('a/b', join(tree.root, 'in'));
    await symlink('../../outside/new', join(tree.root, 'a/gone'));
    const starts = { relative: '', root: `${tree.root}/`, outside: `${tree.outside}/`, slash: '/' };
    const codes = new Set<string>();
    let accepted = 0;
    const check = async (path: string): Promise<void> => {
      const confined = await confinePath(tree.root, path);
      accepted += 1;
      const target = join(confined.realRoot, ...confined.segments);
      expect(target === tree.root || target.startsWith(tree.root + sep)).toBe(true);
      expect(confined.segments.filter((name) => name === '..' || name === '.git')).toEqual([]);
      await workspace.writeFile(tree.root, path, 'written');
    };
    await fc.assert(
      fc.asyncProperty(anyPath, async ({ start, parts }) => {
        await check(`${starts[start]}${parts.join('/')}`).catch((error: unknown) => {
          if (!(error instanceof SignalboxError)) throw error;
          codes.add(error.code);
        });
        await expectOutsideUntouched();
        expect(await readdir(join(tree.root, '.git'))).toEqual(['config']);
      }),
      { numRuns: 400 },
    );
    expect(accepted).toBeGreaterThan(20);
    expect([...codes].sort()).toEqual(['SB_PATH_OUTSIDE', 'SB_TOOL_FAILED']);
    expect(await readdir(join(tree.root, '..'))).toEqual(['outside', 'root']);
  });
});
