/** Reads and writes references of a repository, and names the locks that a killed git leaves on them. */
import { basename, dirname, join } from 'node:path';
import type { RunGit } from './git-command.ts';
import type { RepairableLock } from './lock-repair.ts';

export const branchReference = (branch: string): string => `refs/heads/${branch}`;

/** The objects that those of the named references that exist point at. */
export async function readReferences(
  git: RunGit,
  repository: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = await readReferencesBelow(git, repository, names);
  // A name also matches everything below it.
  return new Map([...found].filter(([name]) => names.includes(name)));
}

/** All references that have one of the names, or lie in one of the folders (`refs/heads/`). */
export async function readReferencesBelow(
  git: RunGit,
  repository: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const list = await git({
    directory: repository,
    arguments: ['for-each-ref', '--format=%(objectname) %(refname)', '--', ...names],
  });
  const found = new Map<string, string>();
  for (const line of list.text.split('\n')) {
    const space = line.indexOf(' ');
    if (space > 0) found.set(line.slice(space + 1), line.slice(0, space));
  }
  return found;
}

/** `from`: what it must point at now, undefined when it must not exist. `to`: undefined deletes it. */
export interface ReferenceChange {
  readonly name: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/**
 * All or none as far as other processes see. Git writes them one after another in this order, and a
 * kill in between leaves the first ones: the order must be safe. Throws `SB_GIT_FAILED`, also when a
 * `from` is not what is there: the caller reads again and decides.
 */
export async function changeReferences(
  git: RunGit,
  repository: string,
  changes: readonly ReferenceChange[],
): Promise<void> {
  const lines = changes.map(({ name, from, to }) => {
    if (to === from) return `verify ${name} ${from ?? ''}`;
    if (to === undefined) return `delete ${name} ${from ?? ''}`;
    return from === undefined ? `create ${name} ${to}` : `update ${name} ${to} ${from}`;
  });
  await git({
    directory: repository,
    arguments: ['update-ref', '--stdin'],
    input: `${['start', ...lines, 'prepare', 'commit'].join('\n')}\n`,
  });
}

/** Whether a worktree has the branch checked out. A bare repository's HEAD is not a check-out. */
export async function isCheckedOut(
  git: RunGit,
  repository: string,
  branch: string,
): Promise<boolean> {
  const list = await git({
    directory: repository,
    arguments: ['worktree', 'list', '--porcelain', '-z'],
  });
  return list.text.split('\0').includes(`branch ${branchReference(branch)}`);
}

/**
 * The locks of some references, the one that every deletion of a reference needs, and the one of HEAD,
 * which git takes when the branch that HEAD is on moves.
 */
export function referenceLocks(
  gitDirectory: string,
  references: readonly string[],
): readonly RepairableLock[] {
  const isInside = basename(gitDirectory) === '.git';
  const folders = isInside ? [gitDirectory, dirname(gitDirectory)] : [gitDirectory];
  return [
    ...references.map((reference) => `${reference}.lock`),
    'packed-refs.lock',
    'HEAD.lock',
  ].map((name) => ({
    path: join(gitDirectory, name),
    folders,
    mayBeHeldLong: false,
  }));
}
