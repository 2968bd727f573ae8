/** Key-value buckets as the runtime uses them: compare and swap through our publisher, reads from the stream's leader. */
import type { JetStreamManager } from '@nats-io/jetstream';
import type { Publisher, PublishOutcome } from './publisher.ts';
import { readFailure } from './read-failure.ts';

export interface BucketEntry {
  readonly revision: number;
  /** Undefined: deleted, or gone by its lifetime. */
  readonly value: unknown;
}

export interface Bucket {
  /** The last entry of the key. Never from a copy that lags behind, as a direct read of a cluster may be. */
  read(key: string): Promise<BucketEntry | undefined>;
  /** Keys that have an entry, deleted ones included. */
  listKeys(filter: string): Promise<readonly string[]>;
  write(key: string, value: unknown, options?: WriteOptions): Promise<PublishOutcome>;
  delete(key: string, expectedRevision: number, ttlMs?: number): Promise<PublishOutcome>;
}

export interface WriteOptions {
  /** 0: the key must have no entry. */
  readonly expectedRevision?: number;
  /** Whole seconds. `kv.update` of the client cannot carry it. */
  readonly ttlMs?: number;
}

const operationHeader = 'KV-Operation';
const ttlHeader = 'Nats-TTL';
const markerHeader = 'Nats-Marker-Reason';

export function bucketStream(bucket: string): string {
  return `KV_${bucket}`;
}

export function bucketPrefix(bucket: string): string {
  return `$KV.${bucket}.`;
}

export function openBucket(
  manager: JetStreamManager,
  publisher: Publisher,
  bucket: string,
): Bucket {
  const stream = bucketStream(bucket);
  const prefix = bucketPrefix(bucket);
  const lifetime = (ttlMs: number | undefined): Record<string, string> =>
    ttlMs === undefined ? {} : { [ttlHeader]: `${Math.ceil(ttlMs / 1_000)}s` };
  return {
    read: async (key) => {
      const message = await manager.streams
        .getMessage(stream, { last_by_subj: prefix + key })
        .catch(readFailure(`${key} of ${bucket}`));
      if (message === null || message === undefined) return undefined;
      const gone = isDeletion(message.header);
      return { revision: message.seq, value: gone ? undefined : message.json<unknown>() };
    },
    listKeys: async (filter) => {
      const info = await manager.streams
        .info(stream, { subjects_filter: prefix + filter })
        .catch(readFailure(`the keys of ${bucket}`));
      return Object.keys(info?.state.subjects ?? {}).map((subject) => subject.slice(prefix.length));
    },
    write: (key, value, { expectedRevision, ttlMs } = {}) =>
      publisher.publish({
        subject: prefix + key,
        data: JSON.stringify(value),
        headers: lifetime(ttlMs),
        ...(expectedRevision === undefined ? {} : { expectedLastSubjectSeq: expectedRevision }),
      }),
    delete: (key, expectedRevision, ttlMs) =>
      publisher.publish({
        subject: prefix + key,
        data: '',
        headers: { [operationHeader]: 'DEL', ...lifetime(ttlMs) },
        expectedLastSubjectSeq: expectedRevision,
      }),
  };
}

interface ReadableHeaders {
  has(name: string): boolean;
}

export function isDeletion(headers: ReadableHeaders | undefined): boolean {
  return headers !== undefined && (headers.has(operationHeader) || headers.has(markerHeader));
}
