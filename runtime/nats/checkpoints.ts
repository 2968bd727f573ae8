/** Checkpoints and epochs, in key-value buckets. */
import type { NatsConnection } from '@nats-io/nats-core';
import { Kvm } from '@nats-io/kv';
import { z } from 'zod';
import { actorAddressSchema } from '../contract/address.ts';
import { SignalboxError } from '../contract/errors.ts';
import type { CheckpointStore } from '../core/storage.ts';
import { unavailable } from './read-failure.ts';

const checkpointSchema = z.object({
  offset: z.number().int().nonnegative(),
  busy: z.array(actorAddressSchema),
});

export interface PlacementStore {
  readonly checkpoints: CheckpointStore;
  readonly nextEpoch: () => Promise<number>;
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
    nextEpoch: () =>
      leases
        .put(`worker.${namespace}`, workerId)
        .catch(unavailable('the worker cannot be registered')),
    checkpoints: {
      load: async (partition) => {
        const what = `the checkpoint of partition ${partition}`;
        const entry = await checkpoints
          .get(`${namespace}.${partition}`)
          .catch(unavailable(`cannot read ${what}`));
        if (entry === null) return { offset: 0, busy: [] };
        const parsed = checkpointSchema.safeParse(entry.json());
        if (parsed.success) return parsed.data;
        throw new SignalboxError(
          'SB_PROTOCOL',
          `${what} has another shape: ${parsed.error.message}`,
        );
      },
      save: async (partition, checkpoint) => {
        await checkpoints
          .put(`${namespace}.${partition}`, JSON.stringify(checkpoint))
          .catch(unavailable(`the checkpoint of partition ${partition} was not saved`));
      },
    },
  };
}
