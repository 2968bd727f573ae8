/** The repository port: plain git. Implemented in integrations/git. Failures are `SB_GIT_FAILED` with git's own words. */

export type RepositoryInspection =
  | {
      readonly status: 'usable';
      /** Absolute path of the top level (of the git directory, for a bare repository). */
      readonly path: string;
      readonly bare: boolean;
      readonly defaultBranch: string;
      readonly headSha: string;
      /**
       * Where branches are pushed and merge requests live: the path itself when bare, else the `origin`
       * remote when that is a local repository, else the repository's own git directory.
       */
      readonly origin: string;
    }
  /** `problem` says what is wrong with which path, `next` what to do. */
  | { readonly status: 'unusable'; readonly problem: string; readonly next: string };

export interface Worktree {
  readonly path: string;
  readonly branch: string;
  readonly baseSha: string;
}

export interface ChangedFile {
  readonly path: string;
  readonly change: 'added' | 'modified' | 'deleted' | 'renamed';
  /** Where a renamed file was. */
  readonly from?: string;
}

export interface CommitRequest {
  readonly worktree: string;
  readonly message: string;
  /** Paths to commit, relative to the top; everything that differs from HEAD when not given. */
  readonly paths?: readonly string[];
  /** Appended as git trailers, in order. */
  readonly trailers: readonly { readonly key: string; readonly value: string }[];
  readonly author: { readonly name: string; readonly email: string };
}

export interface RepositoryPort {
  inspect(path: string): Promise<RepositoryInspection>;
  /**
   * A worktree at `path` on the new branch `branch`, starting at the origin's `baseBranch` (fetched first).
   * Idempotent: an existing worktree of that branch at that path is returned as it is; a half-made one is made again.
   */
  addWorktree(request: {
    readonly repository: string;
    readonly origin: string;
    readonly baseBranch: string;
    readonly branch: string;
    readonly path: string;
  }): Promise<Worktree>;
  /** Idempotent. Removes the folder, git's record of it and the local branch. */
  removeWorktree(request: {
    readonly repository: string;
    readonly path: string;
    readonly branch: string;
  }): Promise<void>;
  /** What differs from HEAD, untracked files included, ignored ones not. Sorted by path. */
  changedFiles(worktree: string): Promise<readonly ChangedFile[]>;
  /** Commits what differs from HEAD, or of that the given paths. `nothingToCommit` when nothing does. */
  commitAll(
    request: CommitRequest,
  ): Promise<
    { readonly status: 'committed'; readonly sha: string } | { readonly status: 'nothingToCommit' }
  >;
  /** The newest commit on HEAD, not on `baseSha`, that carries the trailer; undefined when there is none. */
  findCommitByTrailer(request: {
    readonly worktree: string;
    readonly baseSha: string;
    readonly key: string;
    readonly value: string;
  }): Promise<string | undefined>;
  /** Pushes HEAD to `branch` of `origin`, fast-forward only. Idempotent. */
  push(request: {
    readonly worktree: string;
    readonly origin: string;
    readonly branch: string;
  }): Promise<{ readonly sha: string }>;
  headSha(worktree: string): Promise<string>;
}
