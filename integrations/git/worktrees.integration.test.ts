import { mkdir, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RepositoryPort } from '../../actors/ports/repository.ts';
import { createRepositories } from './repositories.ts';
import { createGitSandbox } from './testing/git-sandbox.ts';
import type { GitSandbox } from './testing/git-sandbox.ts';

let sandbox: GitSandbox;
let repositories: RepositoryPort;
let origin: string;
let clone: string;
let count = 0;

beforeAll(async () => {
  sandbox = await createGitSandbox();
  repositories = createRepositories({ environment: sandbox.environment });
});
beforeEach(async () => {
  count += 1;
  origin = await sandbox.createOrigin(`origin ${count}.git`);
  clone = await sandbox.createClone(origin, `clone ${count}`);
});
afterAll(() => sandbox.remove());

const branch = 'signalbox/session-1';
const requestFor = (repository: string) => ({
  repository,
  origin,
  baseBranch: 'main',
  branch,
  path: join(sandbox.folder, 'worktrees', `session ${count}`),
});

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const whole = {
  head: `refs/heads/${branch}`,
  status: '',
  text: 'export const a = 1;\n',
  records: 1,
  locked: false,
};

async function examine(repository: string, path: string): Promise<typeof whole> {
  const list = await sandbox.git(repository, 'worktree', 'list', '--porcelain');
  return {
    head: await sandbox.git(path, 'symbolic-ref', 'HEAD'),
    status: await sandbox.git(path, 'status', '--porcelain'),
    text: await readFile(join(path, 'source/a.ts'), 'utf8'),
    records: list.split('\n').filter((line) => line === `worktree ${path}`).length,
    locked: list.includes('locked'),
  };
}

/** What is left of a worktree: nothing, when it was removed. */
async function findRemains(repository: string, path: string): Promise<readonly string[]> {
  const list = await sandbox.git(repository, 'worktree', 'list');
  const references = await sandbox.git(
    repository,
    'for-each-ref',
    'refs/signalbox',
    `refs/heads/${branch}`,
  );
  return [
    ...((await exists(path)) ? ['folder'] : []),
    ...(list.includes(path) ? ['record'] : []),
    ...references.split('\n').filter((line) => line !== ''),
  ];
}

describe('addWorktree', () => {
  it('starts at the tip of the origin, fetched first', async () => {
    const sha = await sandbox.commitTo(origin, 'main', { 'later.txt': 'later\n' });
    const request = requestFor(clone);
    const worktree = await repositories.addWorktree(request);
    expect(worktree).toEqual({ path: request.path, branch, baseSha: sha });
    expect(await readFile(join(request.path, 'later.txt'), 'utf8')).toBe('later\n');
    expect(await repositories.headSha(request.path)).toBe(sha);
    expect(await examine(clone, request.path)).toEqual(whole);
  });

  it('returns an existing worktree as it is, with the base it started from', async () => {
    const request = requestFor(clone);
    const first = await repositories.addWorktree(request);
    await writeFile(join(request.path, 'draft.txt'), 'work under way');
    await sandbox.commitTo(origin, 'main', { 'later.txt': 'later\n' });
    expect(await repositories.addWorktree(request)).toEqual(first);
    expect(await readFile(join(request.path, 'draft.txt'), 'utf8')).toBe('work under way');
  });

  it.each(['bare', 'its own origin'])('works in a repository that is %s', async (kind) => {
    if (kind !== 'bare') {
      await sandbox.git(clone, 'remote', 'remove', 'origin');
      origin = join(clone, '.git');
    }
    const request = requestFor(kind === 'bare' ? origin : clone);
    await repositories.addWorktree(request);
    expect(await examine(request.repository, request.path)).toEqual(whole);
    await repositories.removeWorktree(request);
    expect(await findRemains(request.repository, request.path)).toEqual([]);
  });

  it('makes 200 at once in one repository, each whole', async () => {
    const requests = Array.from({ length: 200 }, (_, index) => ({
      ...requestFor(clone),
      branch: `signalbox/many-${index}`,
      path: join(sandbox.folder, 'many', `session-${index}`),
    }));
    const made = await Promise.all(requests.map((request) => repositories.addWorktree(request)));
    expect(new Set(made.map((worktree) => worktree.baseSha)).size).toBe(1);
    const list = await sandbox.git(clone, 'worktree', 'list', '--porcelain');
    expect(list.split('\n').filter((line) => line.startsWith('worktree '))).toHaveLength(201);
    expect(list).not.toContain('locked');
    await Promise.all(requests.map((request) => repositories.removeWorktree(request)));
    expect(await sandbox.git(clone, 'for-each-ref', 'refs/heads/signalbox', 'refs/signalbox')).toBe(
      '',
    );
    expect(await readdir(join(sandbox.folder, 'many'))).toEqual([]);
  }, 120_000);

  it('lets two processes add worktrees to one repository at once', async () => {
    const other = createRepositories({ environment: sandbox.environment });
    const made = await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        (index % 2 === 0 ? repositories : other).addWorktree({
          ...requestFor(clone),
          branch: `two/${index}`,
          path: join(sandbox.folder, `two ${count}`, `session-${index}`),
        }),
      ),
    );
    expect(made).toHaveLength(24);
  });

  it('takes a start of an empty tree and an odd branch name', async () => {
    const bare = join(sandbox.folder, `bare ${count}.git`);
    await sandbox.git(
      sandbox.folder,
      'init',
      '--quiet',
      '--bare',
      '--initial-branch=haupt/äst',
      bare,
    );
    const work = await sandbox.createClone(bare, `empty tree ${count}`);
    await sandbox.git(work, 'commit', '--quiet', '--allow-empty', '--message', 'Nothing yet');
    await sandbox.git(work, 'push', '--quiet', 'origin', 'HEAD:refs/heads/haupt/äst');
    const request = {
      ...requestFor(work),
      origin: bare,
      baseBranch: 'haupt/äst',
      branch: 'fix/#1-ü@{x',
    };
    await expect(repositories.addWorktree(request)).rejects.toMatchObject({
      code: 'SB_GIT_FAILED',
    });
    const fine = { ...request, branch: "fix/#1-ü%'$(x)" };
    const first = await repositories.addWorktree(fine);
    expect(await repositories.addWorktree(fine)).toEqual(first);
    expect(await sandbox.git(fine.path, 'symbolic-ref', '--short', 'HEAD')).toBe(fine.branch);
  });
});

