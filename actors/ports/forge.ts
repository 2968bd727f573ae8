/**
 * The forge port: merge requests, comments and checks. Written so that GitHub, GitLab and plain git fit.
 * Implemented in integrations/forge. `repository` is what the forge calls it: for `local` the path of the
 * origin repository, for others `owner/name`.
 */
export interface MergeRequestReference {
  readonly repository: string;
  readonly number: number;
}

export type MergeRequestState = 'open' | 'merged' | 'closed';

export interface MergeRequestView extends MergeRequestReference {
  readonly title: string;
  readonly body: string;
  readonly author: string;
  readonly state: MergeRequestState;
  readonly sourceBranch: string;
  readonly targetBranch: string;
  /** Tip of the source branch; of the merged branch once merged. */
  readonly headSha: string;
  /** Present once merged. */
  readonly mergeSha?: string;
  /** Present once closed without a merge. */
  readonly closeReason?: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Something a person can open or type: a URL, or for `local` a command. */
  readonly link: string;
}

/** `verdict` is typed: what a comment decides is never read from its text. */
export type ReviewVerdict = 'comment' | 'changesRequested' | 'approved';

export interface ForgeComment {
  /** Unique in the merge request, ordered by creation. */
  readonly id: string;
  readonly author: string;
  readonly body: string;
  readonly verdict: ReviewVerdict;
  /** The commit the reviewer saw. */
  readonly sha: string;
  readonly path?: string;
  readonly line?: number;
  readonly createdAt: string;
}

export type CheckConclusion = 'pending' | 'passed' | 'failed';

export interface ForgeCheck {
  readonly name: string;
  readonly sha: string;
  readonly conclusion: CheckConclusion;
  readonly summary: string;
  readonly updatedAt: string;
}

export type MergeOutcome =
  | { readonly status: 'merged'; readonly sha: string }
  | {
      readonly status: 'refused';
      readonly reason: 'conflict' | 'headMoved' | 'closed' | 'targetCheckedOut' | 'notPermitted';
      readonly detail: string;
    };

/** Errors: `SB_NOT_FOUND` (no such merge request), `SB_FORGE_REFUSED`, `SB_GIT_FAILED`. */
export interface ForgePort {
  readonly kind: 'local' | 'github' | 'gitlab';
  /** Idempotent by `idempotencyKey`: the merge request opened with the same key is returned, whatever its state. */
  openMergeRequest(request: {
    readonly repository: string;
    readonly sourceBranch: string;
    readonly targetBranch: string;
    readonly title: string;
    readonly body: string;
    readonly author: string;
    readonly idempotencyKey: string;
  }): Promise<MergeRequestView>;
  getMergeRequest(reference: MergeRequestReference): Promise<MergeRequestView>;
  listMergeRequests(
    repository: string,
    filter?: { readonly state?: MergeRequestState },
  ): Promise<readonly MergeRequestView[]>;
  listComments(reference: MergeRequestReference): Promise<readonly ForgeComment[]>;
  /** Idempotent by `idempotencyKey`. Also on merged and closed merge requests. */
  addComment(
    reference: MergeRequestReference,
    comment: {
      readonly author: string;
      readonly body: string;
      readonly verdict: ReviewVerdict;
      readonly path?: string;
      readonly line?: number;
      readonly idempotencyKey: string;
    },
  ): Promise<ForgeComment>;
  /** One check per name and sha; a later report replaces the earlier one. */
  reportCheck(
    repository: string,
    check: {
      readonly name: string;
      readonly sha: string;
      readonly conclusion: CheckConclusion;
      readonly summary: string;
    },
  ): Promise<void>;
  listChecks(repository: string, sha: string): Promise<readonly ForgeCheck[]>;
  /** Merges with a merge commit, only while the source branch's tip is `expectedHeadSha`. Idempotent once merged. */
  merge(
    reference: MergeRequestReference,
    request: {
      readonly expectedHeadSha: string;
      readonly message: string;
      readonly author: string;
    },
  ): Promise<MergeOutcome>;
  /** Idempotent. A merged request stays merged: `SB_FORGE_REFUSED`. */
  close(reference: MergeRequestReference, reason: string): Promise<MergeRequestView>;
  /** Removes the source branch of a merged or closed request. Idempotent. */
  deleteSourceBranch(reference: MergeRequestReference): Promise<void>;
}
