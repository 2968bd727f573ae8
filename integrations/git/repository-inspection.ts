/**
 * Looks at a path and says whether work can start there, and where branches and merge requests go.
 * Changes nothing. What is wrong is an answer, not an error.
 */
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RepositoryInspection } from '../../actors/ports/repository.ts';
import { SignalboxError, describeError } from '../../runtime/contract/errors.ts';
import { isAbsent, readTextIfPresent, statIfPresent } from './file-presence.ts';
import type { RunGit } from './git-command.ts';

type Unusable = Extract<RepositoryInspection, { status: 'unusable' }>;

interface Layout {
  readonly path: string;
  readonly commonDirectory: string;
  readonly bare: boolean;
}

export async function inspectRepository(git: RunGit, given: string): Promise<RepositoryInspection> {
  const path = resolve(given);
  const missing = await describeUnusableFolder(path);
  if (missing !== undefined) return missing;
  const layout = await readLayout(git, path);
  if ('status' in layout) return layout;
  const localOrigin = layout.bare ? undefined : await findLocalOrigin(git, layout);
  const origin = localOrigin ?? (layout.bare ? layout.path : layout.commonDirectory);
  const branch = await findDefaultBranch(git, origin, localOrigin === undefined);
  if (branch === undefined) return describeEmpty(layout.path, localOrigin);
  return {
    status: 'usable',
    path: layout.path,
    bare: layout.bare,
    defaultBranch: branch.name,
    headSha: branch.sha,
    origin,
  };
}

function unusable(problem: string, next: string): Unusable {
  return { status: 'unusable', problem, next };
}

async function describeUnusableFolder(path: string): Promise<Unusable | undefined> {
  try {
    if ((await stat(path)).isDirectory()) return undefined;
    return unusable(
      `${path} is a file, not a folder`,
      'Give the folder that holds the git repository.',
    );
  } catch (error) {
    return isAbsent(error)
      ? unusable(`${path} does not exist`, 'Check the path, or clone the repository there first.')
      : unusable(
          `${path} cannot be read: ${describeError(error)}`,
          'Give a path that this user may read.',
        );
  }
}

async function readLayout(git: RunGit, path: string): Promise<Layout | Unusable> {
  // A folder inside a repository stands for the repository, so the search may go upwards.
  const environment = { GIT_CEILING_DIRECTORIES: '' };
  const found = await git({
    directory: path,
    environment,
    arguments: [
      'rev-parse',
      '--path-format=absolute',
      '--is-bare-repository',
      '--is-inside-work-tree',
      '--git-common-dir',
    ],
    answers: [128],
  });
  if (found.exitCode !== 0) return describeRefused(path, found.complaint);
  const [bare, insideWorkTree, commonDirectory = ''] = found.text.split('\n');
  if (bare === 'true') return { path: commonDirectory, commonDirectory, bare: true };
  const inside = insideWorkTree === 'true' ? path : dirname(commonDirectory);
  if (insideWorkTree !== 'true' && basename(commonDirectory) !== '.git') {
    return unusable(
      `${path} is inside the git directory ${commonDirectory}`,
      'Give the folder that holds the files of the repository.',
    );
  }
  const top = await git({
    directory: inside,
    environment,
    arguments: ['rev-parse', '--path-format=absolute', '--show-toplevel'],
  });
  return { path: top.text, commonDirectory, bare: false };
}

async function describeRefused(path: string, complaint: string): Promise<Unusable> {
  // Something is there but git will not have it (damaged, or owned by another user): its words say why.
  const traces = await Promise.all(
    ['.git', 'HEAD'].map((name) => statIfPresent(resolve(path, name))),
  );
  if (traces.some((trace) => trace !== undefined)) {
    return unusable(
      `git cannot use the repository in ${path}: ${complaint}`,
      `Run "git -C '${path}' status" and do what git says.`,
    );
  }
  return unusable(
    `${path} is not a git repository`,
    'Give the path of a git repository, or make one there with "git init" and a first commit.',
  );
}

function describeEmpty(path: string, origin: string | undefined): Unusable {
  return origin === undefined
    ? unusable(
        `the git repository ${path} has no commits`,
        'Make a first commit on the branch that work should start from.',
      )
    : unusable(
        `${origin}, the origin of the git repository ${path}, has no commits`,
        'Push the branch that work should start from: git push origin HEAD.',
      );
}

