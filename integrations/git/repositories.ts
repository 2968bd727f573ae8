/** The repository port over the real git. Holds no state but its locks: everything is read from disk. */
import type { RepositoryPort } from '../../actors/ports/repository.ts';
import { listChangedFiles } from './changed-files.ts';
import { commitAll, findCommitByTrailer, push, readHead } from './commits.ts';
import { createGit } from './git-command.ts';
import type { GitOptions } from './git-command.ts';
import { createKeyedMutex } from './keyed-mutex.ts';
import { createLockRepair } from './lock-repair.ts';
import { inspectRepository } from './repository-inspection.ts';
import { addWorktree, removeWorktree } from './worktrees.ts';
import type { GitTools } from './worktrees.ts';

export interface RepositoriesOptions extends GitOptions {
  /** Tells how old a lock file is, so it must be the machine's own time (the default). */
  readonly clock?: () => Date;
}

export function createRepositories(options: RepositoriesOptions = {}): RepositoryPort {
  const git = createGit(options);
  const tools: GitTools = {
    git,
    withKey: createKeyedMutex(),
    withLockRepair: createLockRepair({ clock: options.clock ?? (() => new Date()) }),
  };
  return {
    inspect: (path) => inspectRepository(git, path),
    addWorktree: (request) => addWorktree(tools, request),
    removeWorktree: (request) => removeWorktree(tools, request),
    changedFiles: (worktree) => listChangedFiles(git, worktree),
    commitAll: (request) => commitAll(tools, request),
    findCommitByTrailer: (request) => findCommitByTrailer(git, request),
    push: (request) => push(tools, request),
    headSha: (worktree) => readHead(git, worktree),
  };
}
