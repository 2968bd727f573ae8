/**
 * Copies a running system as a crash at one instant would leave it. The workers hold their commits, checkpoints and trims
 * while the streams are copied in the order that the protocol writes backwards; that nobody wrote after all is checked
 * before the copy counts. docs/adr/0032 says why this order is enough.
 */
import { open } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { SignalboxError } from '../../contract/errors.ts';
import { bucketStream } from '../buckets.ts';
import { checkpointsBucket } from '../checkpoints.ts';
import { unavailable } from '../read-failure.ts';
import { stateStream } from '../streams.ts';
import type { BackupFile, Manifest } from './manifest.ts';
import { isWrittenOnceOnly, listProtocolStreams, orderForCopy } from './protocol-streams.ts';
import { readSnapshot, type SnapshotHead } from './stream-snapshot.ts';
import { saveCheckpoints, whileHeld } from './worker-requests.ts';

/** A worker that has not heard of the hold writes again at the next try as well: more tries than this bring nothing. */
const maxAttempts = 5;

export interface BackupOptions {
  readonly connection: NatsConnection;
  readonly namespace: string;
  readonly partitionCount: number;
  /** Exists and is empty. */
  readonly folder: string;
}

export type StoredStreamFile = Manifest['streams'][number];

export interface CopiedStreams {
  readonly takenAt: string;
  readonly streams: readonly StoredStreamFile[];
  /** How long no actor moved. */
  readonly heldMs: number;
  /** Those that held; empty when none runs. */
  readonly workers: readonly string[];
  readonly attempts: number;
}

/** Throws `SB_BACKUP_UNSETTLED` and `SB_NATS_UNAVAILABLE`, both retryable. */
export async function copyStreams(options: BackupOptions): Promise<CopiedStreams> {
  const { connection, namespace } = options;
  const manager = await jetstreamManager(connection);
  const names = await listProtocolStreams(manager, options.partitionCount);
  // What is applied by now need not be read again after a restore.
  await saveCheckpoints(connection, namespace);
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const startedAt = performance.now();
    const takenAt = new Date().toISOString();
    const { value, workers } = await whileHeld(connection, namespace, () =>
      copyUnlessWritten(manager, options, names),
    );
    if (value === undefined) continue;
    const heldMs = Math.round(performance.now() - startedAt);
    // Nothing refers to what is not there yet, and nothing that is referred to changes: these need no hold.
    const rest = await copyAll(options, names.filter(isWrittenOnceOnly));
    return { takenAt, streams: [...value, ...rest], heldMs, workers, attempts: attempt };
  }
  throw new SignalboxError(
    'SB_BACKUP_UNSETTLED',
    `${maxAttempts} times a worker went on while the streams were copied`,
    { retryable: true, next: 'Try again; is every worker of this version, and reachable?' },
  );
}

/** Undefined when an actor moved after all: a worker has not heard of the hold, or its hold ended by itself. */
async function copyUnlessWritten(
  manager: JetStreamManager,
  options: BackupOptions,
  names: readonly string[],
): Promise<readonly StoredStreamFile[] | undefined> {
  const before = await readMarks(manager, options.partitionCount);
  const copied: StoredStreamFile[] = [];
  for (const group of orderForCopy(names.filter((name) => !isWrittenOnceOnly(name)))) {
    copied.push(...(await copyAll(options, group)));
  }
  return before === (await readMarks(manager, options.partitionCount)) ? copied : undefined;
}

/** Where commits and checkpoints end: only a worker that is not held writes any, and none trims without a checkpoint. */
async function readMarks(manager: JetStreamManager, partitionCount: number): Promise<string> {
  const states = Array.from({ length: partitionCount }, (_, partition) => stateStream(partition));
  const marks = await Promise.all(
    [...states, bucketStream(checkpointsBucket)].map(async (name) => {
      const { state } = await manager.streams
        .info(name)
        .catch(unavailable(`cannot read the stream ${name}`));
      return state.last_seq;
    }),
  );
  return marks.join();
}

async function copyAll(
  options: BackupOptions,
  names: readonly string[],
): Promise<readonly StoredStreamFile[]> {
  return Promise.all(names.map((name) => copyStream(options, name)));
}

async function copyStream(
  { connection, folder }: BackupOptions,
  name: string,
): Promise<StoredStreamFile> {
  const file = `${name}.snapshot`;
  const handle = await open(join(folder, file), 'w', 0o600);
  const hash = createHash('sha256');
  let bytes = 0;
  let head: SnapshotHead;
  try {
    head = await readSnapshot(connection, name, async (chunk) => {
      hash.update(chunk);
      bytes += chunk.length;
      await handle.writeFile(chunk);
    });
    await handle.sync();
  } finally {
    await handle.close();
  }
  const written: BackupFile = { file, bytes, sha256: hash.digest('hex') };
  return { ...written, head };
}
