/** How long partitions of a killed worker stand still: until the first commit that another worker makes in them. */

export interface Takeover {
  readonly tookMs: number;
  /** Nothing else was going wrong when the worker was killed. */
  readonly alone: boolean;
}

export interface Takeovers {
  committed(workerId: string, partition: number): void;
  killed(workerId: string, alone: boolean): void;
  /** Whether anything would have to be taken over from it. */
  isOwner(workerId: string): boolean;
  /** Partitions that wait for a new owner. */
  readonly waiting: number;
  readonly measured: readonly Takeover[];
}

interface Orphan {
  readonly of: string;
  readonly sinceMs: number;
  readonly alone: boolean;
}

export function watchTakeovers(nowMs: () => number): Takeovers {
  /** Who has committed last. */
  const owners = new Map<number, string>();
  const orphans = new Map<number, Orphan>();
  const measured: Takeover[] = [];
  return {
    measured,
    get waiting() {
      return orphans.size;
    },
    isOwner: (workerId) => [...owners.values()].includes(workerId),
    killed: (workerId, alone) => {
      const orphan = { of: workerId, sinceMs: nowMs(), alone };
      for (const [partition, owner] of owners) {
        if (owner === workerId) orphans.set(partition, orphan);
      }
    },
    committed: (workerId, partition) => {
      const orphan = orphans.get(partition);
      // What a worker reported just before it was killed may be heard only now.
      if (orphan?.of === workerId) return;
      owners.set(partition, workerId);
      if (orphan === undefined) return;
      orphans.delete(partition);
      measured.push({ tookMs: nowMs() - orphan.sinceMs, alone: orphan.alone });
    },
  };
}
