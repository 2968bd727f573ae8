import { chmod, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RepositoryPort } from '../../actors/ports/repository.ts';
import { createRepositories } from './repositories.ts';
import { createGitSandbox } from './testing/git-sandbox.ts';
import type { GitSandbox } from './testing/git-sandbox.ts';

let sandbox: GitSandbox;
let repositories: RepositoryPort;
let origin: string;
let clone: string;
let worktree: string;
let baseSha: string;
let count = 0;

const branch = 'signalbox/one';
const author = { name: 'Signalbox Ä', email: 'signalbox@localhost' };

beforeAll(async () => {
  sandbox = await createGitSandbox();
  repositories = createRepositories({ environment: sandbox.environment });
});
beforeEach(async () => {
  count += 1;
  origin = await sandbox.createOrigin(`origin ${count}.git`);
  clone = await sandbox.createClone(origin, `clone ${count}`);
  const path = join(sandbox.folder, `worktree ${count}`);
  const made = await repositories.addWorktree({
    repository: clone,
    origin,
    baseBranch: 'main',
    branch,
    path,
  });
  worktree = made.path;
  baseSha = made.baseSha;
});
afterAll(() => sandbox.remove());

const commit = (message: string, trailers: readonly { key: string; value: string }[] = []) =>
  repositories.commitAll({ worktree, message, trailers, author });

describe('changedFiles', () => {
  it('lists every kind of change, odd names too, and not what is ignored', async () => {
    await sandbox.write(join(worktree, '.gitignore'), 'ignored/\n');
    await sandbox.write(join(worktree, 'ignored/x'), 'x');
    await sandbox.write(join(worktree, 'new folder/ünï "q"\n.txt'), 'x');
    await sandbox.write(join(worktree, 'README.md'), 'Changed\n');
    await sandbox.git(worktree, 'mv', 'source/a.ts', 'source/b.ts');
    expect(await repositories.changedFiles(worktree)).toEqual([
      { path: '.gitignore', change: 'added' },
      { path: 'README.md', change: 'modified' },
      { path: 'new folder/ünï "q"\n.txt', change: 'added' },
      { path: 'source/b.ts', change: 'renamed', from: 'source/a.ts' },
    ]);
  });

  it('shows a move git does not know of as deletion and addition', async () => {
    await rename(join(worktree, 'source/a.ts'), join(worktree, 'source/b.ts'));
    expect(await repositories.changedFiles(worktree)).toEqual([
      { path: 'source/a.ts', change: 'deleted' },
      { path: 'source/b.ts', change: 'added' },
    ]);
  });

  it('is empty for a clean worktree and fails for a broken one instead of asking a parent', async () => {
    expect(await repositories.changedFiles(worktree)).toEqual([]);
    const inner = join(clone, 'inner');
    await sandbox.write(join(inner, 'x'), 'x');
    await expect(repositories.changedFiles(inner)).rejects.toMatchObject({ code: 'SB_GIT_FAILED' });
  });
});

