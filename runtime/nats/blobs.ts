/** Artifacts and long outputs in the object store. */
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { Objm, type ObjectStore } from '@nats-io/obj';
import { SignalboxError } from '../contract/errors.ts';
import { unavailable } from './read-failure.ts';

export const blobsBucket = 'BLOBS';

export interface BlobStore {
  put(key: string, data: Uint8Array): Promise<void>;
  /** Throws `SB_BLOB_MISSING`. */
  get(key: string): Promise<Uint8Array>;
}

export async function openBlobs(
  connection: NatsConnection,
  namespace: string,
  replicas: number,
  setUpTimeoutMs: number,
): Promise<BlobStore> {
  const patient = new Objm(jetstream(connection, { timeout: setUpTimeoutMs }));
  await patient.create(blobsBucket, { replicas });
  return openExistingBlobs(connection, namespace);
}

/** For programs that talk to a running system, which has made the store. */
export async function openExistingBlobs(
  connection: NatsConnection,
  namespace: string,
): Promise<BlobStore> {
  return presentBlobs(await new Objm(connection).open(blobsBucket), namespace);
}

function presentBlobs(store: ObjectStore, namespace: string): BlobStore {
  const nameOf = (key: string): string => `${namespace}/${key}`;
  return {
    put: async (key, data) => {
      await store
        .putBlob({ name: nameOf(key) }, data)
        .catch(unavailable(`the blob "${key}" was not stored`));
    },
    get: async (key) => {
      const data = await store
        .getBlob(nameOf(key))
        .catch(unavailable(`the blob "${key}" cannot be read`));
      if (data === null) throw new SignalboxError('SB_BLOB_MISSING', `there is no blob "${key}"`);
      return data;
    },
  };
}