describe('addWorktree refuses and leaves alone', () => {
  it('a folder with files that is no worktree', async () => {
    const request = requestFor(clone);
    await sandbox.write(join(request.path, 'precious.txt'), 'mine');
    await expect(repositories.addWorktree(request)).rejects.toThrow('left as it is');
    await expect(repositories.removeWorktree(request)).rejects.toThrow('left as it is');
    expect(await readFile(join(request.path, 'precious.txt'), 'utf8')).toBe('mine');
    expect(await sandbox.git(clone, 'for-each-ref', 'refs/signalbox')).toBe('');
  });

  it('a repository of its own at the path', async () => {
    const request = {
      ...requestFor(clone),
      path: await sandbox.createClone(origin, `other ${count}`),
    };
    await expect(repositories.removeWorktree(request)).rejects.toMatchObject({
      code: 'SB_GIT_FAILED',
    });
    expect(await exists(join(request.path, 'README.md'))).toBe(true);
  });

  it('a branch somebody else made', async () => {
    const request = requestFor(clone);
    await sandbox.git(clone, 'branch', branch);
    await expect(repositories.addWorktree(request)).rejects.toThrow('not made by Signalbox');
    await repositories.removeWorktree(request);
    expect(await sandbox.git(clone, 'branch', '--list', branch)).toContain(branch);
  });

  it('a worktree on another branch, a base that is not there, a path that is no repository', async () => {
    const request = requestFor(clone);
    await repositories.addWorktree(request);
    await expect(repositories.addWorktree({ ...request, branch: 'other' })).rejects.toThrow(
      'not on other',
    );
    const missing = { ...request, baseBranch: 'nope', branch: 'b', path: `${request.path} b` };
    await expect(repositories.addWorktree(missing)).rejects.toThrow('has no branch nope');
    await expect(
      repositories.addWorktree({ ...request, repository: sandbox.folder }),
    ).rejects.toMatchObject({ code: 'SB_REPOSITORY_INVALID' });
    for (const bad of [{ path: 'relative' }, { branch: '-f' }, { branch: '' }]) {
      await expect(repositories.addWorktree({ ...request, ...bad })).rejects.toMatchObject({
        code: 'SB_INPUT_INVALID',
      });
    }
  });
});

