/** `signalbox backup DIR` and `signalbox checkpoint`: of the running system, while it runs. */
import { resolve } from 'node:path';
import { saveCheckpoints } from '../../runtime/nats/backup/worker-requests.ts';
import { takeBackup } from '../../runtime/nats/backup/take-backup.ts';
import { withClient } from '../client/open-client.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { formatBytes } from '../output.ts';
import { packageVersion } from '../system/package-root.ts';

export async function backup(context: CommandContext, folder: string): Promise<ExitCode> {
  return withClient(context.settings, context.log, async ({ connection, record, history }) => {
    const { namespace, partitionCount } = record;
    const { manifest, bytes, heldMs, workers } = await takeBackup({
      connection,
      namespace,
      partitionCount,
      version: packageVersion,
      folder: resolve(folder),
      copyHistory: (file) => history.copyTo(file),
    });
    const data = { folder: resolve(folder), takenAt: manifest.takenAt, bytes, heldMs, workers };
    context.output.result({ ...data, streams: manifest.streams.length }, [
      `Backup of ${manifest.takenAt} in ${data.folder}: ${manifest.streams.length} streams, ${formatBytes(bytes)}.`,
      `${workers.length} ${workers.length === 1 ? 'worker' : 'workers'} held still for ${heldMs} ms.`,
      'Keep the settings, triggers and secrets of the home folder as well: they are not in it.',
    ]);
    return exitCodes.success;
  });
}

export async function checkpoint(context: CommandContext): Promise<ExitCode> {
  return withClient(context.settings, context.log, async ({ connection, record }) => {
    const workers = await saveCheckpoints(connection, record.namespace);
    context.output.result({ workers }, [
      ...workers.map((worker) => `${worker}: saved`),
      ...(workers.length === 0 ? ['No worker runs.'] : []),
    ]);
    return workers.length === 0 ? exitCodes.unavailable : exitCodes.success;
  });
}
