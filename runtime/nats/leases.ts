/**
 * Leases in a key-value bucket: `<namespace>.worker.<id>` with a lifetime, `<namespace>.partition.<n>` without. The
 * revision of a partition's key is the epoch of its owner. When a worker's entry ends by its lifetime the server puts
 * a marker in its place, which is how the others hear of it.
 */
import { randomUUID } from 'node:crypto';
import type { JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { z } from 'zod';
import { SignalboxError } from '../contract/errors.ts';
import type { Claim, LeaseStore, Member, Membership, Placement, Renewal } from '../core/leases.ts';
import type { WorkerLog } from '../worker/log.ts';
import { bucketPrefix, bucketStream, isDeletion, type Bucket } from './buckets.ts';
import { watchConnection } from './connection.ts';
import { readOrdered } from './ordered-reader.ts';

export const leasesBucket = 'LEASES';

/** Three renewals may be lost before others take over; whole seconds, as the server counts. */
export const leaseTtlMs = 5_000;
/** How long the trace of a worker that is gone stays, for watchers that were away for a moment. */
export const markerTtlMs = 60_000;

const memberSchema = z.object({
  workerId: z.string(),
  hostsActors: z.boolean(),
  pools: z.array(z.string()),
  startedAt: z.string(),
  instance: z.string(),
});
const claimSchema = z.object({ workerId: z.string() });

const maxAttempts = 5;

export function createLeaseStore(
  connection: NatsConnection,
  bucket: Bucket,
  namespace: string,
  log: WorkerLog,
): LeaseStore {
  const workerKey = (workerId: string): string => `${namespace}.worker.${workerId}`;
  const partitionKey = (partition: number): string => `${namespace}.partition.${partition}`;

  const join = async (member: Member): Promise<Membership> => {
    const instance = randomUUID();
    const key = workerKey(member.workerId);
    const outcome = await bucket.write(key, { ...member, instance }, { ttlMs: leaseTtlMs });
    if (outcome.status !== 'stored') throw new SignalboxError('SB_PROTOCOL', 'a join was refused');
    return { member, instance, revision: outcome.seq };
  };

  return {
    ttlMs: leaseTtlMs,
    join,
    renew: (membership, member = membership.member) =>
      renewEntry(bucket, workerKey(member.workerId), membership, member),
    leave: async ({ member, revision }) => {
      await bucket.delete(workerKey(member.workerId), revision, markerTtlMs);
    },
    claim: async (partition, workerId, expectedRevision) => {
      const outcome = await bucket.write(
        partitionKey(partition),
        { workerId },
        { expectedRevision },
      );
      return outcome.status === 'stored'
        ? { status: 'claimed', epoch: outcome.seq }
        : { status: 'changed' };
    },
    release: async (partition, epoch) => {
      await bucket.delete(partitionKey(partition), epoch);
    },
    read: async () => {
      const keys = await bucket.listKeys(`${namespace}.>`);
      const table = createTable(namespace);
      const entries = await Promise.all(keys.map((key) => bucket.read(key)));
      for (const [index, key] of keys.entries()) {
        const entry = entries[index];
        if (entry !== undefined) table.set(key, entry.revision, entry.value);
      }
      return table.placement();
    },
    watch: async (changed, signal) => {
      while (!signal.aborted) await watchOnce(connection, namespace, log, changed, signal);
    },
  };
}

async function renewEntry(
  bucket: Bucket,
  key: string,
  { instance, revision }: Membership,
  member: Member,
): Promise<Renewal> {
  let expectedRevision = revision;
  let lapsed = false;
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const value = { ...member, instance };
    const outcome = await bucket.write(key, value, { expectedRevision, ttlMs: leaseTtlMs });
    if (outcome.status === 'stored') {
      const membership = { member, instance, revision: outcome.seq };
      return { status: lapsed ? 'lapsed' : 'renewed', membership };
    }
    // Somebody else's entry, the mark of our own end, or a renewal of ours whose acknowledgement was lost.
    const entry = await bucket.read(key);
    expectedRevision = entry?.revision ?? 0;
    if (entry?.value === undefined) lapsed = true;
    else if (memberSchema.safeParse(entry.value).data?.instance !== instance)
      return { status: 'replaced' };
  }
  throw new SignalboxError('SB_NATS_UNAVAILABLE', `${key} changes all the time`, {
    retryable: true,
  });
}

/** Until the signal aborts or the connection was lost: what ended meanwhile may have left no trace, so all is read anew. */
async function watchOnce(
  connection: NatsConnection,
  namespace: string,
  log: WorkerLog,
  changed: (placement: Placement) => void,
  signal: AbortSignal,
): Promise<void> {
  const interruption = new AbortController();
  const unwatch = watchConnection(connection, (change) => {
    if (change === 'reconnected') interruption.abort();
  });
  const table = createTable(namespace);
  const prefix = bucketPrefix(leasesBucket);
  let news = false;
  const deliver = (message: JsMsg): void => {
    const value = isDeletion(message.headers) ? undefined : message.json<unknown>();
    news = table.set(message.subject.slice(prefix.length), message.seq, value) || news;
    if (!news || message.info.pending > 0) return;
    news = false;
    changed(table.placement());
  };
  await readOrdered(connection, {
    stream: bucketStream(leasesBucket),
    filter: `${prefix}${namespace}.>`,
    after: 0,
    signal: AbortSignal.any([signal, interruption.signal]),
    log,
    deliver,
  });
  unwatch();
}

interface Table {
  /** Whether anything has changed by it. */
  set(key: string, revision: number, value: unknown): boolean;
  placement(): Placement;
}

function createTable(namespace: string): Table {
  const members = new Map<string, z.infer<typeof memberSchema>>();
  const claims = new Map<number, Claim>();

  const setMember = (workerId: string, value: unknown): boolean => {
    // What cannot be read counts as gone: placement is a matter of saving work, and nobody is helped by a halt.
    const { data: member } = memberSchema.safeParse(value);
    if (member === undefined) return members.delete(workerId);
    const known = members.get(workerId);
    members.set(workerId, member);
    return JSON.stringify(known) !== JSON.stringify(member);
  };
  const setClaim = (partition: number, revision: number, value: unknown): boolean => {
    claims.set(partition, { workerId: claimSchema.safeParse(value).data?.workerId, revision });
    return true;
  };

  return {
    set: (key, revision, value) => {
      const [family, name = ''] = key.slice(namespace.length + 1).split('.');
      return family === 'worker' ? setMember(name, value) : setClaim(Number(name), revision, value);
    },
    placement: () => ({
      members: new Map([...members].map(([id, { instance: _, ...member }]) => [id, member])),
      claims: new Map(claims),
    }),
  };
}
