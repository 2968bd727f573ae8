/** `signalbox restore`: a backup, or what a history tells, into an empty system. Starts nothing. */
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { defaultPartitionCount } from '../../runtime/contract/subjects.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { moveAside } from '../../runtime/history/database.ts';
import { openHistoryReader } from '../../runtime/history/history.ts';
import { restoreStreams } from '../../runtime/nats/backup/restore-backup.ts';
import { restoreEvents } from '../../runtime/nats/backup/restore-events.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { formatTable } from '../output.ts';
import { withStore, type Store } from '../system/open-store.ts';
import { namespace } from '../system/storage-part.ts';

export interface RestoreOptions {
  readonly history?: string;
}

export async function restore(
  context: CommandContext,
  folder: string | undefined,
  options: RestoreOptions,
): Promise<ExitCode> {
  if (folder !== undefined && options.history === undefined) {
    return withStore(context, (store) => restoreBackup(context, store, resolve(folder)));
  }
  if (folder === undefined && options.history !== undefined) {
    const file = resolve(options.history);
    return withStore(context, (store) => restoreHistory(context, store, file));
  }
  throw new SignalboxError('SB_INPUT_INVALID', 'say what to restore', {
    next: 'Name the folder of a backup, or a history file with --history.',
  });
}

async function restoreBackup(
  { output, home }: CommandContext,
  { connection, replicas }: Store,
  folder: string,
): Promise<ExitCode> {
  const manifest = await restoreStreams({ connection, folder, replicas });
  const aside = await moveAside(home.history, new Date());
  if (manifest.history !== undefined) {
    await mkdir(dirname(home.history), { recursive: true, mode: 0o700 });
    await copyFile(join(folder, manifest.history.file), home.history);
  }
  const { takenAt, streams } = manifest;
  output.result({ takenAt, streams: streams.length, ...(aside === undefined ? {} : { aside }) }, [
    `Restored as it was at ${takenAt}: ${streams.length} streams. Start it with \`signalbox up\`.`,
    ...(aside === undefined ? [] : [`The history that was here is kept as ${aside}.`]),
    'What happened after that moment is not known to it: effects since then may be run again.',
  ]);
  return exitCodes.success;
}

async function restoreHistory(
  { output, settings }: CommandContext,
  { connection, replicas }: Store,
  file: string,
): Promise<ExitCode> {
  const history = await openHistoryReader({ file });
  try {
    const { events, lost } = await restoreEvents({
      connection,
      replicas,
      history,
      space: { namespace, partitionCount: defaultPartitionCount },
      retention: settings.retention,
      nowMs: Date.now(),
    });
    output.result({ events, lost }, [
      `${events} events are back; \`signalbox up\` shows them. States, commands and conversations are not.`,
      ...(lost.length === 0
        ? ['Every actor had ended: nothing that was under way is lost.']
        : [
            `Lost in the middle of their work (${lost.length}):`,
            ...formatTable([
              ['actor', 'last state', 'at'],
              ...lost.map(({ kind, id, state, at }) => [`${kind}/${id}`, state, at]),
            ]),
          ]),
    ]);
    return exitCodes.success;
  } finally {
    await history.close();
  }
}
