/**
 * Watches whether the disk under the data folder has room. When it is full nats-server answers nothing at all to a
 * publish, so what is wrong is not to be seen from an answer: it is looked at here.
 */
import { statfs } from 'node:fs/promises';
import { SignalboxError } from '../../contract/errors.ts';

/** A server that starts writes indexes and a file with its ports; one that works, blocks of messages. */
const leastFreeBytes = 16 * 1024 * 1024;

export interface DiskRoom {
  /** Looks, and tells of a change. */
  check(): Promise<boolean>;
  /** What the last look has found: undefined when there is room. */
  readonly lack: SignalboxError | undefined;
}

/** `tell` is called once when the disk is found full, and once when it no longer is. */
export function watchDiskRoom(
  folder: string,
  tell: (change: { readonly lack: SignalboxError | undefined }) => void,
  readFree: (folder: string) => Promise<number> = readFreeBytes,
): DiskRoom {
  let lack: SignalboxError | undefined;
  return {
    check: async () => {
      const free = await readFree(folder);
      const isFull = free < leastFreeBytes;
      const hasChanged = isFull !== (lack !== undefined);
      lack = isFull ? (lack ?? describeLack(folder, free)) : undefined;
      if (hasChanged) tell({ lack });
      return !isFull;
    },
    get lack() {
      return lack;
    },
  };
}

/** A disk that cannot be asked is left to the server: it says what is wrong with it. */
async function readFreeBytes(folder: string): Promise<number> {
  return statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => Infinity,
  );
}

function describeLack(folder: string, free: number): SignalboxError {
  const freeMb = (free / 1024 ** 2).toFixed(1);
  const neededMb = leastFreeBytes / 1024 ** 2;
  return new SignalboxError(
    'SB_STORAGE_FULL',
    `the disk of ${folder} is full (${freeMb} MB free): JetStream stores nothing, and all work waits`,
    {
      retryable: true,
      next: `Free at least ${neededMb} MB there: nothing that was acknowledged is lost, and the work goes on by itself.`,
    },
  );
}
