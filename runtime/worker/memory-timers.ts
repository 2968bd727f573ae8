/**
 * Timers of one hosted actor that come due soon: they also run in memory, because a stored one is a few
 * 100 ms late. The stored one stays as the backstop; the generation makes the second fire harmless.
 */
import type { CommandEnvelope } from '../contract/command.ts';
import type { Commit } from '../core/commit.ts';
import { timerCommand } from '../core/relay.ts';
import type { Clock } from '../core/storage.ts';

/** Longer waits are left to the stored timer, for which a few 100 ms are nothing. */
export const memoryTimerLimitMs = 2_000;

export interface MemoryTimers {
  /** Takes over the short timers of a commit; what it no longer holds is dropped. */
  arm(timers: Commit['timers']): void;
  stop(): void;
}

export function createMemoryTimers(
  clock: Clock,
  fire: (command: CommandEnvelope) => void,
): MemoryTimers {
  const armed = new Map<string, () => void>();

  const schedule = (key: string, timerId: string, timer: Commit['timers'][string]): void => {
    const cancel = clock.schedule(timer.atMs, () => {
      armed.delete(key);
      const at = new Date(clock.nowMs()).toISOString();
      fire(timerCommand(`memory:${key}`, at, { timerId, generation: timer.generation }));
    });
    armed.set(key, cancel);
  };

  return {
    arm: (timers) => {
      const wanted = new Set<string>();
      for (const [timerId, timer] of Object.entries(timers)) {
        const key = `${timerId}:${timer.generation}`;
        wanted.add(key);
        if (armed.has(key) || timer.atMs - clock.nowMs() > memoryTimerLimitMs) continue;
        schedule(key, timerId, timer);
      }
      for (const [key, cancel] of armed) {
        if (wanted.has(key)) continue;
        cancel();
        armed.delete(key);
      }
    },
    stop: () => {
      for (const cancel of armed.values()) cancel();
      armed.clear();
    },
  };
}
