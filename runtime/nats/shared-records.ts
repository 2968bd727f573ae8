/** Rate limits and circuit breakers of all workers, in a key-value bucket in the server's memory. */
import { encodeToken } from '../contract/subjects.ts';
import type { SharedRecords } from '../core/storage.ts';
import type { Json } from '../contract/json.ts';
import type { Bucket } from './buckets.ts';

/** Lost with the server, and no harm done: syncing every token to disk would cost more than the calls it spares. */
export const limitsBucket = 'LIMITS';
/** A record that nobody has touched for so long says nothing any more. */
export const limitsKeptMs = 24 * 60 * 60 * 1_000;

export function createSharedRecords(bucket: Bucket, namespace: string): SharedRecords {
  const keyOf = (key: string): string => `${namespace}.${encodeToken(key)}`;
  return {
    read: async (key) => {
      const entry = await bucket.read(keyOf(key));
      if (entry?.value === undefined) return undefined;
      return { value: entry.value as Json, revision: entry.revision };
    },
    write: async (key, value, revision) => {
      const outcome = await bucket.write(keyOf(key), value, { expectedRevision: revision });
      return outcome.status === 'stored' ? outcome.seq : undefined;
    },
  };
}
