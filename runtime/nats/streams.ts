/** The streams of the protocol: names, configurations, and making them. */
import {
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import { SignalboxError } from '../contract/errors.ts';
import { livePrefix } from '../contract/subjects.ts';
import { readFailure } from './read-failure.ts';

const secondNs = 1_000_000_000;
const dayNs = 24 * 60 * 60 * secondNs;

/** Repeats within this window are dropped by the server; later ones by the receivers. */
const duplicateWindowNs = 120 * secondNs;
/** The last commit is what counts; a few more help a person who looks for what happened. */
const commitsKept = 3;
const eventsKeptNs = 30 * dayNs;
/** An effect that is not finished after this long is not repeated by anyone any more. */
const journalKeptNs = 14 * dayNs;

export const eventsStream = 'EVENTS';
export const workStream = 'WORK';
export const journalStream = 'JOURNAL';
export const transcriptsStream = 'TRANSCRIPTS';

/** One STATE stream per partition: with fsync on every message, separate streams sync in parallel. */
export function stateStream(partition: number): string {
  return `STATE_${partition}`;
}

/** One INBOX stream per partition, for the same reason; and trimming one touches no other. */
export function inboxStream(partition: number): string {
  return `INBOX_${partition}`;
}

type StreamPlan = Partial<StreamConfig> & { readonly name: string; readonly subjects: string[] };

export function planStreams(partitionCount: number, replicas: number): readonly StreamPlan[] {
  const shared = {
    storage: StorageType.File,
    num_replicas: replicas,
    duplicate_window: duplicateWindowNs,
    allow_direct: true,
  };
  const states = Array.from({ length: partitionCount }, (_, partition) => ({
    ...shared,
    name: stateStream(partition),
    subjects: [`a.${partition}.>`],
    max_msgs_per_subject: commitsKept,
  }));
  const inboxes = Array.from({ length: partitionCount }, (_, partition) => ({
    ...shared,
    name: inboxStream(partition),
    // No max age: it would remove timers that have not come due.
    subjects: [`in.${partition}.>`, `tm.${partition}.>`],
    allow_msg_schedules: true,
    allow_msg_ttl: true,
    allow_rollup_hdrs: true,
    metadata: { [partitionsKey]: String(partitionCount) },
  }));
  return [
    ...states,
    ...inboxes,
    {
      ...shared,
      name: eventsStream,
      subjects: ['evt.>'],
      max_age: eventsKeptNs,
      republish: { src: 'evt.>', dest: `${livePrefix}.evt.>` },
    },
    {
      ...shared,
      name: transcriptsStream,
      subjects: ['tr.>'],
      republish: { src: 'tr.>', dest: `${livePrefix}.tr.>` },
    },
    {
      ...shared,
      name: workStream,
      subjects: ['fx.>'],
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
    },
    { ...shared, name: journalStream, subjects: ['fl.>'], max_age: journalKeptNs },
  ];
}

const alreadyExistsDifferently = 10_058;
/** Kept with INBOX, because an actor's partition is found by it: with another count its state is not. */
const partitionsKey = 'signalbox_partitions';

/**
 * Makes what is missing and updates what differs. Safe to run by several processes at once. Throws
 * `SB_CONFIG_INVALID` when the streams were made for another number of partitions.
 */
export async function ensureStreams(
  manager: JetStreamManager,
  partitionCount: number,
  replicas: number,
): Promise<void> {
  await refuseOtherPartitions(manager, partitionCount);
  await Promise.all(
    planStreams(partitionCount, replicas).map(async (plan) => {
      try {
        await manager.streams.add(plan);
      } catch (error) {
        if (!(error instanceof JetStreamApiError) || error.code !== alreadyExistsDifferently)
          throw error;
        await manager.streams.update(plan.name, plan);
      }
    }),
  );
}

async function refuseOtherPartitions(
  manager: JetStreamManager,
  partitionCount: number,
): Promise<void> {
  const stream = inboxStream(0);
  const info = await manager.streams.info(stream).catch(readFailure(`the stream ${stream}`));
  const made = info?.config.metadata?.[partitionsKey];
  if (made === undefined || made === String(partitionCount)) return;
  throw new SignalboxError(
    'SB_CONFIG_INVALID',
    `the streams on this NATS server were made for ${made} partitions, not for ${partitionCount}`,
    { next: `Set the partition count back to ${made}, or use another server.` },
  );
}
