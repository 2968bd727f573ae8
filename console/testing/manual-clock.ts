/** A clock that a test moves: due callbacks run in order, and promises settle in between. */
import type { Clock } from '../clock/clock.ts';

export interface ManualClock extends Clock {
  advance(durationMs: number): Promise<void>;
}

export function createManualClock(startMs = 0): ManualClock {
  let nowMs = startMs;
  let scheduled: readonly { readonly at: number; readonly callback: () => void }[] = [];
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return {
    now: () => nowMs,
    after: (delayMs, callback) => {
      const entry = { at: nowMs + delayMs, callback };
      scheduled = [...scheduled, entry].sort((left, right) => left.at - right.at);
      return () => {
        scheduled = scheduled.filter((other) => other !== entry);
      };
    },
    advance: async (durationMs) => {
      const until = nowMs + durationMs;
      await settle();
      for (let next = scheduled[0]; next !== undefined && next.at <= until; next = scheduled[0]) {
        scheduled = scheduled.slice(1);
        nowMs = next.at;
        next.callback();
        await settle();
      }
      nowMs = until;
    },
  };
}
