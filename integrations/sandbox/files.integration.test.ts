/** Files as they really end up on disk: whole, with their mode and line ends, and nothing else beside them. */
import { execFile } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identifyProcess } from '../../runtime/processes/process-identity.ts';
import { makeTemporaryTree } from './temporary-tree.ts';
import type { TemporaryTree } from './temporary-tree.ts';
import { createWorkspaces } from './workspaces.ts';

const runFile = promisify(execFile);
const environment = { PATH: process.env['PATH'] ?? '' };
const workspace = createWorkspaces({ environment });
let tree: TemporaryTree;

beforeEach(async () => {
  tree = await makeTemporaryTree();
});

afterEach(async () => {
  await tree.remove();
});

function content(path: string): Promise<string> {
  return readFile(join(tree.root, path), 'utf8');
}

describe('readFile', () => {
  const read = (path: string, offset = 1, limit = 100) =>
    workspace.readFile(tree.root, path, { offset, limit });

  it('gives the lines asked for', async () => {
    await tree.put('a.txt', 'one\ntwo\nthree\nfour\n');
    expect(await read('a.txt', 2, 2)).toEqual({
      text: 'two\nthree',
      firstLine: 2,
      lastLine: 3,
      totalLines: 4,
    });
    expect(await read('a.txt', 4, 100)).toMatchObject({ text: 'four', lastLine: 4 });
    await expect(read('a.txt', 5)).rejects.toMatchObject({
      code: 'SB_TOOL_FAILED',
      message: expect.stringContaining('has 4 lines') as unknown,
    });
  });

  it('shows an empty file and a CRLF file', async () => {
    await tree.put('empty', '');
    expect(await read('empty')).toEqual({ text: '', firstLine: 1, lastLine: 0, totalLines: 0 });
    await tree.put('crlf', 'a\r\nb\r\n');
    expect(await read('crlf')).toMatchObject({ text: 'a\nb', totalLines: 2 });
  });

  it('refuses what is no text, with its size', async () => {
    await tree.put('image.png', Uint8Array.of(0x89, 0x50, 0, 1, 2));
    await tree.put('latin1.txt', Uint8Array.of(0x61, 0xe4, 0x62));
    for (const [path, size] of [
      ['image.png', '5 bytes'],
      ['latin1.txt', '3 bytes'],
    ] as const) {
      await expect(read(path)).rejects.toMatchObject({
        code: 'SB_TOOL_FAILED',
        message: expect.stringContaining(size) as unknown,
      });
    }
  });

  it('refuses folders, pipes, missing files and a file used as a folder', async () => {
    await mkdir(join(tree.root, 'folder'));
    await tree.put('a.txt', 'a');
    await runFile('mkfifo', [join(tree.root, 'pipe')]);
    const codes = { folder: 'SB_TOOL_FAILED', pipe: 'SB_TOOL_FAILED', gone: 'SB_NOT_FOUND' };
    for (const [path, code] of Object.entries({
      ...codes,
      'a.txt/x': 'SB_TOOL_FAILED',
      '.': 'SB_TOOL_FAILED',
    })) {
      await expect(read(path)).rejects.toMatchObject({ code });
    }
    await expect(workspace.writeFile(tree.root, 'pipe', 'x')).rejects.toMatchObject({
      code: 'SB_TOOL_FAILED',
    });
    await expect(workspace.writeFile(tree.root, 'folder', 'x')).rejects.toMatchObject({
      code: 'SB_TOOL_FAILED',
    });
  });

  it('says when the worktree is gone', async () => {
    const gone = workspace.readFile(`${tree.root}-gone`, 'a', { offset: 1, limit: 1 });
    await expect(gone).rejects.toMatchObject({ code: 'SB_NOT_FOUND' });
  });
});

