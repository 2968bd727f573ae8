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
import { readFailure, unavailable } from './read-failure.ts';
import { defaultRetention, toMaxAgeNs, type Retention } from './retention.ts';

const secondNs = 1_000_000_000;

/** Repeats within this window are dropped by the server; later ones by the receivers. */
const duplicateWindowNs = 120 * secondNs;
/** The last commit is what counts; a few more help a person who looks for what happened. */
const commitsKept = 3;

export const eventsStream = 'EVENTS';
export const workStream = 'WORK';
export const journalStream = 'JOURNAL';
export const transcriptsStream = 'TRANSCRIPTS';
export const deadLettersStream = 'DEADLETTERS';
export const quarantineStream = 'QUARANTINE';

/** One STATE stream per partition: with fsync on every message, separate streams sync in parallel. */
export function stateStream(partition: number): string {
  return `STATE_${partition}`;
}

/** One INBOX stream per partition, for the same reason; and trimming one touches no other. */
export function inboxStream(partition: number): string {
  return `INBOX_${partition}`;
}

type StreamPlan = Partial<StreamConfig> & { readonly name: string; readonly subjects: string[] };

export function planStreams(
  partitionCount: number,
  replicas: number,
  retention: Retention = defaultRetention,
): readonly StreamPlan[] {
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
      max_age: toMaxAgeNs(retention.eventsDays),
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
    {
      ...shared,
      name: deadLettersStream,
      subjects: ['dl.>'],
      max_msgs_per_subject: 1,
      allow_msg_ttl: true,
    },
    {
      ...shared,
      name: quarantineStream,
      subjects: ['q.>', 'qi.>'],
      max_msgs_per_subject: 1,
    },
    {
      ...shared,
      name: journalStream,
      subjects: ['fl.>'],
      max_age: toMaxAgeNs(retention.journalDays),
    },
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
  options: {
    readonly partitionCount: number;
    readonly replicas: number;
    readonly retention?: Retention | undefined;
    /** What is there stays as it is. */
    readonly keepStreams?: boolean | undefined;
  },
): Promise<void> {
  const { partitionCount, replicas, retention = defaultRetention, keepStreams = false } = options;
  await refuseOtherPartitions(manager, partitionCount);
  await Promise.all(
    planStreams(partitionCount, replicas, retention).map(async (plan) => {
      try {
        await manager.streams.add(plan);
      } catch (error) {
        const failed = unavailable(`the stream ${plan.name} cannot be made`);
        if (!(error instanceof JetStreamApiError) || error.code !== alreadyExistsDifferently)
          failed(error);
        else if (!keepStreams) await manager.streams.update(plan.name, plan).catch(failed);
      }
    }),
  );
}

/** Whether several servers hold each state: as the streams are, whatever the settings of this process say. */
export async function areReplicated(manager: JetStreamManager): Promise<boolean> {
  const stream = stateStream(0);
  const failed = unavailable(`the stream ${stream} cannot be looked at`);
  const { config } = await manager.streams.info(stream).catch(failed);
  return config.num_replicas > 1;
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
