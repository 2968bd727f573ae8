/** Commits a worktree, finds commits by trailer and pushes. Messages and authors come from the caller. */
import { resolve } from 'node:path';
import type { CommitRequest, RepositoryPort } from '../../actors/ports/repository.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { statIfPresent } from './file-presence.ts';
import { transferDeadlineMs } from './git-command.ts';
import type { RunGit } from './git-command.ts';
import { localPathOf, readCommonDirectory } from './repository-inspection.ts';
import { branchReference, referenceLocks } from './references.ts';
import type { GitTools } from './worktrees.ts';
import { worktreeLocks } from './worktree-records.ts';

type CommitOutcome = Awaited<ReturnType<RepositoryPort['commitAll']>>;
type FindRequest = Parameters<RepositoryPort['findCommitByTrailer']>[0];
type PushRequest = Parameters<RepositoryPort['push']>[0];

const trailerKey = /^[A-Za-z0-9][A-Za-z0-9-]*$/;

export async function commitAll(tools: GitTools, request: CommitRequest): Promise<CommitOutcome> {
  const { git } = tools;
  const { worktree } = request;
  if (request.message.trim() === '') {
    throw new SignalboxError('SB_INPUT_INVALID', `a commit in ${worktree} needs a message`, {
      next: 'Give a message of at least one line.',
    });
  }
  request.trailers.forEach(({ key }) => requireTrailerKey(key));
  return tools.withKey(worktree, async () => {
    const before = await readHead(git, worktree);
    return tools.withLockRepair(await findWorktreeLocks(git, worktree), () =>
      commitEverything(git, request, before),
    );
  });
}

/** `before`: a git that was killed after it committed is known by a HEAD that has moved since. */
async function commitEverything(
  git: RunGit,
  request: CommitRequest,
  before: string,
): Promise<CommitOutcome> {
  const directory = request.worktree;
  await stage(git, request);
  const staged = await git({
    directory,
    arguments: ['diff', '--cached', '--quiet', '--no-ext-diff', 'HEAD', '--'],
    answers: [1],
  });
  if (staged.exitCode === 0) {
    const sha = await readHead(git, directory);
    return sha === before ? { status: 'nothingToCommit' } : { status: 'committed', sha };
  }
  await git({
    directory,
    arguments: ['commit', '--quiet', '--no-verify', '--cleanup=whitespace', '--file=-'],
    input: await appendTrailers(git, request),
    environment: {
      GIT_AUTHOR_NAME: request.author.name,
      GIT_AUTHOR_EMAIL: request.author.email,
      GIT_COMMITTER_NAME: request.author.name,
      GIT_COMMITTER_EMAIL: request.author.email,
    },
  });
  return { status: 'committed', sha: await readHead(git, directory) };
}

async function stage(git: RunGit, { worktree, paths }: CommitRequest): Promise<void> {
  const all = { directory: worktree, deadlineMs: transferDeadlineMs };
  if (paths === undefined) {
    await git({ ...all, arguments: ['add', '--all'] });
    return;
  }
  await git({
    ...all,
    // Names are names: a file called `*.ts` is one file. Ignored files that are tracked stay committable.
    arguments: [
      '--literal-pathspecs',
      'add',
      '--all',
      '--pathspec-from-file=-',
      '--pathspec-file-nul',
    ],
    input: paths.join('\0'),
  });
}

/** Git itself does this: it knows whether the message already ends in trailers. */
async function appendTrailers(git: RunGit, request: CommitRequest): Promise<string> {
  if (request.trailers.length === 0) return request.message;
  const added = await git({
    directory: request.worktree,
    arguments: [
      'interpret-trailers',
      '--no-divider',
      '--where=end',
      '--if-exists=add',
      '--if-missing=add',
      ...request.trailers.flatMap(({ key, value }) => ['--trailer', `${key}: ${unfold(value)}`]),
    ],
    input: `${request.message.trimEnd()}\n`,
  });
  return added.text;
}

export async function findCommitByTrailer(
  git: RunGit,
  request: FindRequest,
): Promise<string | undefined> {
  requireTrailerKey(request.key);
  const separator = '%x1f';
  const log = await git({
    directory: request.worktree,
    arguments: [
      'log',
      '-z',
      '--topo-order',
      `--format=%H${separator}%(trailers:key=${request.key},valueonly,unfold,separator=${separator})`,
      '--end-of-options',
      `${request.baseSha}..HEAD`,
      '--',
    ],
  });
  const wanted = unfold(request.value);
  return log.text
    .split('\0')
    .map((entry) => entry.split('\u001F'))
    .find(([, ...values]) => values.some((value) => value.trim() === wanted))?.[0];
}

export async function push(
  tools: GitTools,
  request: PushRequest,
): Promise<{ readonly sha: string }> {
  const { git } = tools;
  const sha = await readHead(git, request.worktree);
  const reference = branchReference(request.branch);
  const locks = await findOriginLocks(git, request, reference);
  await tools.withKey(`${request.origin} ${reference}`, () =>
    tools.withLockRepair(locks, () =>
      git({
        directory: request.worktree,
        arguments: [
          'push',
          '--quiet',
          '--no-verify',
          '--recurse-submodules=no',
          '--',
          request.origin,
          `${sha}:${reference}`,
        ],
        deadlineMs: transferDeadlineMs,
      }),
    ),
  );
  return { sha };
}

export async function readHead(git: RunGit, worktree: string): Promise<string> {
  const head = await git({
    directory: worktree,
    arguments: ['rev-parse', '--verify', 'HEAD^{commit}'],
  });
  return head.text;
}

async function findWorktreeLocks(
  git: RunGit,
  worktree: string,
): Promise<ReturnType<typeof worktreeLocks>> {
  const found = await git({
    directory: worktree,
    arguments: [
      'rev-parse',
      '--path-format=absolute',
      '--git-dir',
      '--git-common-dir',
      '--symbolic-full-name',
      'HEAD',
    ],
  });
  const [gitDirectory = '', commonDirectory = '', head = 'HEAD'] = found.text.split('\n');
  // In a detached worktree only HEAD itself is written, and its lock is among the worktree's own.
  const ofBranch = head === 'HEAD' ? [] : referenceLocks(commonDirectory, [head]);
  return [...worktreeLocks(gitDirectory, worktree), ...ofBranch];
}

/** A `git receive-pack` killed in a local origin leaves its locks there. */
async function findOriginLocks(
  git: RunGit,
  request: PushRequest,
  reference: string,
): Promise<ReturnType<typeof referenceLocks>> {
  const path = localPathOf(request.origin, resolve(request.worktree));
  if (path === undefined || (await statIfPresent(path)) === undefined) return [];
  return referenceLocks(await readCommonDirectory(git, path), [reference]);
}

/** A trailer is one line. */
function unfold(value: string): string {
  return value.trim().replace(/\s+/g, ' ');
}

function requireTrailerKey(key: string): void {
  if (trailerKey.test(key)) return;
  throw new SignalboxError('SB_INPUT_INVALID', `"${key}" cannot be the key of a git trailer`, {
    next: 'Use letters, digits and dashes: Signalbox-Session.',
  });
}
