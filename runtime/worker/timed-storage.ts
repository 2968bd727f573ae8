/** A worker's storage that tells how long its commits and loads take, and how its leases fare. What it does is not changed. */
import type { CheckpointStore, CommitStore, WorkerStorage } from '../core/storage.ts';
import type { LeaseStore } from '../core/leases.ts';

export interface StorageTimings {
  /** Seconds from the call to the acknowledgement; of a refused one, too. */
  commitTook(seconds: number): void;
  /** Seconds to read an actor's last commit. */
  loadTook(seconds: number): void;
  claimed(): void;
  renewalFailed(): void;
  /** What a restart of the partition would begin behind. */
  checkpointSaved(partition: number, offset: number): void;
}

export function timeStorage<Storage extends WorkerStorage>(
  storage: Storage,
  timings: StorageTimings,
  monotonicMs: () => number,
): Storage {
  const { commits, leases, checkpoints } = storage;
  const timedCommits: CommitStore = {
    ...commits,
    load: async (address) => {
      const startMs = monotonicMs();
      const stored = await commits.load(address);
      timings.loadTook((monotonicMs() - startMs) / 1_000);
      return stored;
    },
    commit: async (address, commit, expectedSeq) => {
      const startMs = monotonicMs();
      const outcome = await commits.commit(address, commit, expectedSeq);
      timings.commitTook((monotonicMs() - startMs) / 1_000);
      return outcome;
    },
  };
  const timedLeases: LeaseStore = {
    ...leases,
    claim: async (partition, workerId, seenRevision) => {
      const outcome = await leases.claim(partition, workerId, seenRevision);
      if (outcome.status === 'claimed') timings.claimed();
      return outcome;
    },
    renew: async (membership, changed) => {
      try {
        const renewal = await leases.renew(membership, changed);
        if (renewal.status !== 'renewed') timings.renewalFailed();
        return renewal;
      } catch (error) {
        timings.renewalFailed();
        throw error;
      }
    },
  };
  const timedCheckpoints: CheckpointStore = {
    takeOver: async (partition, epoch) => {
      const outcome = await checkpoints.takeOver(partition, epoch);
      if (outcome.status === 'held')
        timings.checkpointSaved(partition, outcome.held.checkpoint.offset);
      return outcome;
    },
    save: async (partition, held, checkpoint) => {
      const outcome = await checkpoints.save(partition, held, checkpoint);
      if (outcome.status === 'held') timings.checkpointSaved(partition, checkpoint.offset);
      return outcome;
    },
  };
  return { ...storage, commits: timedCommits, leases: timedLeases, checkpoints: timedCheckpoints };
}
