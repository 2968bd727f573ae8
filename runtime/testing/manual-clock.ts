/** A clock that stands still until a test moves it. */
import type { Clock } from '../core/storage.ts';

export interface ManualClock extends Clock {
  /** Runs what comes due on the way, in order of time; what a task leads to has happened when the next one runs. */
  advanceBy(durationMs: number): Promise<void>;
  /** Tasks that wait. */
  readonly scheduled: number;
}

interface Task {
  readonly atMs: number;
  readonly run: () => void;
}

/** Starts on 2026-01-01 unless told otherwise. */
export function createManualClock(startMs = Date.UTC(2026, 0, 1)): ManualClock {
  let nowMs = startMs;
  const tasks = new Set<Task>();

  const nextDue = (untilMs: number): Task | undefined =>
    [...tasks].filter((task) => task.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];

  return {
    nowMs: () => nowMs,
    schedule: (atMs, run) => {
      const task = { atMs, run };
      tasks.add(task);
      return () => {
        tasks.delete(task);
      };
    },
    advanceBy: async (durationMs) => {
      const untilMs = nowMs + durationMs;
      await settlePromises();
      for (let task = nextDue(untilMs); task !== undefined; task = nextDue(untilMs)) {
        tasks.delete(task);
        nowMs = Math.max(nowMs, task.atMs);
        task.run();
        await settlePromises();
      }
      nowMs = untilMs;
    },
    get scheduled() {
      return tasks.size;
    },
  };
}

/** Lets everything run that waits for no IO: promises of any depth are done before the event loop turns. */
export function settlePromises(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