describe('commitAll', () => {
  it('commits all changes with author, committer and trailers', async () => {
    await sandbox.write(join(worktree, 'added.txt'), 'x');
    await rm(join(worktree, 'source/a.ts'));
    const done = await commit('fix: é works\n\n# not a comment\n---\nmore', [
      { key: 'Signalbox-Session', value: 's-1' },
      { key: 'Signalbox-Effect', value: 'session.s-1.4-0' },
    ]);
    const sha = await repositories.headSha(worktree);
    expect(done).toEqual({ status: 'committed', sha });
    expect(await sandbox.git(worktree, 'log', '-1', '--format=%an|%ae|%cn|%ce|%B')).toBe(
      'Signalbox Ä|signalbox@localhost|Signalbox Ä|signalbox@localhost|' +
        'fix: é works\n\n# not a comment\n---\nmore\n\n' +
        'Signalbox-Session: s-1\nSignalbox-Effect: session.s-1.4-0\n',
    );
    expect(await sandbox.git(worktree, 'status', '--porcelain')).toBe('');
    expect(await commit('again')).toEqual({ status: 'nothingToCommit' });
  });

  it('commits the given paths alone, deleted ones too, and takes names as names', async () => {
    await sandbox.write(join(worktree, '*.txt'), 'starred');
    await sandbox.write(join(worktree, 'left.txt'), 'left behind by a test run');
    await rm(join(worktree, 'source/a.ts'));
    const done = await repositories.commitAll({
      worktree,
      message: 'some paths',
      paths: ['*.txt', 'source/a.ts'],
      trailers: [],
      author: { name: 'A', email: 'a@localhost' },
    });
    expect(done.status).toBe('committed');
    expect(await sandbox.git(worktree, 'show', '--name-status', '--format=', 'HEAD')).toBe(
      'A\t*.txt\nD\tsource/a.ts',
    );
    expect(await repositories.changedFiles(worktree)).toEqual([
      { path: 'left.txt', change: 'added' },
    ]);
  });

  it('joins the trailers the message already has', async () => {
    await sandbox.write(join(worktree, 'x'), 'x');
    await commit('Title\n\nCo-authored-by: A <a@b>', [{ key: 'Signalbox-Effect', value: 'e' }]);
    expect(await sandbox.git(worktree, 'log', '-1', '--format=%(trailers:only)')).toBe(
      'Co-authored-by: A <a@b>\nSignalbox-Effect: e\n',
    );
  });

  it('runs no hooks and signs nothing, whatever the configuration says', async () => {
    const hook = join(clone, '.git/hooks/pre-commit');
    await sandbox.write(hook, '#!/bin/sh\nexit 1\n');
    await chmod(hook, 0o755);
    for (const setting of [
      'commit.gpgSign',
      'log.showSignature',
      'push.gpgSign',
      'commit.verbose',
    ]) {
      await sandbox.git(clone, 'config', setting, 'true');
    }
    await sandbox.git(clone, 'config', 'commit.cleanup', 'scissors');
    await sandbox.write(join(worktree, 'x'), 'x');
    expect(await commit('subject', [{ key: 'K', value: 'v' }])).toMatchObject({
      status: 'committed',
    });
    await repositories.push({ worktree, origin, branch });
  });

  it('commits while others commit, and past locks: a dead one and one soon released', async () => {
    const record = (await sandbox.git(worktree, 'rev-parse', '--absolute-git-dir')).trim();
    const lock = join(record, 'index.lock');
    await writeFile(lock, '');
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lock, longAgo, longAgo);
    await sandbox.write(join(worktree, 'x'), 'x');
    expect(await commit('past a dead lock')).toMatchObject({ status: 'committed' });
    await writeFile(lock, '');
    await sandbox.write(join(worktree, 'y'), 'y');
    const later = commit('past a living lock');
    await rm(lock);
    expect(await later).toMatchObject({ status: 'committed' });
    await sandbox.write(join(worktree, 'z'), 'z');
    const both = await Promise.all([commit('one'), commit('two')]);
    expect(both.map((outcome) => outcome.status).sort()).toEqual(['committed', 'nothingToCommit']);
  });

  it('makes one commit, found by its trailer, when killed at any git command and repeated', async () => {
    let failures = 0;
    for (let killAt = 1; killAt <= 9; killAt += 1) {
      const trailer = { key: 'Signalbox-Effect', value: `effect-${killAt}` };
      const request = { worktree, message: 'work', trailers: [trailer], author };
      await sandbox.write(join(worktree, 'work.txt'), `${killAt}`);
      const environment = await sandbox.killedAt(killAt, '0.003');
      const killed = createRepositories({ environment });
      await killed.commitAll(request).catch(() => (failures += 1));
      const found = await repositories.findCommitByTrailer({ worktree, baseSha, ...trailer });
      if (found === undefined) await repositories.commitAll(request);
      expect(await sandbox.git(worktree, 'status', '--porcelain')).toBe('');
      const made = await sandbox.git(worktree, 'rev-list', '--count', `${baseSha}..HEAD`);
      expect(made).toBe(String(killAt));
    }
    expect(failures).toBeGreaterThan(4);
  });

  it('refuses an empty message and a trailer key that is none', async () => {
    await expect(commit('  \n')).rejects.toMatchObject({ code: 'SB_INPUT_INVALID' });
    await expect(commit('x', [{ key: 'a b', value: 'v' }])).rejects.toMatchObject({
      code: 'SB_INPUT_INVALID',
    });
  });
});

describe('findCommitByTrailer', () => {
  it('finds the newest with exactly that value after the base', async () => {
    const key = 'Signalbox-Effect';
    const find = (value: string, from = baseSha) =>
      repositories.findCommitByTrailer({ worktree, baseSha: from, key, value });
    const shas: string[] = [];
    for (const value of ['a', 'b.1', 'a', 'b.10']) {
      await sandbox.write(join(worktree, 'x'), `${value} ${shas.length}`);
      const done = await commit(`Say ${key}: c in the text\n\nbody`, [{ key, value }]);
      if (done.status === 'committed') shas.push(done.sha);
    }
    expect(await find('a')).toBe(shas[2]);
    expect(await find('b.1')).toBe(shas[1]);
    expect(await find('b')).toBeUndefined();
    expect(await find('c')).toBeUndefined();
    expect(await find('a', shas[2])).toBeUndefined();
    await expect(find('a', 'f'.repeat(40))).rejects.toMatchObject({ code: 'SB_GIT_FAILED' });
  });
});

describe('push', () => {
  it('pushes, again without harm, and fast-forward only', async () => {
    await sandbox.write(join(worktree, 'x'), 'x');
    await commit('one');
    const sha = await repositories.headSha(worktree);
    expect(await repositories.push({ worktree, origin, branch })).toEqual({ sha });
    expect(await repositories.push({ worktree, origin, branch })).toEqual({ sha });
    expect(await sandbox.git(origin, 'rev-parse', `refs/heads/${branch}`)).toBe(sha);
    await sandbox.commitTo(origin, branch, { 'theirs.txt': 'x' }, branch);
    await sandbox.write(join(worktree, 'y'), 'y');
    await commit('two');
    await expect(repositories.push({ worktree, origin, branch })).rejects.toMatchObject({
      code: 'SB_GIT_FAILED',
      retryable: false,
      message: expect.stringContaining('rejected') as string,
    });
  });

  it('gets past a lock that a dead receive-pack left in the origin', async () => {
    const lock = join(origin, `refs/heads/${branch}.lock`);
    await sandbox.write(lock, '');
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lock, longAgo, longAgo);
    await repositories.push({ worktree, origin, branch });
    expect(await sandbox.git(origin, 'rev-parse', `refs/heads/${branch}`)).toBe(baseSha);
  });

  it('says which origin is not there, without the secret in its address', async () => {
    const gone = join(sandbox.folder, 'gone.git');
    await expect(repositories.push({ worktree, origin: gone, branch })).rejects.toThrow(gone);
    const secret = 'http://user:hunter2@127.0.0.1:1/x.git';
    const failure: unknown = await repositories
      .push({ worktree, origin: secret, branch })
      .catch((e: unknown) => e);
    expect(failure).toMatchObject({ code: 'SB_GIT_FAILED' });
    expect(JSON.stringify([String(failure), failure])).not.toContain('hunter2');
  });
});
