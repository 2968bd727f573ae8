/** What a program needs that talks to a running system and hosts nothing: commands, events, transcripts, blobs. */
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import type { SubjectSpace } from '../contract/subjects.ts';
import type { EventSource } from '../core/event-source.ts';
import type { CommandSender } from '../core/ports.ts';
import type { WorkerLog } from '../worker/log.ts';
import { systemClock } from '../worker/system-clock.ts';
import { openExistingBlobs, type BlobStore } from './blobs.ts';
import { createCommandSender } from './command-sender.ts';
import { createEventSource } from './event-source.ts';
import { createPublisher } from './publisher.ts';
import { createTranscriptStore, type TranscriptStore } from './transcripts.ts';

export interface ClientStorage {
  readonly commands: CommandSender;
  readonly events: EventSource;
  readonly transcripts: TranscriptStore;
  readonly blobs: BlobStore;
}

/** The streams exist: the running system has made them. */
export async function openClientStorage(
  connection: NatsConnection,
  space: SubjectSpace,
  log: WorkerLog,
): Promise<ClientStorage> {
  const manager = await jetstreamManager(connection);
  const publisher = createPublisher(connection);
  return {
    commands: createCommandSender(publisher, space, systemClock),
    events: createEventSource(connection, manager, log),
    transcripts: createTranscriptStore(manager, publisher, space.namespace, log),
    blobs: await openExistingBlobs(connection, space.namespace),
  };
}
