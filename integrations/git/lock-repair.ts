/**
 * Gets past lock files. A git killed with -9 leaves `*.lock` behind and every later command fails on
 * it; a living one (the agent's, an orphan's, a person's) is waited for. Only the locks named by the
 * caller are ever removed: those of our worktrees, our branches and the references we write.
 */
import { rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { statIfPresent } from './file-presence.ts';
import { findGitActivity } from './live-git-processes.ts';

/** With no git process at work there, a lock this old has no owner. */
const quietLockAgeMs = 1_500;
/** No git holds a reference lock this long, whatever else is at work in the repository. */
const abandonedLockAgeMs = 30_000;
/** How long a call waits for locks in all before it fails, retryable. */
const lockWaitMs = 45_000;
const lockPollMs = 100;

export interface RepairableLock {
  /** Removed when it has no owner; a folder with all that is in it. */
  readonly path: string;
  /** A process at work in one of these may be the owner. */
  readonly folders: readonly string[];
  /** Index locks are held for as long as hashing a tree takes: they are never called abandoned. */
  readonly mayBeHeldLong: boolean;
}

/**
 * `operation` must be safe to repeat. `findMore` is asked only after it failed: for what is too
 * expensive to look for every time.
 */
export type WithLockRepair = <Result>(
  locks: readonly RepairableLock[],
  operation: () => Promise<Result>,
  findMore?: () => Promise<readonly RepairableLock[]>,
) => Promise<Result>;

export function createLockRepair(options: { readonly clock: () => Date }): WithLockRepair {
  const now = (): number => options.clock().getTime();
  return async (locks, operation, findMore) => {
    const giveUpAt = now() + lockWaitMs;
    await clearLocks(locks, now, giveUpAt);
    for (;;) {
      try {
        return await operation();
      } catch (error) {
        const suspects = [...locks, ...((await findMore?.()) ?? [])];
        const lockWasMet = error instanceof SignalboxError && error.retryable;
        if (now() >= giveUpAt || !(lockWasMet || (await findHeld(suspects)) !== undefined)) {
          throw error;
        }
        await wait(lockPollMs);
        await clearLocks(suspects, now, giveUpAt);
      }
    }
  };
}

async function clearLocks(
  locks: readonly RepairableLock[],
  now: () => number,
  giveUpAt: number,
): Promise<void> {
  for (let held = await findHeld(locks); held !== undefined; held = await findHeld(locks)) {
    const ageMs = now() - held.since;
    if (await isStale(held.lock, ageMs)) {
      await rm(held.lock.path, { recursive: true, force: true });
      continue;
    }
    if (now() >= giveUpAt) {
      throw new SignalboxError('SB_GIT_FAILED', `${held.lock.path} has been held for ${ageMs} ms`, {
        retryable: true,
        next: 'End the git process that works there; if there is none, remove the lock file.',
      });
    }
    await wait(lockPollMs);
  }
}

async function isStale(lock: RepairableLock, ageMs: number): Promise<boolean> {
  if (ageMs < quietLockAgeMs) return false;
  if (ageMs >= abandonedLockAgeMs && !lock.mayBeHeldLong) return true;
  const activity = await findGitActivity(lock.folders);
  if (activity === 'none') return true;
  return activity === 'unknown' && ageMs >= abandonedLockAgeMs;
}

async function findHeld(
  locks: readonly RepairableLock[],
): Promise<{ readonly lock: RepairableLock; readonly since: number } | undefined> {
  for (const lock of locks) {
    const found = await statIfPresent(lock.path);
    if (found !== undefined) return { lock, since: found.mtimeMs };
  }
  return undefined;
}
