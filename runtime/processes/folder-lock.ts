/**
 * Owns the lock on a data folder: one process at a time, and a dead holder never blocks the next.
 *
 * Locks are numbered files, `lock.<n>`, and the highest number counts. Whoever finds the highest one stale creates the
 * next, which only one process can do, so that two that take over at once cannot both win. The highest file stays
 * when it is released, marked as such: a number is never used twice.
 */
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SignalboxError } from '../contract/errors.ts';
import { identifyProcess, isSameProcessAlive } from './process-identity.ts';

const lockSchema = z.object({
  pid: z.number().int().positive(),
  startTicks: z.number().int().optional(),
  /** ISO 8601: since when the folder is held. */
  since: z.string(),
  released: z.boolean(),
});
type Lock = Readonly<z.infer<typeof lockSchema>>;

export interface FolderLock {
  /** Idempotent. */
  release(): Promise<void>;
}

/** Each further round means that another process took the lock in between, so few are ever needed. */
const maxRounds = 50;

/**
 * Makes the folder where it is missing and locks it. Throws `SB_HOME_LOCKED`, naming the holder, when another process
 * holds it, or this one for the second time.
 */
export async function lockFolder(folder: string, now: Date): Promise<FolderLock> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock: Lock = { ...identifyProcess(process.pid), since: now.toISOString(), released: false };
  for (let round = 0; round < maxRounds; round += 1) {
    const highest = await findHighest(folder);
    const holder = highest === 0 ? undefined : await readLock(lockPath(folder, highest));
    if (holder !== undefined && isHeld(holder)) throw refuse(folder, holder);
    const mine = highest + 1;
    if (!(await createExclusively(lockPath(folder, mine), lock))) continue;
    // A slow starter may have created a number below one that has come and been cleaned up since.
    if ((await findHighest(folder)) !== mine) {
      await rm(lockPath(folder, mine), { force: true });
      continue;
    }
    await removeBelow(folder, mine);
    return { release: () => replace(lockPath(folder, mine), { ...lock, released: true }) };
  }
  throw new SignalboxError(
    'SB_HOME_LOCKED',
    `${folder} changes hands faster than it can be locked`,
    {
      retryable: true,
      next: 'See which processes are being started on this folder over and over.',
    },
  );
}

function refuse(folder: string, holder: Lock): SignalboxError {
  return new SignalboxError(
    'SB_HOME_LOCKED',
    `${folder} is in use by process ${holder.pid}, since ${holder.since}`,
    { next: `Stop that process (kill ${holder.pid}), or use another folder.` },
  );
}

function isHeld(lock: Lock): boolean {
  const identity = {
    pid: lock.pid,
    ...(lock.startTicks === undefined ? {} : { startTicks: lock.startTicks }),
  };
  return !lock.released && isSameProcessAlive(identity);
}

function lockPath(folder: string, n: number): string {
  return join(folder, `lock.${n}`);
}

async function listNumbers(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names.flatMap((name) =>
    /^lock\.\d+$/.test(name) ? [Number(name.slice('lock.'.length))] : [],
  );
}

async function findHighest(folder: string): Promise<number> {
  return Math.max(0, ...(await listNumbers(folder)));
}

async function removeBelow(folder: string, n: number): Promise<void> {
  const older = (await listNumbers(folder)).filter((number) => number < n);
  await Promise.all(older.map((number) => rm(lockPath(folder, number), { force: true })));
}

/** Undefined when the file is gone or was never a lock: nobody holds it then. */
async function readLock(path: string): Promise<Lock | undefined> {
  try {
    return lockSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Complete when visible: written elsewhere, then linked, which fails when the name exists. */
async function createExclusively(path: string, lock: Lock): Promise<boolean> {
  const draft = await writeDraft(path, lock);
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function replace(path: string, lock: Lock): Promise<void> {
  await rename(await writeDraft(path, lock), path);
}

let drafts = 0;

async function writeDraft(path: string, lock: Lock): Promise<string> {
  drafts += 1;
  const draft = `${path}.${process.pid}-${drafts}.draft`;
  await writeFile(draft, JSON.stringify(lock), { mode: 0o600 });
  return draft;
}
