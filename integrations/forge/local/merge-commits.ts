/** The git side of a merge without a working tree: finds, tries and writes merge commits. */
import type { RunGit } from '../../git/git-command.ts';
import { branchReference, isCheckedOut } from '../../git/references.ts';
import { readCommonDirectory } from '../../git/repository-inspection.ts';
import { findBrokenRecords } from '../../git/worktree-records.ts';
import { signature } from './document-store.ts';
import type { StoreTools } from './document-store.ts';

/** The merge commit on `targetBranch` that brought in exactly `head`, if there is one. */
export async function findMergeCommit(
  git: RunGit,
  repository: string,
  targetBranch: string,
  head: string,
): Promise<string | undefined> {
  const list = await git({
    directory: repository,
    arguments: [
      'rev-list',
      '--merges',
      '--parents',
      '--ancestry-path',
      '--ignore-missing',
      '--end-of-options',
      `${head}..${branchReference(targetBranch)}`,
      '--',
    ],
    answers: [128],
  });
  return list.text
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, , second]) => second === head)?.[0];
}

export async function isAncestor(
  git: RunGit,
  repository: string,
  older: string,
  newer: string,
): Promise<boolean> {
  const answer = await git({
    directory: repository,
    arguments: ['merge-base', '--is-ancestor', older, newer],
    answers: [1],
  });
  return answer.exitCode === 0;
}

export type MergeAttempt =
  | { readonly type: 'clean'; readonly tree: string }
  | { readonly type: 'conflict'; readonly detail: string };

export async function tryMerge(
  git: RunGit,
  repository: string,
  target: string,
  head: string,
): Promise<MergeAttempt> {
  const base = await git({
    directory: repository,
    arguments: ['merge-base', target, head],
    answers: [1],
  });
  if (base.exitCode === 1) {
    return { type: 'conflict', detail: 'the branches have no commit in common' };
  }
  const merge = await git({
    directory: repository,
    arguments: ['merge-tree', '--write-tree', '--name-only', '--no-messages', '-z', target, head],
    answers: [1],
  });
  const [tree = '', ...files] = merge.text.split('\0').filter((field) => field !== '');
  if (merge.exitCode === 0) return { type: 'clean', tree };
  return { type: 'conflict', detail: `both sides changed ${[...new Set(files)].join(', ')}` };
}

export async function writeMergeCommit(
  { git, clock }: StoreTools,
  repository: string,
  merge: {
    readonly tree: string;
    readonly target: string;
    readonly head: string;
    readonly message: string;
    readonly author: string;
  },
): Promise<string> {
  const commit = await git({
    directory: repository,
    arguments: ['commit-tree', merge.tree, '-p', merge.target, '-p', merge.head],
    input: `${merge.message.trimEnd()}\n`,
    environment: signature(merge.author, clock()),
  });
  return commit.text;
}

/** Whether somebody's files would no longer match their branch if it moved or went. */
export async function isHeldByWorktree(
  tools: StoreTools,
  repository: string,
  branch: string,
): Promise<boolean> {
  return tools.withLockRepair(
    [],
    () => isCheckedOut(tools.git, repository, branch),
    async () => findBrokenRecords(await readCommonDirectory(tools.git, repository)),
  );
}
