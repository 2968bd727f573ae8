/**
 * Makes and removes worktrees so that a kill at any instant leaves something the next call finishes.
 * `refs/signalbox/base/<branch>` is written before the branch and deleted after it: it says that the
 * branch is ours and where it started.
 */
import { isAbsolute } from 'node:path';
import type { RepositoryPort, Worktree } from '../../actors/ports/repository.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { transferDeadlineMs } from './git-command.ts';
import type { RunGit } from './git-command.ts';
import type { WithKey } from './keyed-mutex.ts';
import type { WithLockRepair } from './lock-repair.ts';
import {
  branchReference,
  changeReferences,
  isCheckedOut,
  readReferences,
  referenceLocks,
} from './references.ts';
import { localPathOf, readCommonDirectory } from './repository-inspection.ts';
import {
  findBrokenRecords,
  eraseWorktree,
  readWorktreeState,
  worktreeLocks,
} from './worktree-records.ts';

export interface GitTools {
  readonly git: RunGit;
  readonly withKey: WithKey;
  readonly withLockRepair: WithLockRepair;
}

type AddRequest = Parameters<RepositoryPort['addWorktree']>[0];
type RemoveRequest = Parameters<RepositoryPort['removeWorktree']>[0];

const baseReference = (branch: string): string => `refs/signalbox/base/${branch}`;

export async function addWorktree(tools: GitTools, request: AddRequest): Promise<Worktree> {
  requireAbsolute(request.path);
  requireBranchName(request.branch);
  const common = await readCommonDirectory(tools.git, request.repository);
  return tools.withKey(`${common} ${request.path}`, () =>
    tools.withLockRepair(
      locksOf(common, request.branch),
      () => makeWorktree(tools, common, request),
      () => findBrokenRecords(common),
    ),
  );
}

async function makeWorktree(
  tools: GitTools,
  common: string,
  request: AddRequest,
): Promise<Worktree> {
  const { git } = tools;
  const { path, branch } = request;
  const state = await readWorktreeState(common, path);
  if (state.type === 'foreign') throw refuseForeign(path, request.repository);
  if (state.type === 'complete') {
    if (state.branch !== branch) throw refuseOtherBranch(path, state.branch, branch);
    const { base: baseSha } = await readBranch(git, common, branch);
    if (baseSha === undefined) throw refuseTakenBranch(branch, request.repository);
    return tools.withLockRepair(worktreeLocks(state.record, path), () =>
      Promise.resolve({ path, branch, baseSha }),
    );
  }
  const baseSha = await claimBranch(tools, common, request);
  if (state.type === 'halfMade') await eraseWorktree(path, state.records);
  // One at a time: git reads the records of all worktrees and dies on one that is being written.
  await tools.withKey(common, () =>
    git({
      directory: common,
      arguments: ['worktree', 'add', '--quiet', '--no-guess-remote', '--', path, branch],
      deadlineMs: transferDeadlineMs,
    }),
  );
  return { path, branch, baseSha };
}

/** The start of the branch: as recorded when we were here before, else the tip of the base branch now. */
async function claimBranch(tools: GitTools, common: string, request: AddRequest): Promise<string> {
  const { git } = tools;
  const { branch } = request;
  const found = await readBranch(git, common, branch);
  if (found.base === undefined && found.tip !== undefined) {
    throw refuseTakenBranch(branch, request.repository);
  }
  // A branch that has moved on keeps its commits: only the folder is made again.
  if (found.base !== undefined && found.tip !== undefined) return found.base;
  const baseSha = found.base ?? (await fetchBase(tools, common, request));
  await changeReferences(git, common, [
    { name: baseReference(branch), from: found.base, to: baseSha },
    { name: branchReference(branch), from: undefined, to: baseSha },
  ]);
  return baseSha;
}

async function readBranch(
  git: RunGit,
  common: string,
  branch: string,
): Promise<{ readonly base: string | undefined; readonly tip: string | undefined }> {
  const names = [baseReference(branch), branchReference(branch)] as const;
  const found = await readReferences(git, common, names);
  return { base: found.get(names[0]), tip: found.get(names[1]) };
}

