import { chmod, mkdir, realpath, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RepositoryPort } from '../../actors/ports/repository.ts';
import { createRepositories } from './repositories.ts';
import { createGitSandbox } from './testing/git-sandbox.ts';
import type { GitSandbox } from './testing/git-sandbox.ts';

let sandbox: GitSandbox;
let repositories: RepositoryPort;
let origin: string;
let tip: string;

beforeAll(async () => {
  sandbox = await createGitSandbox();
  repositories = createRepositories({ environment: sandbox.environment });
  origin = await sandbox.createOrigin('origin.git');
  tip = await sandbox.git(origin, 'rev-parse', 'main');
});
afterAll(() => sandbox.remove());

describe('inspect, usable', () => {
  it('takes a bare repository as its own origin', async () => {
    expect(await repositories.inspect(origin)).toEqual({
      status: 'usable',
      path: origin,
      bare: true,
      defaultBranch: 'main',
      headSha: tip,
      origin,
    });
  });

  it('finds the local origin of a clone, from any folder in it', async () => {
    const clone = await sandbox.createClone(origin, 'clone one');
    const expected = { status: 'usable', path: clone, bare: false, origin, headSha: tip };
    for (const path of [clone, join(clone, 'source'), join(clone, '.git'), `${clone}/`]) {
      expect(await repositories.inspect(path)).toMatchObject(expected);
    }
  });

  it('follows relative, file:// and symbolic link origins', async () => {
    const clone = await sandbox.createClone(origin, 'clone two');
    await symlink(origin, join(sandbox.folder, 'link.git'));
    for (const url of [
      '../origin.git',
      pathToFileURL(origin).href,
      join(sandbox.folder, 'link.git'),
    ]) {
      await sandbox.git(clone, 'remote', 'set-url', 'origin', url);
      expect(await repositories.inspect(clone)).toMatchObject({ status: 'usable', origin });
    }
  });

  it('uses its own git directory when origin is a URL, ssh-like, gone or not there', async () => {
    const clone = await sandbox.createClone(origin, 'clone three');
    for (const url of [
      'https://example.com/a/b.git',
      'git@example.com:a/b.git',
      join(sandbox.folder, 'gone.git'),
    ]) {
      await sandbox.git(clone, 'remote', 'set-url', 'origin', url);
      expect(await repositories.inspect(clone)).toMatchObject({
        status: 'usable',
        origin: join(clone, '.git'),
        defaultBranch: 'main',
      });
    }
    await sandbox.git(clone, 'remote', 'remove', 'origin');
    expect(await repositories.inspect(clone)).toMatchObject({ origin: join(clone, '.git') });
  });

  it('works on the default branch of the remote, not on the branch checked out', async () => {
    const clone = await sandbox.createClone(origin, 'clone four');
    await sandbox.git(clone, 'checkout', '--quiet', '-b', 'feature/x');
    expect(await repositories.inspect(clone)).toMatchObject({ defaultBranch: 'main' });
    await sandbox.git(clone, 'remote', 'set-url', 'origin', 'https://example.com/a/b.git');
    expect(await repositories.inspect(clone)).toMatchObject({ defaultBranch: 'main' });
    await sandbox.git(clone, 'remote', 'remove', 'origin');
    expect(await repositories.inspect(clone)).toMatchObject({ defaultBranch: 'feature/x' });
  });

  it('finds a branch when HEAD is detached', async () => {
    const clone = await sandbox.createClone(origin, 'clone five');
    await sandbox.git(clone, 'remote', 'remove', 'origin');
    await sandbox.git(clone, 'checkout', '--quiet', '--detach');
    expect(await repositories.inspect(clone)).toMatchObject({
      defaultBranch: 'main',
      headSha: tip,
    });
  });

  it('ignores git variables of the outer environment', async () => {
    const misled = createRepositories({
      environment: { ...sandbox.environment, GIT_DIR: '/nowhere', GIT_WORK_TREE: '/' },
    });
    expect(await misled.inspect(origin)).toMatchObject({ status: 'usable', path: origin });
  });
});

describe('inspect, unusable', () => {
  const problemOf = async (path: string): Promise<string> => {
    const found = await repositories.inspect(path);
    if (found.status !== 'unusable') return 'none';
    expect(found.problem).toContain(path);
    expect(found.next.length).toBeGreaterThan(10);
    return found.problem;
  };

  it('says that a path does not exist, also below a file', async () => {
    expect(await problemOf(join(sandbox.folder, 'nothing here'))).toContain('does not exist');
    await sandbox.write(join(sandbox.folder, 'plain'), 'x');
    expect(await problemOf(join(sandbox.folder, 'plain', 'below'))).toContain('does not exist');
  });

  it('says that a path is a file', async () => {
    await sandbox.write(join(sandbox.folder, 'file.txt'), 'x');
    expect(await problemOf(join(sandbox.folder, 'file.txt'))).toContain('is a file');
  });

  it('says that a folder is not a git repository', async () => {
    await mkdir(join(sandbox.folder, 'plain folder'));
    expect(await problemOf(join(sandbox.folder, 'plain folder'))).toContain(
      'is not a git repository',
    );
  });

  it('says what git says about a damaged repository', async () => {
    const clone = await sandbox.createClone(origin, 'damaged');
    await rm(join(clone, '.git', 'HEAD'));
    expect(await problemOf(clone)).toContain('git cannot use the repository');
  });

  it('says that a repository or its origin has no commits', async () => {
    const empty = join(sandbox.folder, 'empty');
    await sandbox.git(sandbox.folder, 'init', '--quiet', empty);
    expect(await problemOf(empty)).toContain('has no commits');
    const bare = join(sandbox.folder, 'empty.git');
    await sandbox.git(sandbox.folder, 'init', '--quiet', '--bare', bare);
    expect(await problemOf(bare)).toContain('has no commits');
    const clone = await sandbox.createClone(origin, 'clone of empty');
    await sandbox.git(clone, 'remote', 'set-url', 'origin', bare);
    expect(await problemOf(clone)).toContain('has no commits');
    expect(await repositories.inspect(clone)).toMatchObject({
      problem: expect.stringContaining(bare) as string,
    });
  });

  it('throws what git says when git is not there', async () => {
    const without = createRepositories({
      environment: { PATH: join(sandbox.folder, 'no-such-folder') },
    });
    await expect(without.inspect(origin)).rejects.toMatchObject({
      code: 'SB_GIT_FAILED',
      next: expect.stringContaining('Install git') as string,
    });
  });

  it('answers for a folder that may not be read', async () => {
    const closed = join(sandbox.folder, 'closed');
    await mkdir(closed);
    await chmod(closed, 0o000);
    try {
      expect(await repositories.inspect(await realpath(closed))).toMatchObject({
        status: 'unusable',
      });
    } finally {
      await chmod(closed, 0o700);
    }
  });
});
