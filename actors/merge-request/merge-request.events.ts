/** What an MR lifecycle manager can be told, and what it tells. */
export type MergeRequestCommand =
  /** Something happened on the forge: look. Without it the manager looks every few seconds anyway. */
  | { readonly type: 'forgeChanged' }
  /** From the coordinator: what was asked for is pushed. */
  | {
      readonly type: 'changesDelivered';
      readonly headSha: string;
      /** Requests that the session had read when it handed over. */
      readonly answered: readonly string[];
    }
  /** From the coordinator: what was asked for cannot be delivered. */
  | { readonly type: 'changesFailed'; readonly reason: string }
  /** From the coordinator: nobody is left to address anything. */
  | { readonly type: 'escalate'; readonly reason: string };

export type MergeRequestEvent =
  | {
      readonly type: 'mergeRequestOpened';
      readonly repository: string;
      readonly number: number;
      readonly link: string;
      readonly title: string;
      readonly headSha: string;
    }
  | {
      readonly type: 'reviewReceived';
      readonly author: string;
      readonly verdict: string;
      readonly body: string;
      readonly comment: string;
    }
  | { readonly type: 'changesRequested'; readonly round: number; readonly reason: string }
  | { readonly type: 'changesAddressed'; readonly round: number; readonly headSha: string }
  | { readonly type: 'checksPassed'; readonly headSha: string; readonly checks: readonly string[] }
  | { readonly type: 'mergeRequestLeftOpen'; readonly reason: string }
  | { readonly type: 'mergeStarted'; readonly headSha: string }
  /** Merged all the same: what is left over is a branch. */
  | { readonly type: 'sourceBranchKept'; readonly branch: string; readonly reason: string }
  | { readonly type: 'mergeRequestMerged'; readonly sha: string }
  | { readonly type: 'mergeRequestClosed'; readonly reason: string }
  | { readonly type: 'mergeRequestEscalated'; readonly reason: string };