describe('after kill -9', () => {
  const createKilled = async (killAt: number, afterSeconds: string): Promise<RepositoryPort> =>
    createRepositories({ environment: await sandbox.killedAt(killAt, afterSeconds) });

  it('of any git command of addWorktree, the next call ends right', async () => {
    let failures = 0;
    for (let killAt = 1; killAt <= 6; killAt += 1) {
      for (const afterSeconds of ['0.002', '0.006']) {
        const request = requestFor(clone);
        const killed = await createKilled(killAt, afterSeconds);
        await killed.addWorktree(request).catch(() => (failures += 1));
        await repositories.addWorktree(request);
        expect(await examine(clone, request.path)).toEqual(whole);
        await repositories.removeWorktree(request);
        expect(await findRemains(clone, request.path)).toEqual([]);
      }
    }
    expect(failures).toBeGreaterThan(4);
  });

  it('of any git command of removeWorktree, the next call ends right', async () => {
    for (let killAt = 1; killAt <= 4; killAt += 1) {
      const request = requestFor(clone);
      await repositories.addWorktree(request);
      const killed = await createKilled(killAt, '0.002');
      await killed.removeWorktree(request).catch(() => undefined);
      await repositories.removeWorktree(request);
      await repositories.removeWorktree(request);
      expect(await findRemains(clone, request.path)).toEqual([]);
    }
  });

  const recordOf = (path: string): string =>
    join(clone, '.git', 'worktrees', basename(path).replaceAll(' ', '-'));

  it.each([
    ['the record is empty but for the lock', ['gitdir', 'HEAD', 'commondir', 'index'], true],
    ['the record has no HEAD', ['HEAD', 'commondir', 'index'], true],
    ['the files are not checked out', ['index'], true],
    ['the folder is half removed', [], false],
  ])('makes the worktree again when %s', async (_, missing, locked) => {
    const request = requestFor(clone);
    const first = await repositories.addWorktree(request);
    const record = recordOf(request.path);
    for (const name of missing) await rm(join(record, name));
    if (locked) await writeFile(join(record, 'locked'), 'initializing');
    await rm(join(request.path, '.git'));
    await rm(join(request.path, 'source'), { recursive: true });
    if (missing.includes('gitdir')) await rm(request.path, { recursive: true });
    expect(await repositories.addWorktree(request)).toEqual(first);
    expect(await examine(clone, request.path)).toEqual(whole);
  });

  it('makes the folder again when record or folder vanished, and keeps the commits', async () => {
    const request = requestFor(clone);
    const first = await repositories.addWorktree(request);
    await sandbox.git(request.path, 'commit', '--quiet', '--allow-empty', '--message', 'Kept');
    const sha = await repositories.headSha(request.path);
    await rm(request.path, { recursive: true });
    expect(await repositories.addWorktree(request)).toEqual(first);
    expect(await repositories.headSha(request.path)).toBe(sha);
    await rm(recordOf(request.path), { recursive: true });
    expect(await repositories.addWorktree(request)).toEqual(first);
    expect(await repositories.headSha(request.path)).toBe(sha);
  });

  it('clears the locks a dead git left', async () => {
    const request = requestFor(clone);
    await repositories.addWorktree(request);
    const record = recordOf(request.path);
    const locks = [
      join(record, 'index.lock'),
      join(record, 'HEAD.lock'),
      join(clone, '.git', 'packed-refs.lock'),
    ];
    const longAgo = new Date(Date.now() - 60_000);
    for (const lock of locks) {
      await writeFile(lock, '');
      await utimes(lock, longAgo, longAgo);
    }
    await repositories.addWorktree(request);
    await sandbox.git(request.path, 'add', '--all');
    await repositories.removeWorktree(request);
    expect(await findRemains(clone, request.path)).toEqual([]);
  });

  it('is not held up by the record of another worktree that git died on', async () => {
    const record = join(clone, '.git/worktrees/other');
    await sandbox.write(join(record, 'commondir'), '');
    await sandbox.write(join(record, 'gitdir'), join(sandbox.folder, 'other/.git'));
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(record, longAgo, longAgo);
    const request = requestFor(clone);
    await repositories.addWorktree(request);
    expect(await examine(clone, request.path)).toEqual(whole);
    expect(await exists(record)).toBe(false);
  });

  it('fetches past the record of another worktree whose HEAD was never written', async () => {
    const other = join(sandbox.folder, 'worktrees', `other ${count}`);
    await sandbox.git(clone, 'worktree', 'add', '--quiet', '--detach', other);
    const record = join(clone, '.git/worktrees', basename(other).replaceAll(' ', '-'));
    await writeFile(join(record, 'HEAD'), `${'0'.repeat(40)}\n`);
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(record, longAgo, longAgo);
    const sha = await sandbox.commitTo(origin, 'main', { 'later.txt': 'later\n' });
    const worktree = await repositories.addWorktree(requestFor(clone));
    expect(worktree.baseSha).toBe(sha);
    expect(await exists(record)).toBe(false);
  });

  it('makes worktrees at once while the origin moves on, so that each has to fetch', async () => {
    const base = requestFor(clone);
    const made: Promise<unknown>[] = [];
    for (let index = 0; index < 12; index += 1) {
      await sandbox.commitTo(origin, 'main', { 'later.txt': `${index}\n` });
      const request = { ...base, branch: `signalbox/s-${index}`, path: `${base.path}-${index}` };
      made.push(repositories.addWorktree(request));
    }
    await Promise.all(made);
    expect(await readFile(join(`${base.path}-11`, 'later.txt'), 'utf8')).toBe('11\n');
  });

  it('is fine with nothing to remove', async () => {
    await repositories.removeWorktree(requestFor(clone));
    await mkdir(requestFor(clone).path, { recursive: true });
    await repositories.removeWorktree(requestFor(clone));
    expect(await findRemains(clone, requestFor(clone).path)).toEqual([]);
  });
});
