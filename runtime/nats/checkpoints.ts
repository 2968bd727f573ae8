/** Checkpoints and epochs, in key-value buckets. */
import type { NatsConnection } from '@nats-io/nats-core';
import { Kvm } from '@nats-io/kv';
import { z } from 'zod';
import { actorAddressSchema } from '../contract/address.ts';
import { SignalboxError, describeError } from '../contract/errors.ts';
import type { CheckpointStore } from '../core/storage.ts';

const checkpointSchema = z.object({
  offset: z.number().int().nonnegative(),
  busy: z.array(actorAddressSchema),
});

export interface PlacementStore {
  readonly checkpoints: CheckpointStore;
  nextEpoch(): Promise<number>;
}

/** Opens (or makes) the buckets. */
export async function openPlacement(
  connection: NatsConnection,
  namespace: string,
  workerId: string,
  replicas: number,
): Promise<PlacementStore> {
  const manager = new Kvm(connection);
  const [checkpoints, leases] = await Promise.all([
    manager.create('CHECKPOINTS', { history: 1, replicas }),
    manager.create('LEASES', { history: 1, replicas }),
  ]);
  return {
    // The revision of a key only ever grows: a worker that starts later has a larger epoch.
    nextEpoch: () => leases.put(`worker.${namespace}`, workerId),
    checkpoints: {
      load: async (partition) => {
        const entry = await checkpoints.get(`${namespace}.${partition}`);
        return entry === null ? { offset: 0, busy: [] } : checkpointSchema.parse(entry.json());
      },
      save: async (partition, checkpoint) => {
        try {
          await checkpoints.put(`${namespace}.${partition}`, JSON.stringify(checkpoint));
        } catch (error) {
          throw new SignalboxError('SB_NATS_UNAVAILABLE', `checkpoint not saved: ${describeError(error)}`, {
            cause: error,
            retryable: true,
          });
        }
      },
    },
  };
}
