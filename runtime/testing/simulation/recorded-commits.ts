/** The commit store of a simulation: whatever the store in memory takes goes into the chronicle. */
import type { Commit } from '../../core/commit.ts';
import type { CommitStore } from '../../core/storage.ts';
import type { StoredInSimulation } from './chronicle.ts';

export function recordCommits(store: CommitStore, commits: StoredInSimulation[]): CommitStore {
  const recorded = new Set<number>();
  return {
    load: (address) => store.load(address),
    commit: async (address, commit, expectedSeq) => {
      const text = JSON.stringify(commit);
      const outcome = await store.commit(address, commit, expectedSeq);
      if (outcome.status === 'committed' && !recorded.has(outcome.seq)) {
        recorded.add(outcome.seq);
        const { seq } = outcome;
        commits.push({ address, commit: JSON.parse(text) as Commit, seq, expectedSeq });
      }
      return outcome;
    },
  };
}
