/** The real clock. */
import type { Clock } from '../core/storage.ts';

/** Node fires a longer timeout at once; longer waits are cut into pieces. */
const longestTimeoutMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  schedule: (atMs, task) => {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const waitMs = atMs - Date.now();
      timer =
        waitMs > longestTimeoutMs
          ? setTimeout(arm, longestTimeoutMs)
          : setTimeout(task, Math.max(0, waitMs));
    };
    arm();
    return () => {
      clearTimeout(timer);
    };
  },
};
