/** Checkpoints in a key-value bucket, fenced by the owner's epoch. */
import { z } from 'zod';
import { actorAddressSchema } from '../contract/address.ts';
import { SignalboxError } from '../contract/errors.ts';
import type { Checkpoint, CheckpointOutcome, CheckpointStore } from '../core/storage.ts';
import type { Bucket } from './buckets.ts';

export const checkpointsBucket = 'CHECKPOINTS';

export const checkpointSchema = z.object({
  epoch: z.number().int().nonnegative(),
  offset: z.number().int().nonnegative(),
  busy: z.array(actorAddressSchema),
});

interface StoredCheckpoint {
  readonly revision: number;
  readonly epoch: number;
  readonly checkpoint: Checkpoint;
}

const none: StoredCheckpoint = { revision: 0, epoch: 0, checkpoint: { offset: 0, busy: [] } };

/** Tries after another's write or a lost acknowledgement of ours; owners with an older epoch write once at most. */
const maxAttempts = 5;

export function createCheckpointStore(bucket: Bucket, namespace: string): CheckpointStore {
  const keyOf = (partition: number): string => `${namespace}.${partition}`;

  const read = async (partition: number): Promise<StoredCheckpoint> => {
    const entry = await bucket.read(keyOf(partition));
    if (entry?.value === undefined) return { ...none, revision: entry?.revision ?? 0 };
    const parsed = checkpointSchema.safeParse(entry.value);
    if (!parsed.success) {
      throw new SignalboxError(
        'SB_PROTOCOL',
        `the checkpoint of partition ${partition} has another shape: ${parsed.error.message}`,
      );
    }
    const { epoch, ...checkpoint } = parsed.data;
    return { revision: entry.revision, epoch, checkpoint };
  };

  /** Writes what `next` makes of the stored one, unless an owner with a larger epoch is there. */
  const replace = async (
    partition: number,
    epoch: number,
    first: StoredCheckpoint,
    next: (stored: Checkpoint) => Checkpoint,
  ): Promise<CheckpointOutcome> => {
    let stored = first;
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      if (stored.epoch > epoch) return { status: 'fenced' };
      const checkpoint = next(stored.checkpoint);
      const value = { epoch, ...checkpoint };
      const outcome = await bucket.write(keyOf(partition), value, {
        expectedRevision: stored.revision,
      });
      if (outcome.status === 'stored')
        return { status: 'held', held: { checkpoint, epoch, revision: outcome.seq } };
      stored = await read(partition);
    }
    throw new SignalboxError(
      'SB_NATS_UNAVAILABLE',
      `the checkpoint of partition ${partition} changes all the time`,
      { retryable: true },
    );
  };

  return {
    takeOver: async (partition, epoch) =>
      replace(partition, epoch, await read(partition), (stored) => stored),
    save: (partition, held, checkpoint) => replace(partition, held.epoch, held, () => checkpoint),
  };
}
