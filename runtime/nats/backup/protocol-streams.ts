/** Which streams a backup holds, and in which order they are copied. */
import type { JetStreamManager } from '@nats-io/jetstream';
import { blobsBucket } from '../blobs.ts';
import { bucketStream } from '../buckets.ts';
import { checkpointsBucket } from '../checkpoints.ts';
import { leasesBucket } from '../leases.ts';
import { unavailable } from '../read-failure.ts';
import { inboxStream, planStreams, workStream } from '../streams.ts';

const blobsStream = `OBJ_${blobsBucket}`;

/** Those of our streams that are there; a server may hold others' as well. */
export async function listProtocolStreams(
  manager: JetStreamManager,
  partitionCount: number,
): Promise<readonly string[]> {
  const ours = new Set([
    ...planStreams(partitionCount, 1).map(({ name }) => name),
    bucketStream(checkpointsBucket),
    bucketStream(leasesBucket),
    blobsStream,
  ]);
  const names: string[] = [];
  try {
    for await (const name of manager.streams.names()) if (ours.has(name)) names.push(name);
  } catch (error) {
    unavailable('the streams cannot be listed')(error);
  }
  return names;
}

/**
 * Against the direction in which a pool effect is written down: a work item leaves the queue only when its result is in
 * the inbox, and its result is sent only when the journal has it. So whatever a stream no longer holds when it is copied
 * is in one that is copied later. Epochs in checkpoints are revisions of leases, which come last.
 */
export function orderForCopy(names: readonly string[]): readonly (readonly string[])[] {
  const isInbox = (name: string): boolean => name.startsWith(inboxPrefix);
  const leases = bucketStream(leasesBucket);
  const isFirstOrLast = (name: string): boolean =>
    name === workStream || isInbox(name) || name === leases;
  return [
    names.filter((name) => name === workStream),
    names.filter(isInbox),
    names.filter((name) => !isFirstOrLast(name)),
    names.filter((name) => name === leases),
  ];
}

/** Blobs are large, and no commit refers to one that is not stored yet. */
export function isWrittenOnceOnly(name: string): boolean {
  return name === blobsStream;
}

const inboxPrefix = inboxStream(0).slice(0, -1);
