/** Finding files and texts, in a real git work tree and in a plain folder. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTemporaryTree } from './temporary-tree.ts';
import type { TemporaryTree } from './temporary-tree.ts';
import { createWorkspaces } from './workspaces.ts';

const runFile = promisify(execFile);
const workspace = createWorkspaces({ environment: { PATH: process.env['PATH'] ?? '' } });
let tree: TemporaryTree;

beforeEach(async () => {
  tree = await makeTemporaryTree();
  await tree.put('src/tracked.ts', 'const alpha = 1;\nconst beta = 2;\n');
  await tree.put('src/untracked file.js', 'alpha(beta)\r\n');
  await tree.put('dist/ignored.ts', 'alpha\n');
  await tree.put('node_modules/x/index.js', 'alpha\n');
  await tree.put('binary.bin', Uint8Array.of(0x61, 0, 0x61, 0x6c, 0x70, 0x68, 0x61));
  await tree.put('.gitignore', 'dist\n');
});

afterEach(async () => {
  await tree.remove();
});

async function makeWorkTree(): Promise<void> {
  await runFile('git', ['init', '--quiet'], { cwd: tree.root });
  await runFile('git', ['add', 'src/tracked.ts'], { cwd: tree.root });
}

function search(pattern: string, glob?: string, limit = 50) {
  const where = glob === undefined ? {} : { glob };
  return workspace.searchText(tree.root, { pattern, ...where, limit });
}

async function pathsOf(pattern: string, glob?: string): Promise<readonly string[]> {
  return (await search(pattern, glob)).hits.map(({ path }) => path);
}

describe('searchText', () => {
  it('finds in tracked and untracked files, not in ignored or binary ones', async () => {
    await makeWorkTree();
    expect(await search('alpha')).toEqual({
      hits: [
        { path: 'src/tracked.ts', line: 1, text: 'const alpha = 1;' },
        { path: 'src/untracked file.js', line: 1, text: 'alpha(beta)' },
      ],
      truncated: false,
    });
  });

  it('works in a folder that is no work tree', async () => {
    expect(await pathsOf('alpha')).toEqual([
      'dist/ignored.ts',
      'src/tracked.ts',
      'src/untracked file.js',
    ]);
  });

  it('takes POSIX extended expressions', async () => {
    await makeWorkTree();
    expect((await search('^const (alpha|beta) = [0-9]+;$')).hits).toHaveLength(2);
    expect((await search('nothing like it')).hits).toEqual([]);
    expect((await search('-e --help')).hits).toEqual([]);
  });

  it('looks only where the glob says', async () => {
    await makeWorkTree();
    expect(await pathsOf('alpha', '*.ts')).toEqual(['src/tracked.ts']);
    expect(await pathsOf('alpha', 'src/*.{js,mjs}')).toEqual(['src/untracked file.js']);
    expect(await pathsOf('alpha', 'lib/**')).toEqual([]);
  });

  it.each(['a(', '[z-a]', 'a{2,1}', '*'.repeat(3) + '(', 'a\0b'])(
    'refuses the bad expression %j with the reason',
    async (pattern) => {
      await makeWorkTree();
      await expect(search(pattern)).rejects.toMatchObject({
        code: 'SB_TOOL_FAILED',
        message: expect.stringContaining('cannot search for') as unknown,
      });
    },
  );

  it('stops at the limit and says so', async () => {
    await tree.put('many.txt', 'alpha\n'.repeat(100_000));
    const { hits, truncated } = await search('alpha', 'many.txt', 7);
    expect(truncated).toBe(true);
    expect(hits.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('is not led elsewhere by git’s variables', async () => {
    await makeWorkTree();
    const misled = createWorkspaces({
      environment: { PATH: process.env['PATH'] ?? '', GIT_DIR: tree.outside },
    });
    const { hits } = await misled.searchText(tree.root, { pattern: 'beta', limit: 5 });
    expect(hits).toHaveLength(2);
  });
});

describe('findFiles', () => {
  it('lists sorted paths, without node_modules and .git', async () => {
    await makeWorkTree();
    const { paths, truncated } = await workspace.findFiles(tree.root, '**', 50);
    expect(paths).toEqual([
      '.gitignore',
      'binary.bin',
      'dist/ignored.ts',
      'src/tracked.ts',
      'src/untracked file.js',
    ]);
    expect(truncated).toBe(false);
  });

  it('says when there are more', async () => {
    const found = await workspace.findFiles(tree.root, '**/*.{ts,js}', 2);
    expect(found).toEqual({ paths: ['dist/ignored.ts', 'src/tracked.ts'], truncated: true });
  });
});