describe('writeFile', () => {
  it('makes folders, says whether the file is new and leaves nothing else', async () => {
    const written = await workspace.writeFile(tree.root, 'a/b/c.txt', 'ä');
    expect(written).toEqual({ bytes: 2, created: true });
    const again = await workspace.writeFile(tree.root, 'a/b/c.txt', 'x');
    expect(again).toEqual({ bytes: 1, created: false });
    expect(await readdir(join(tree.root, 'a/b'))).toEqual(['c.txt']);
    expect(await content('a/b/c.txt')).toBe('x');
  });

  it('keeps the mode', async () => {
    await tree.put('run.sh', 'old');
    await chmod(join(tree.root, 'run.sh'), 0o755);
    await workspace.writeFile(tree.root, 'run.sh', 'new');
    await workspace.editFile(tree.root, 'run.sh', { oldText: 'n', newText: 'N', all: false });
    expect((await lstat(join(tree.root, 'run.sh'))).mode & 0o777).toBe(0o755);
  });

  it('leaves one whole version when many write at once', async () => {
    const versions = Array.from({ length: 40 }, (_, index) => `${index}\n`.repeat(20_000));
    const others = createWorkspaces({ environment });
    await Promise.all(
      versions.map((version, index) =>
        (index % 2 === 0 ? workspace : others).writeFile(tree.root, 'same.txt', version),
      ),
    );
    expect(versions).toContain(await content('same.txt'));
    expect(await readdir(tree.root)).toEqual(['same.txt']);
  });
});

describe('editFile', () => {
  it('keeps CRLF line ends and the byte order mark', async () => {
    await tree.put('a.cs', '\ufeffone\r\ntwo\r\nthree\r\n');
    const edit = { oldText: 'one\ntwo', newText: 'uno\ndue\ntre', all: false };
    expect(await workspace.editFile(tree.root, 'a.cs', edit)).toEqual({ replacements: 1 });
    expect(await content('a.cs')).toBe('\ufeffuno\r\ndue\r\ntre\r\nthree\r\n');
  });

  it('changes nothing when the old text is ambiguous or absent', async () => {
    await tree.put('a.txt', 'x x x');
    for (const oldText of ['x', 'y']) {
      const edit = workspace.editFile(tree.root, 'a.txt', { oldText, newText: 'z', all: false });
      await expect(edit).rejects.toMatchObject({ code: 'SB_TOOL_FAILED' });
    }
    expect(await content('a.txt')).toBe('x x x');
    const all = { oldText: 'x', newText: 'z', all: true };
    expect(await workspace.editFile(tree.root, 'a.txt', all)).toEqual({ replacements: 3 });
    expect(await content('a.txt')).toBe('z z z');
  });

  it('refuses a file that is not there', async () => {
    const edit = { oldText: 'x', newText: 'z', all: true };
    await expect(workspace.editFile(tree.root, 'gone', edit)).rejects.toMatchObject({
      code: 'SB_NOT_FOUND',
    });
  });

  it('loses none of many edits of one file at once', async () => {
    const words = Array.from({ length: 30 }, (_, index) => `<${index}>`);
    await tree.put('a.txt', words.join('\n'));
    await Promise.all(
      words.map((oldText) =>
        workspace.editFile(tree.root, 'a.txt', { oldText, newText: `${oldText}!`, all: false }),
      ),
    );
    expect(await content('a.txt')).toBe(words.map((word) => `${word}!`).join('\n'));
  });
});

describe('what a killed process has left', () => {
  // More than the highest pid there is; the same pid, started at another time.
  const ofTheDead = '.signalbox-99999999-77-0011223344556677.tmp';
  const ofAnEarlier = `.signalbox-${process.pid}-1-0011223344556677.tmp`;

  it('is removed before the next write or command, and said', async () => {
    await tree.put(`deep/er/${ofTheDead}`, 'half');
    await tree.put(`deep/${ofAnEarlier}`, 'half');
    await tree.put('.signalbox-notes.tmp', 'of a person');
    const said: string[] = [];
    const restarted = createWorkspaces({ environment, log: (line) => said.push(line) });
    await restarted.writeFile(tree.root, 'a.txt', 'a');
    expect(await readdir(join(tree.root, 'deep'), { recursive: true })).toEqual(['er']);
    expect((await readdir(tree.root)).sort()).toEqual(['.signalbox-notes.tmp', 'a.txt', 'deep']);
    expect(said).toEqual([expect.stringContaining('removed 2 unfinished')]);
  });

  it('is left alone while its process lives, until it is old', async () => {
    const { startTicks } = identifyProcess(process.ppid);
    const foreign = `.signalbox-${process.ppid}-${startTicks ?? 'x'}-0011223344556677.tmp`;
    await tree.put(foreign, 'half');
    const other = createWorkspaces({ environment });
    await other.writeFile(tree.root, 'a.txt', 'a');
    expect(await readdir(tree.root)).toContain(foreign);
    expect((await other.findFiles(tree.root, '**', 10)).paths).toEqual(['a.txt']);
    await utimes(join(tree.root, foreign), 1, 1);
    await other.writeFile(tree.root, 'a.txt', 'b');
    expect(await readdir(tree.root)).toEqual(['a.txt']);
  });
});
