/** Puts a backup's streams into a server that has none of ours. All or nothing. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { SignalboxError } from '../../contract/errors.ts';
import { readFailure, unavailable } from '../read-failure.ts';
import { verifyBackup, type Manifest } from './manifest.ts';
import { listProtocolStreams } from './protocol-streams.ts';
import { writeSnapshot } from './stream-snapshot.ts';

/** Below the server's largest message. */
const chunkBytes = 256 * 1024;

export interface RestoreOptions {
  readonly connection: NatsConnection;
  readonly folder: string;
  /** Copies of every stream on this server: need not be those of the server that was backed up. */
  readonly replicas: number;
}

/**
 * Verifies every file before it touches anything. Throws `SB_BACKUP_INVALID`, `SB_SYSTEM_NOT_EMPTY`, and
 * `SB_NATS_UNAVAILABLE` with everything as it was before.
 */
export async function restoreStreams(options: RestoreOptions): Promise<Manifest> {
  const { connection, folder, replicas } = options;
  const manifest = await verifyBackup(folder);
  const manager = await jetstreamManager(connection);
  await makeRoom(manager, manifest.partitionCount);
  const restored: string[] = [];
  try {
    for (const { file, head } of manifest.streams) {
      restored.push(head.config.name);
      const config = { ...head.config, num_replicas: replicas };
      const chunks = createReadStream(join(folder, file), { highWaterMark: chunkBytes });
      await writeSnapshot(connection, { ...head, config }, chunks);
    }
  } catch (error) {
    for (const name of restored) await deleteStream(manager, name);
    throw error;
  }
  return manifest;
}

/** Throws `SB_SYSTEM_NOT_EMPTY` when one of our streams has ever held anything; removes those that have not. */
export async function makeRoom(manager: JetStreamManager, partitionCount: number): Promise<void> {
  const names = await listProtocolStreams(manager, partitionCount);
  const used: string[] = [];
  for (const name of names) {
    const { state } = await manager.streams
      .info(name)
      .catch(unavailable(`cannot read the stream ${name}`));
    if (state.last_seq > 0) used.push(name);
  }
  const [first] = used;
  if (first !== undefined) {
    throw new SignalboxError(
      'SB_SYSTEM_NOT_EMPTY',
      `this system is not empty: ${used.length} of its streams hold something (${first} among them)`,
      { next: 'Restore into a new home folder (--home), or a NATS server without our streams.' },
    );
  }
  for (const name of names) await deleteStream(manager, name);
}

async function deleteStream(manager: JetStreamManager, name: string): Promise<void> {
  await manager.streams.delete(name).catch(readFailure(`the stream ${name}`));
}
