/** Makes a backup folder: everything or nothing. What is under way lies in `<folder>.partial`. */
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { NatsConnection } from '@nats-io/nats-core';
import { SignalboxError } from '../../contract/errors.ts';
import { copyStreams, type CopiedStreams } from './back-up.ts';
import { hashFile, writeManifest, type Manifest } from './manifest.ts';

export interface TakeBackupOptions {
  readonly connection: NatsConnection;
  readonly namespace: string;
  readonly partitionCount: number;
  /** Of the program, for who reads the manifest. */
  readonly version: string;
  /** Must not exist. */
  readonly folder: string;
  /** Writes a copy of the history file there; left out where there is no history. */
  readonly copyHistory?: (file: string) => Promise<void>;
}

export interface BackupReport extends Pick<CopiedStreams, 'heldMs' | 'workers' | 'attempts'> {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly bytes: number;
}

const historyFile = 'history.sqlite';

/** Throws `SB_INPUT_INVALID` when the folder exists, `SB_BACKUP_UNSETTLED`, `SB_NATS_UNAVAILABLE`. */
export async function takeBackup(options: TakeBackupOptions): Promise<BackupReport> {
  const { folder } = options;
  if (await exists(folder)) {
    throw new SignalboxError('SB_INPUT_INVALID', `${folder} is there already`, {
      next: 'Name a folder that does not exist; a backup never replaces another.',
    });
  }
  await mkdir(dirname(folder), { recursive: true });
  const partial = `${folder}.partial`;
  // One that was killed may have left it.
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { mode: 0o700 });
  try {
    // First, so that it holds no event that the copy of the stream does not.
    const history = await copyHistory(options, partial);
    const copied = await copyStreams({ ...options, folder: partial });
    const { namespace, partitionCount, version } = options;
    const manifest: Manifest = {
      format: 1,
      takenAt: copied.takenAt,
      version,
      namespace,
      partitionCount,
      streams: [...copied.streams],
      ...(history === undefined ? {} : { history }),
    };
    await writeManifest(partial, manifest);
    await rename(partial, folder);
    const { heldMs, workers, attempts } = copied;
    const bytes = [...manifest.streams, history ?? []]
      .flat()
      .reduce((sum, file) => sum + file.bytes, 0);
    return { folder, manifest, bytes, heldMs, workers, attempts };
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

async function copyHistory({ copyHistory: copy }: TakeBackupOptions, partial: string) {
  if (copy === undefined) return undefined;
  await copy(join(partial, historyFile));
  await chmod(join(partial, historyFile), 0o600);
  return hashFile(partial, historyFile);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
