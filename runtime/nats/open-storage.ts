/** Opens everything the runtime keeps on one NATS: streams, buckets and the adapters of the worker's ports. */
import { StorageType, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/nats-core';
import type { SubjectSpace } from '../contract/subjects.ts';
import type { OperatorCommands } from '../core/ports.ts';
import type { WorkerStorage } from '../core/storage.ts';
import type { WorkerLog } from '../worker/log.ts';
import { systemClock } from '../worker/system-clock.ts';
import { openBlobs, type BlobStore } from './blobs.ts';
import { openBucket } from './buckets.ts';
import { createCancellations } from './cancellations.ts';
import { checkpointsBucket, createCheckpointStore } from './checkpoints.ts';
import { createCommandSender } from './command-sender.ts';
import { createCommitStore } from './commit-store.ts';
import { createInboxReader } from './inbox-reader.ts';
import type { EventSource } from '../core/event-source.ts';
import { createDeadLetters, type DeadLetters } from './dead-letters.ts';
import { shrinkEndedActors } from './ended-actors.ts';
import { createEventSource } from './event-source.ts';
import { createLeaseStore, leasesBucket, markerTtlMs } from './leases.ts';
import { createJournal } from './journal.ts';
import { createLastMessageReader } from './last-message.ts';
import { createPoolBacklogReader, type ReadPoolBacklog } from './pool-backlog.ts';
import { createPublisher, type Publisher } from './publisher.ts';
import { createQuarantineStore } from './quarantine.ts';
import { createRelayOutlet } from './relay-outlet.ts';
import { createStoredEventLister } from './stored-events.ts';
import type { Retention } from './retention.ts';
import { createSharedRecords, limitsBucket, limitsKeptMs } from './shared-records.ts';
import { areReplicated, ensureStreams } from './streams.ts';
import { createTimerStore } from './timer-store.ts';
import { createTranscriptStore, type TranscriptStore } from './transcripts.ts';
import { createWorkQueue } from './work-queue.ts';

/** In a cluster every stream that is made elects a leader first, all of them at once, and the servers may be busy. */
const setUpTimeoutMs = 30_000;

export interface StorageOptions {
  readonly connection: NatsConnection;
  readonly space: SubjectSpace;
  /** Copies of every stream: 1 on a single server, 3 on a cluster. */
  readonly replicas: number;
  readonly log: WorkerLog;
  /** Applied to the streams, also to those that are there. Default: `defaultRetention`. */
  readonly retention?: Retention;
  /** Streams that are there stay as they are: another process has the settings that apply. Default: false. */
  readonly keepStreams?: boolean;
}

export interface Storage extends WorkerStorage {
  readonly commands: OperatorCommands;
  readonly transcripts: TranscriptStore;
  readonly blobs: BlobStore;
  readonly deadLetters: DeadLetters;
  readonly publisher: Publisher;
  readonly events: EventSource;
  readonly poolBacklog: ReadPoolBacklog;
  /** Of actors that ended before; returns how many there were. */
  shrinkEndedActors(beforeMs: number, signal: AbortSignal): Promise<number>;
}

export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { connection, space, replicas, log } = options;
  const manager = await jetstreamManager(connection);
  const { retention, keepStreams } = options;
  const patient = { timeout: setUpTimeoutMs };
  await ensureStreams(await jetstreamManager(connection, patient), {
    ...space,
    replicas,
    retention,
    keepStreams,
  });
  const publisher = createPublisher(connection);
  const journal = createJournal(manager, publisher, space.namespace);
  const buckets = new Kvm(jetstream(connection, patient));
  const [blobs] = await Promise.all([
    openBlobs(connection, space.namespace, replicas, setUpTimeoutMs),
    buckets.create(checkpointsBucket, { history: 1, replicas }),
    buckets.create(leasesBucket, { history: 1, replicas, markerTTL: markerTtlMs }),
    buckets.create(limitsBucket, {
      history: 1,
      replicas,
      storage: StorageType.Memory,
      ttl: limitsKeptMs,
    }),
  ]);
  const { namespace } = space;
  const readLast = createLastMessageReader(manager, await areReplicated(manager));
  const commits = createCommitStore(publisher, space, readLast);
  const checkpoints = openBucket(manager, publisher, checkpointsBucket);
  const leases = openBucket(manager, publisher, leasesBucket);
  return {
    checkpoints: createCheckpointStore(checkpoints, namespace),
    leases: createLeaseStore(connection, leases, namespace, log),
    blobs,
    journal,
    publisher,
    events: createEventSource(connection, manager, log),
    poolBacklog: createPoolBacklogReader(manager, space.namespace),
    commits,
    shrinkEndedActors: (beforeMs, signal) =>
      shrinkEndedActors({ manager, commits, checkpoints, space, beforeMs, signal }),
    relay: createRelayOutlet(
      connection,
      publisher,
      space,
      systemClock,
      createStoredEventLister(manager, space.namespace),
    ),
    timers: createTimerStore(connection, manager, space, readLast),
    inbox: createInboxReader(connection, manager, space, log),
    work: createWorkQueue({ connection, manager, namespace, log }),
    cancellations: createCancellations(connection, manager, namespace),
    shared: createSharedRecords(openBucket(manager, publisher, limitsBucket), namespace),
    quarantine: createQuarantineStore(manager, publisher, space),
    deadLetters: createDeadLetters(manager, publisher, space.namespace),
    commands: createCommandSender(publisher, space, systemClock),
    transcripts: createTranscriptStore(manager, publisher, space.namespace, log),
  };
}