/** The git directory behind the `origin` remote, when it is a repository on this machine. */
async function findLocalOrigin(git: RunGit, layout: Layout): Promise<string | undefined> {
  const remote = await git({
    directory: layout.path,
    arguments: ['remote', 'get-url', 'origin'],
    answers: [2, 128],
  });
  const path = remote.exitCode === 0 ? localPathOf(remote.text, layout.path) : undefined;
  if (path === undefined || !(await statIfPresent(path))?.isDirectory()) return undefined;
  const found = await git({
    directory: await realpath(path),
    arguments: ['rev-parse', '--path-format=absolute', '--git-common-dir'],
    answers: [128],
  });
  return found.exitCode === 0 ? found.text : undefined;
}

/** Git's own rule: a URL has a scheme, `host:path` has a colon before any slash, the rest is a path. */
export function localPathOf(remote: string, base: string): string | undefined {
  if (remote.startsWith('file://')) {
    try {
      return fileURLToPath(remote);
    } catch {
      // Not a file of this machine (`file://server/share`): then it is not a local repository.
      return undefined;
    }
  }
  return /^[^/]*:/.test(remote) ? undefined : resolve(base, remote);
}

/**
 * The branch new work starts from: what the remote calls its default (where we have that branch),
 * else the branch HEAD is on, else `main`, `master` or the only branch there is.
 */
async function findDefaultBranch(
  git: RunGit,
  origin: string,
  askRemote: boolean,
): Promise<{ readonly name: string; readonly sha: string } | undefined> {
  const list = await git({
    directory: origin,
    arguments: ['for-each-ref', '--format=%(refname:lstrip=2) %(objectname)', 'refs/heads'],
  });
  const branches = new Map<string, string>();
  for (const line of list.text.split('\n')) {
    const space = line.lastIndexOf(' ');
    if (space > 0) branches.set(line.slice(0, space), line.slice(space + 1));
  }
  const candidates = [
    askRemote ? await readSymbolic(git, origin, 'refs/remotes/origin/HEAD') : undefined,
    await readSymbolic(git, origin, 'HEAD'),
    'main',
    'master',
    branches.size === 1 ? [...branches.keys()][0] : undefined,
  ];
  for (const name of candidates) {
    const sha = name === undefined ? undefined : branches.get(name);
    if (name !== undefined && sha !== undefined) return { name, sha };
  }
  return undefined;
}

async function readSymbolic(
  git: RunGit,
  directory: string,
  reference: string,
): Promise<string | undefined> {
  const found = await git({
    directory,
    arguments: ['symbolic-ref', '--quiet', reference],
    answers: [1],
  });
  return found.exitCode === 0
    ? /^refs\/(?:heads|remotes\/origin)\/(.+)$/.exec(found.text)?.[1]
    : undefined;
}

/** The directory that all worktrees of a repository share. Throws `SB_REPOSITORY_INVALID`. */
export async function readCommonDirectory(git: RunGit, directory: string): Promise<string> {
  if (await isGitDirectory(directory)) return realpath(directory);
  const found = await git({
    directory,
    arguments: ['rev-parse', '--path-format=absolute', '--git-common-dir'],
    answers: [128],
  });
  if (found.exitCode === 0) return found.text;
  throw new SignalboxError(
    'SB_REPOSITORY_INVALID',
    `${directory} is not a git repository that can be used: ${found.complaint}`,
    { next: 'Give the path of a git repository.' },
  );
}

/**
 * Git's own rule for a whole git directory, seen without starting a git: asked several times by everything that
 * the local forge does. False for what is not certain; git then has the word.
 */
async function isGitDirectory(directory: string): Promise<boolean> {
  const at = (name: string): string => join(directory, name);
  const [head, shared, objects, references] = await Promise.all([
    readTextIfPresent(at('HEAD')),
    statIfPresent(at('commondir')),
    statIfPresent(at('objects')),
    statIfPresent(at('refs')),
  ]);
  if (head === undefined || shared !== undefined) return false;
  const isWhole = objects?.isDirectory() === true && references?.isDirectory() === true;
  return isWhole && /^(?:ref: refs\/\S+|[0-9a-f]{40,64})\s*$/.test(head);
}
