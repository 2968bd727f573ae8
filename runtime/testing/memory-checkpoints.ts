/** Checkpoints in memory, fenced by the owner's epoch. */
import { z } from 'zod';
import { actorAddressSchema } from '../contract/address.ts';
import type { Checkpoint, CheckpointOutcome, CheckpointStore } from '../core/storage.ts';

const checkpointSchema = z.object({
  offset: z.number(),
  busy: z.array(actorAddressSchema),
});

export interface MemoryCheckpoints {
  readonly store: CheckpointStore;
  read(partition: number): Checkpoint;
}

export function createMemoryCheckpoints(available: () => Promise<void>): MemoryCheckpoints {
  const saved = new Map<number, { readonly text: string; readonly epoch: number }>();
  let revision = 0;
  const write = (partition: number, epoch: number, checkpoint: Checkpoint): CheckpointOutcome => {
    revision += 1;
    saved.set(partition, { text: JSON.stringify(checkpoint), epoch });
    return { status: 'held', held: { checkpoint, epoch, revision } };
  };
  const isFenced = (partition: number, epoch: number): boolean =>
    (saved.get(partition)?.epoch ?? 0) > epoch;

  const read = (partition: number): Checkpoint => {
    const text = saved.get(partition)?.text;
    return text === undefined ? { offset: 0, busy: [] } : checkpointSchema.parse(JSON.parse(text));
  };

  return {
    read,
    store: {
      takeOver: async (partition, epoch) => {
        await available();
        return isFenced(partition, epoch)
          ? { status: 'fenced' }
          : write(partition, epoch, read(partition));
      },
      save: async (partition, { epoch }, checkpoint) => {
        await available();
        return isFenced(partition, epoch)
          ? { status: 'fenced' }
          : write(partition, epoch, checkpoint);
      },
    },
  };
}
