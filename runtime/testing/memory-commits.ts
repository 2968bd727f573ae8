/** Commits in memory, with the sequence check of a stream; and the memory that streams of other messages have for their ids. */
import { parseAddress, type ActorAddress } from '../contract/address.ts';
import { partitionOf } from '../contract/subjects.ts';
import { decodeCommit, encodeCommit } from '../core/commit-codec.ts';
import { commitSchema, type Commit } from '../core/commit.ts';
import type {
  Clock,
  CommitOutcome,
  CommitStore,
  StoredCommit,
  UnreadableCommit,
} from '../core/storage.ts';
import { timerTokens, type TimerStore } from '../core/timer-store.ts';

export interface MemoryDuplicates {
  /** Runs `store` unless the id was seen within the window; whether it has run. */
  once(messageId: string, store: () => void): boolean;
}

export function createMemoryDuplicates(clock: Clock, windowMs: number): MemoryDuplicates {
  const seenAtMs = new Map<string, number>();
  return {
    once: (messageId, store) => {
      const seen = seenAtMs.get(messageId);
      if (seen !== undefined && clock.nowMs() - seen < windowMs) return false;
      store();
      seenAtMs.set(messageId, clock.nowMs());
      return true;
    },
  };
}

export interface MemoryCommits extends CommitStore {
  readonly listTimerOwners: TimerStore['listOwners'];
}

export function createMemoryCommits(options: {
  readonly available: () => Promise<void>;
  readonly partitionCount: number;
}): MemoryCommits {
  const { available } = options;
  const last = new Map<string, { readonly text: string; readonly seq: number }>();
  let lastSeq = 0;

  const read = (address: ActorAddress): StoredCommit | UnreadableCommit | undefined => {
    const stored = last.get(`${address.kind}/${address.id}`);
    if (stored === undefined) return undefined;
    const decoded = decodeCommit(stored.text);
    return decoded.status === 'unreadable'
      ? decoded
      : { status: 'stored', commit: decoded.commit, seq: stored.seq };
  };
  const readBack = (address: ActorAddress, commit: Commit): CommitOutcome => {
    const stored = read(address);
    return stored?.status === 'stored' &&
      stored.commit.n === commit.n &&
      stored.commit.epoch === commit.epoch &&
      stored.commit.at === commit.at
      ? { status: 'committed', seq: stored.seq }
      : { status: 'conflict' };
  };

  return {
    listTimerOwners: async (partition) => {
      await available();
      return [...last].flatMap(([key, { text }]) => {
        const address = parseAddress(key);
        const tokens = timerTokens(commitSchema.parse(JSON.parse(text)));
        return tokens === undefined || partitionOf(address, options.partitionCount) !== partition
          ? []
          : [{ address, tokens }];
      });
    },
    load: async (address) => {
      await available();
      return read(address);
    },
    commit: async (address, commit, expectedSeq) => {
      await available();
      const key = `${address.kind}/${address.id}`;
      if ((last.get(key)?.seq ?? 0) !== expectedSeq) return readBack(address, commit);
      lastSeq += 1;
      last.set(key, { text: encodeCommit(commit), seq: lastSeq });
      return { status: 'committed', seq: lastSeq };
    },
  };
}
