/** A temporary folder with real repositories for tests, and git without the developer's own settings. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createGit } from '../git-command.ts';
import { minimalEnvironment } from '../git-environment.ts';
import type { OuterEnvironment } from '../git-environment.ts';

export interface GitSandbox {
  readonly folder: string;
  readonly environment: OuterEnvironment;
  /** Runs git in a folder and returns what it wrote. */
  git(directory: string, ...words: readonly string[]): Promise<string>;
  write(path: string, text: string): Promise<void>;
  /** A bare repository with one commit on `main` (`README.md` and `source/a.ts`). */
  createOrigin(name: string): Promise<string>;
  /** A clone with a working tree. */
  createClone(origin: string, name: string): Promise<string>;
  /** Puts files on a branch of a bare repository, from `from` (default: `main`). Returns the commit. */
  commitTo(
    origin: string,
    branch: string,
    files: Readonly<Record<string, string>>,
    from?: string,
  ): Promise<string>;
  remove(): Promise<void>;
}

/** `name` becomes part of every path: spaces and letters outside ASCII belong to a good test. */
export async function createGitSandbox(name = 'git sandbox é'): Promise<GitSandbox> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), `${name} `)));
  const environment = { ...minimalEnvironment(), HOME: folder };
  const run = createGit({ environment });
  const git: GitSandbox['git'] = async (directory, ...words) => {
    const identity = ['-c', 'user.name=Tester', '-c', 'user.email=tester@example.com'];
    return (await run({ directory, arguments: [...identity, ...words] })).text;
  };
  const write: GitSandbox['write'] = async (path, text) => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  };
  let workCount = 0;
  const commitTo: GitSandbox['commitTo'] = async (origin, branch, files, from = 'main') => {
    workCount += 1;
    const work = join(folder, `work ${workCount}`);
    await git(folder, 'clone', '--quiet', '--', origin, work);
    const start = await git(work, 'rev-parse', '--quiet', '--verify', `origin/${from}`).catch(
      () => '',
    );
    if (start !== '') await git(work, 'checkout', '--quiet', '--detach', start);
    for (const [path, text] of Object.entries(files)) await write(join(work, path), text);
    await git(work, 'add', '--all');
    await git(work, 'commit', '--quiet', '--message', `Change ${Object.keys(files).join(', ')}`);
    await git(work, 'push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`);
    const sha = await git(work, 'rev-parse', 'HEAD');
    await rm(work, { recursive: true });
    return sha;
  };
  return {
    folder,
    environment,
    git,
    write,
    commitTo,
    createOrigin: async (originName) => {
      const origin = join(folder, originName);
      await git(folder, 'init', '--quiet', '--bare', '--initial-branch=main', origin);
      const files = { 'README.md': 'Hello\n', 'source/a.ts': 'export const a = 1;\n' };
      await commitTo(origin, 'main', files);
      return origin;
    },
    createClone: async (origin, cloneName) => {
      const clone = join(folder, cloneName);
      await git(folder, 'clone', '--quiet', '--', origin, clone);
      return clone;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
