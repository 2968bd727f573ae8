/**
 * Holds back for a moment what a worker writes of its actors: commits, checkpoints, and the trimming that follows them.
 * What it reads, what it relays and what its effects do goes on. A backup copies the store meanwhile; a hold ends by
 * itself, so that a backup that dies stops nobody.
 */
import type { Clock, WorkerStorage } from '../core/storage.ts';

export interface WriteGate<Storage extends WorkerStorage = WorkerStorage> {
  /** For the worker: the same storage, behind the gate. */
  readonly storage: Storage;
  /** Resolves when nothing that was let through before is on its way. A second hold only moves the end. */
  hold(forMs: number): Promise<void>;
  release(): void;
}

export function createWriteGate<Storage extends WorkerStorage>(
  storage: Storage,
  clock: Clock,
): WriteGate<Storage> {
  let closed: { readonly opened: Promise<void>; readonly open: () => void } | undefined;
  let cancelEnd = (): void => undefined;
  const underWay = new Set<Promise<unknown>>();

  const release = (): void => {
    cancelEnd();
    closed?.open();
    closed = undefined;
  };
  const opened = async (): Promise<void> => {
    if (closed === undefined) return;
    await closed.opened;
    // Another hold may have begun before whoever waited for this one runs again.
    await opened();
  };
  const pass = async <Value>(write: () => Promise<Value>): Promise<Value> => {
    if (closed !== undefined) await opened();
    const written = write();
    underWay.add(written);
    try {
      return await written;
    } finally {
      underWay.delete(written);
    }
  };

  return {
    release,
    hold: async (forMs) => {
      closed ??= close();
      cancelEnd();
      cancelEnd = clock.schedule(clock.nowMs() + forMs, release);
      await Promise.allSettled(underWay);
    },
    storage: {
      ...storage,
      commits: {
        load: (address) => storage.commits.load(address),
        commit: (address, commit, seq) => pass(() => storage.commits.commit(address, commit, seq)),
      },
      checkpoints: {
        takeOver: (partition, epoch) => pass(() => storage.checkpoints.takeOver(partition, epoch)),
        save: (partition, held, checkpoint) =>
          pass(() => storage.checkpoints.save(partition, held, checkpoint)),
      },
      inbox: {
        ...storage.inbox,
        trim: (partition, through) => pass(() => storage.inbox.trim(partition, through)),
      },
    },
  };
}

function close(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
