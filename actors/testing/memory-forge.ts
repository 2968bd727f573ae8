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

interface Store extends Pick<
  MemoryForge,
  'mergeRequests' | 'comments' | 'checks' | 'keys' | 'merges'
> {
  readonly numbersByKey: Map<string, number>;
}

export function createMemoryForge(
  mergeOutcome: MergeOutcome = { status: 'merged', sha: 'merge-1' },
): MemoryForge {
  const store: Store = {
    mergeRequests: [],
    comments: [],
    checks: [],
    keys: [],
    merges: [],
    numbersByKey: new Map(),
  };
  return {
    kind: 'local',
    ...store,
    ...openInMemory(store),
    ...discussInMemory(store),
    ...endInMemory(store, mergeOutcome),
  };
}

function find({ mergeRequests }: Store, { number }: MergeRequestReference): MergeRequestView {
  const found = mergeRequests[number - 1];
  if (found === undefined)
    throw new SignalboxError('SB_NOT_FOUND', `there is no merge request ${number}`);
  return found;
}

function openInMemory(
  store: Store,
): Pick<ForgePort, 'openMergeRequest' | 'getMergeRequest' | 'listMergeRequests'> {
  const { mergeRequests, keys, numbersByKey } = store;
  return {
    openMergeRequest: ({ idempotencyKey, ...request }) => {
      keys.push(idempotencyKey);
      const { repository } = request;
      const known = numbersByKey.get(idempotencyKey);
      if (known !== undefined) return Promise.resolve(find(store, { repository, number: known }));
      const number = mergeRequests.length + 1;
      numbersByKey.set(idempotencyKey, number);
      const view: MergeRequestView = {
        ...request,
        number,
        state: 'open',
        headSha: 'sha-1',
        createdAt: at,
        updatedAt: at,
        link: `signalbox mr show ${number}`,
      };
      mergeRequests.push(view);
      return Promise.resolve(view);
    },
    getMergeRequest: (reference) => Promise.resolve().then(() => find(store, reference)),
    listMergeRequests: () => Promise.resolve(mergeRequests),
  };
}

function discussInMemory(
  store: Store,
): Pick<ForgePort, 'listComments' | 'addComment' | 'reportCheck' | 'listChecks'> {
  const { comments, checks, keys } = store;
  return {
    listComments: () => Promise.resolve([...comments]),
    addComment: (reference, { idempotencyKey, ...comment }) => {
      keys.push(idempotencyKey);
      const known = comments.find(({ id }) => id === idempotencyKey);
      if (known !== undefined) return Promise.resolve(known);
      const { headSha } = find(store, reference);
      const added = { ...comment, id: idempotencyKey, sha: headSha, createdAt: at };
      comments.push(added);
      return Promise.resolve(added);
    },
    reportCheck: (_, check) => {
      const others = checks.filter(({ name, sha }) => name !== check.name || sha !== check.sha);
      checks.splice(0, checks.length, ...others, { ...check, updatedAt: at });
      return Promise.resolve();
    },
    listChecks: (_, sha) => Promise.resolve(checks.filter((check) => check.sha === sha)),
  };
}

function endInMemory(
  store: Store,
  outcome: MergeOutcome,
): Pick<ForgePort, 'merge' | 'close' | 'deleteSourceBranch'> {
  const settle = (reference: MergeRequestReference, changes: Partial<MergeRequestView>) => {
    const settled = { ...find(store, reference), ...changes };
    store.mergeRequests[reference.number - 1] = settled;
    return settled;
  };
  return {
    merge: (reference, { expectedHeadSha }) => {
      store.merges.push(expectedHeadSha);
      if (outcome.status === 'merged')
        settle(reference, { state: 'merged', mergeSha: outcome.sha });
      return Promise.resolve(outcome);
    },
    close: (reference, closeReason) =>
      Promise.resolve(settle(reference, { state: 'closed', closeReason })),
    deleteSourceBranch: () => Promise.resolve(),
  };
}
