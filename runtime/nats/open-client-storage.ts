/** What a program needs that talks to a running system and hosts nothing: commands, events, transcripts, blobs. */
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import type { SubjectSpace } from '../contract/subjects.ts';
import type { EventSource } from '../core/event-source.ts';
import type { OperatorCommands } from '../core/ports.ts';
import type { Placement } from '../core/leases.ts';
import type { QuarantineStore } from '../core/quarantine.ts';
import type { WorkerLog } from '../worker/log.ts';
import { systemClock } from '../worker/system-clock.ts';
import { createActorInspector, type ActorInspector } from './actor-inspector.ts';
import { openExistingBlobs, type BlobStore } from './blobs.ts';
import { openBucket } from './buckets.ts';
import { createCommandSender } from './command-sender.ts';
import { createDeadLetters, type DeadLetters } from './dead-letters.ts';
import { createEventSource } from './event-source.ts';
import { createLeaseStore, leasesBucket } from './leases.ts';
import { createPoolBacklogReader, type ReadPoolBacklog } from './pool-backlog.ts';
import { createPublisher } from './publisher.ts';
import { createQuarantineStore } from './quarantine.ts';
import { readStreamUse, type StreamUse } from './stream-use.ts';
import { createTranscriptStore, type TranscriptStore } from './transcripts.ts';

export interface ClientStorage {
  readonly commands: OperatorCommands;
  readonly events: EventSource;
  readonly transcripts: TranscriptStore;
  readonly blobs: BlobStore;
  readonly deadLetters: DeadLetters;
  readonly quarantine: QuarantineStore;
  readonly inspector: ActorInspector;
  readonly poolBacklog: ReadPoolBacklog;
  /** The live workers and what they hold. */
  readonly readPlacement: () => Promise<Placement>;
  readonly readStreamUse: () => Promise<readonly StreamUse[]>;
}

/** The streams exist: the running system has made them. */
export async function openClientStorage(
  connection: NatsConnection,
  space: SubjectSpace,
  log: WorkerLog,
): Promise<ClientStorage> {
  const manager = await jetstreamManager(connection);
  const publisher = createPublisher(connection);
  const bucket = openBucket(manager, publisher, leasesBucket);
  const leases = createLeaseStore(connection, bucket, space.namespace, log);
  return {
    quarantine: createQuarantineStore(manager, publisher, space),
    deadLetters: createDeadLetters(manager, publisher, space.namespace),
    commands: createCommandSender(publisher, space, systemClock),
    events: createEventSource(connection, manager, log),
    transcripts: createTranscriptStore(manager, publisher, space.namespace, log),
    inspector: createActorInspector(manager, space),
    readPlacement: () => leases.read(),
    readStreamUse: () => readStreamUse(manager, space.partitionCount),
    poolBacklog: createPoolBacklogReader(manager, space.namespace),
    blobs: await openExistingBlobs(connection, space.namespace),
  };
}