async function fetchBase(tools: GitTools, common: string, request: AddRequest): Promise<string> {
  const { git } = tools;
  const reference = branchReference(request.baseBranch);
  const sha = await readOriginTip(git, common, request.origin, reference);
  if (sha === undefined) {
    throw new SignalboxError(
      'SB_GIT_FAILED',
      `${request.origin} has no branch ${request.baseBranch}`,
      { next: 'Name a branch that exists there, or push it first.' },
    );
  }
  if (await hasCommit(git, common, sha)) return sha;
  // Not beside the making of a worktree: fetch looks at the HEADs of all, and dies on one that is not written yet.
  await tools.withKey(common, () =>
    git({
      directory: common,
      arguments: [
        'fetch',
        '--quiet',
        '--no-tags',
        '--no-write-fetch-head',
        '--',
        request.origin,
        reference,
      ],
      deadlineMs: transferDeadlineMs,
    }),
  );
  return sha;
}

async function readOriginTip(
  git: RunGit,
  common: string,
  origin: string,
  reference: string,
): Promise<string | undefined> {
  const local = localPathOf(origin, common);
  if (local !== undefined) return (await readReferences(git, local, [reference])).get(reference);
  const listed = await git({
    directory: common,
    arguments: ['ls-remote', '--', origin, reference],
    deadlineMs: transferDeadlineMs,
  });
  return listed.text
    .split('\n')
    .map((line) => line.split('\t'))
    .find(([, name]) => name === reference)?.[0];
}

export async function removeWorktree(tools: GitTools, request: RemoveRequest): Promise<void> {
  requireAbsolute(request.path);
  requireBranchName(request.branch);
  const common = await readCommonDirectory(tools.git, request.repository);
  await tools.withKey(`${common} ${request.path}`, async () => {
    const state = await readWorktreeState(common, request.path);
    if (state.type === 'foreign') throw refuseForeign(request.path, request.repository);
    if (state.type === 'complete') await eraseWorktree(request.path, [state.record]);
    if (state.type === 'halfMade') await eraseWorktree(request.path, state.records);
    await tools.withLockRepair(
      locksOf(common, request.branch),
      () => releaseBranch(tools, common, request.branch),
      () => findBrokenRecords(common),
    );
  });
}

async function releaseBranch(tools: GitTools, common: string, branch: string): Promise<void> {
  const { git } = tools;
  const { base, tip } = await readBranch(git, common, branch);
  // Without the record the branch is not ours, or was released before.
  if (base === undefined) return;
  const record = { name: baseReference(branch), from: base, to: undefined };
  const isOurs =
    tip !== undefined && !(await tools.withKey(common, () => isCheckedOut(git, common, branch)));
  await changeReferences(
    git,
    common,
    isOurs ? [{ name: branchReference(branch), from: tip, to: undefined }, record] : [record],
  );
}

async function hasCommit(git: RunGit, common: string, sha: string): Promise<boolean> {
  const found = await git({
    directory: common,
    arguments: ['cat-file', '-e', `${sha}^{commit}`],
    answers: [1, 128],
  });
  return found.exitCode === 0;
}

function locksOf(common: string, branch: string): ReturnType<typeof referenceLocks> {
  return referenceLocks(common, [branchReference(branch), baseReference(branch)]);
}

function requireAbsolute(path: string): void {
  if (isAbsolute(path)) return;
  throw new SignalboxError('SB_INPUT_INVALID', `the worktree path ${path} is not absolute`, {
    next: 'Give the full path.',
  });
}

function requireBranchName(branch: string): void {
  if (branch !== '' && !branch.startsWith('-')) return;
  throw new SignalboxError('SB_INPUT_INVALID', `"${branch}" cannot be the name of a branch`, {
    next: 'Give a name that does not start with a dash.',
  });
}

function refuseForeign(path: string, repository: string): SignalboxError {
  return new SignalboxError(
    'SB_GIT_FAILED',
    `${path} holds files and is not a worktree of ${repository}; it is left as it is`,
    { next: 'Move it away, or use another path for the worktree.' },
  );
}

function refuseOtherBranch(
  path: string,
  actual: string | undefined,
  wanted: string,
): SignalboxError {
  return new SignalboxError(
    'SB_GIT_FAILED',
    `the worktree ${path} is on ${actual === undefined ? 'no branch' : `branch ${actual}`}, not on ${wanted}`,
    { next: `Check out ${wanted} there, or remove the worktree.` },
  );
}

function refuseTakenBranch(branch: string, repository: string): SignalboxError {
  return new SignalboxError(
    'SB_GIT_FAILED',
    `the branch ${branch} already exists in ${repository} and was not made by Signalbox`,
    { next: 'Use another branch name, or rename the existing branch.' },
  );
}
