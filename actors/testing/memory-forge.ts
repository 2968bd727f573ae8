/** One forge in memory: merge requests, comments and checks, with the idempotency that the port asks for. */
import { SignalboxError } from '../../runtime/contract/errors.ts';
import type {
  ForgeCheck,
  ForgeComment,
  ForgePort,
  MergeOutcome,
  MergeRequestReference,
  MergeRequestView,
} from '../ports/forge.ts';

export interface MemoryForge extends ForgePort {
  readonly mergeRequests: MergeRequestView[];
  readonly comments: ForgeComment[];
  readonly checks: ForgeCheck[];
  /** Idempotency keys of comments and merge requests, in the order of the calls, repeats included. */
  readonly keys: string[];
  /** Expected heads of the merges that were asked for. */
  readonly merges: string[];
}

const at = '2026-03-01T08:00:00.000Z';

export function createMemoryForge(
  mergeOutcome: MergeOutcome = { status: 'merged', sha: 'merge-1' },
): MemoryForge {
  const mergeRequests: MergeRequestView[] = [];
  const comments: ForgeComment[] = [];
  const checks: ForgeCheck[] = [];
  const keys: string[] = [];
  const merges: string[] = [];
  const byKey = new Map<string, number>();
  const find = ({ number }: MergeRequestReference): MergeRequestView => {
    const found = mergeRequests[number - 1];
    if (found === undefined)
      throw new SignalboxError('SB_NOT_FOUND', `there is no merge request ${number}`);
    return found;
  };
  const settle = (
    reference: MergeRequestReference,
    changes: Partial<MergeRequestView>,
  ): MergeRequestView => {
    const settled = { ...find(reference), ...changes };
    mergeRequests[reference.number - 1] = settled;
    return settled;
  };
  return {
    kind: 'local',
    mergeRequests,
    comments,
    checks,
    keys,
    merges,
    openMergeRequest: ({ idempotencyKey, ...request }) => {
      keys.push(idempotencyKey);
      const known = byKey.get(idempotencyKey);
      if (known !== undefined)
        return Promise.resolve(find({ repository: request.repository, number: known }));
      const number = mergeRequests.length + 1;
      byKey.set(idempotencyKey, number);
      const link = `signalbox mr show ${number}`;
      const view = {
        ...request,
        number,
        state: 'open' as const,
        headSha: 'sha-1',
        createdAt: at,
        updatedAt: at,
        link,
      };
      mergeRequests.push(view);
      return Promise.resolve(view);
    },
    getMergeRequest: (reference) => Promise.resolve(find(reference)),
    listMergeRequests: () => Promise.resolve(mergeRequests),
    listComments: () => Promise.resolve([...comments]),
    addComment: (reference, { idempotencyKey, ...comment }) => {
      keys.push(idempotencyKey);
      const known = comments.find(({ id }) => id === idempotencyKey);
      if (known !== undefined) return Promise.resolve(known);
      const added = { ...comment, id: idempotencyKey, sha: find(reference).headSha, createdAt: at };
      comments.push(added);
      return Promise.resolve(added);
    },
    reportCheck: (_, check) => {
      const others = checks.filter(({ name, sha }) => name !== check.name || sha !== check.sha);
      checks.splice(0, checks.length, ...others, { ...check, updatedAt: at });
      return Promise.resolve();
    },
    listChecks: (_, sha) => Promise.resolve(checks.filter((check) => check.sha === sha)),
    merge: (reference, { expectedHeadSha }) => {
      merges.push(expectedHeadSha);
      if (mergeOutcome.status === 'merged')
        settle(reference, { state: 'merged', mergeSha: mergeOutcome.sha });
      return Promise.resolve(mergeOutcome);
    },
    close: (reference, closeReason) =>
      Promise.resolve(settle(reference, { state: 'closed', closeReason })),
    deleteSourceBranch: () => Promise.resolve(),
  };
}
