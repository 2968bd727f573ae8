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
/** Between tries: most locks are gone at once, and a dead one is only known by its age. */
const firstPauseMs = 5;
const longestPauseMs = 200;

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
    let suspects = locks;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      await removeStale(suspects, now);
      try {
        return await operation();
      } catch (error) {
        suspects = [...locks, ...((await findMore?.()) ?? [])];
        const lockWasMet = error instanceof SignalboxError && error.retryable;
        if (now() >= giveUpAt || !(lockWasMet || (await isAnyHeld(suspects)))) throw error;
        await wait(pauseMs);
      }
    }
  };
}

/** Living locks are left to git, which waits for most of them, and to the next round. */
async function removeStale(locks: readonly RepairableLock[], now: () => number): Promise<void> {
  for (const lock of locks) {
    const found = await statIfPresent(lock.path);
    if (found !== undefined && (await isStale(lock, now() - found.mtimeMs))) {
      await rm(lock.path, { recursive: true, force: true });
    }
  }
}

async function isStale(lock: RepairableLock, ageMs: number): Promise<boolean> {
  if (ageMs < quietLockAgeMs) return false;
  if (ageMs >= abandonedLockAgeMs && !lock.mayBeHeldLong) return true;
  const activity = await findGitActivity(lock.folders);
  if (activity === 'none') return true;
  return activity === 'unknown' && ageMs >= abandonedLockAgeMs;
}

async function isAnyHeld(locks: readonly RepairableLock[]): Promise<boolean> {
  for (const lock of locks) {
    if ((await statIfPresent(lock.path)) !== undefined) return true;
  }
  return false;
}
