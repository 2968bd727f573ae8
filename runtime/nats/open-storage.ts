/** Opens everything the runtime keeps on one NATS: streams, buckets and the adapters of the worker's ports. */
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import type { SubjectSpace } from '../contract/subjects.ts';
import type { CommandSender } from '../core/ports.ts';
import type { WorkerStorage } from '../core/storage.ts';
import type { WorkerLog } from '../worker/log.ts';
import { systemClock } from '../worker/system-clock.ts';
import { openBlobs, type BlobStore } from './blobs.ts';
import { openPlacement } from './checkpoints.ts';
import { createCommandSender } from './command-sender.ts';
import { createCommitStore } from './commit-store.ts';
import { createInboxReader } from './inbox-reader.ts';
import type { EventSource } from '../core/event-source.ts';
import { createEventSource } from './event-source.ts';
import { createJournal } from './journal.ts';
import { createPublisher, type Publisher } from './publisher.ts';
import { createRelayOutlet } from './relay-outlet.ts';
import { createStoredEventLister } from './stored-events.ts';
import { ensureStreams } from './streams.ts';
import { createTranscriptStore, type TranscriptStore } from './transcripts.ts';
import { createCancellations, createWorkQueue } from './work-queue.ts';

export interface StorageOptions {
  readonly connection: NatsConnection;
  readonly space: SubjectSpace;
  readonly workerId: string;
  /** Copies of every stream: 1 on a single server, 3 on a cluster. */
  readonly replicas: number;
  readonly log: WorkerLog;
}

export interface Storage extends WorkerStorage {
  readonly commands: CommandSender;
  readonly transcripts: TranscriptStore;
  readonly blobs: BlobStore;
  readonly publisher: Publisher;
  readonly events: EventSource;
}

export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { connection, space, workerId, replicas, log } = options;
  const manager = await jetstreamManager(connection);
  const client = jetstream(connection);
  await ensureStreams(manager, space.partitionCount, replicas);
  const publisher = createPublisher(connection);
  const journal = createJournal(manager, publisher, space.namespace);
  const [{ checkpoints, nextEpoch }, blobs] = await Promise.all([
    openPlacement(connection, space.namespace, workerId, replicas),
    openBlobs(connection, space.namespace, replicas),
  ]);
  return {
    checkpoints,
    nextEpoch,
    blobs,
    journal,
    publisher,
    events: createEventSource(connection, manager, log),
    commits: createCommitStore(manager, publisher, space),
    relay: createRelayOutlet(
      connection,
      publisher,
      journal,
      space,
      createStoredEventLister(manager, space.namespace),
    ),
    inbox: createInboxReader(connection, manager, space, log),
    work: createWorkQueue({ connection, client, manager, namespace: space.namespace, log }),
    cancellations: createCancellations(connection, space.namespace),
    commands: createCommandSender(publisher, space, systemClock),
    transcripts: createTranscriptStore(manager, publisher, space.namespace, log),
  };
}
