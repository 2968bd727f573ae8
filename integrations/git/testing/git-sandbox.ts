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
  /**
   * Surroundings in which the n-th git command is killed (-9) after a moment and every later one fails,
   * as if the whole process tree had been killed then.
   */
  killedAt(n: number, afterSeconds: string): Promise<OuterEnvironment>;
  remove(): Promise<void>;
}

const dataOf = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}`;

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
  const commitTo: GitSandbox['commitTo'] = async (origin, branch, files, from = 'main') => {
    const start = await git(origin, 'for-each-ref', '--format=%(objectname)', `refs/heads/${from}`);
    const at = Math.floor(Date.now() / 1000);
    const message = `Change ${Object.keys(files).join(', ')}`;
    const lines = [
      `commit refs/heads/${branch}`,
      `committer Tester <tester@example.com> ${at} +0000`,
      dataOf(message),
      ...(start === '' ? [] : [`from ${start}`]),
      ...Object.entries(files).flatMap(([path, text]) => [`M 100644 inline ${path}`, dataOf(text)]),
    ];
    const input = `${lines.join('\n')}\n`;
    await run({ directory: origin, arguments: ['fast-import', '--quiet'], input });
    return git(origin, 'rev-parse', `refs/heads/${branch}`);
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
    killedAt: async (n, afterSeconds) => {
      const bin = await mkdtemp(join(folder, 'bin '));
      const counter = join(bin, 'counter');
      await writeFile(counter, '0');
      const script = `#!/bin/sh
PATH='${environment.PATH}'
n=$(($(cat "${counter}") + 1)); echo $n > "${counter}"
[ $n -gt ${n} ] && exit 137
[ $n -eq ${n} ] && exec timeout -s KILL ${afterSeconds} git "$@"
exec git "$@"
`;
      await writeFile(join(bin, 'git'), script, { mode: 0o755 });
      return { ...environment, PATH: `${bin}:${environment.PATH}` };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
