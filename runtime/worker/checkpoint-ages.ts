/**
 * For how long the stored checkpoints have been behind. Counted from when that was first seen, not from the last save: a
 * partition at rest needs no new checkpoint.
 */

export interface CheckpointAges {
  saved(partition: number, offset: number): void;
  /** In seconds, asked from time to time; 0 while what is stored is what is settled, or was just now. */
  ageOf(partition: number, settledThrough: number): number;
}

export function createCheckpointAges(nowMs: () => number): CheckpointAges {
  const offsets = new Map<number, number>();
  const behindSince = new Map<number, number>();
  return {
    saved: (partition, offset) => {
      offsets.set(partition, offset);
      behindSince.delete(partition);
    },
    ageOf: (partition, settledThrough) => {
      if ((offsets.get(partition) ?? 0) >= settledThrough) {
        behindSince.delete(partition);
        return 0;
      }
      const sinceMs = behindSince.get(partition) ?? nowMs();
      behindSince.set(partition, sinceMs);
      return (nowMs() - sinceMs) / 1_000;
    },
  };
}
