/**
 * Timers of one hosted actor that come due soon: they also run in memory, because a stored one is a few
 * 100 ms late. The stored one stays as the backstop; the generation makes the second fire harmless.
 */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import { withTrace } from '../contract/trace.ts';
import type { Commit } from '../core/commit.ts';
import { timerCommand } from '../core/relay.ts';
import type { Clock } from '../core/storage.ts';

/** Longer waits are left to the stored timer, for which a few 100 ms are nothing. */
export const memoryTimerLimitMs = 2_000;

export interface MemoryTimers {
  /** Takes over the short timers of a commit; what it no longer holds is dropped. */
  arm(commit: Pick<Commit, 'n' | 'timers' | 'outbox'>): void;
  isArmed(timerId: string, generation: number): boolean;
  stop(): void;
}

export function createMemoryTimers(
  address: ActorAddress,
  clock: Clock,
  fire: (command: CommandEnvelope) => void,
): MemoryTimers {
  const armed = new Map<string, () => void>();
  /** By key, the ids of the stored timers: a fire names the commit that set it, whichever of the two it comes from. */
  const setBy = new Map<string, string>();

  const schedule = (key: string, timerId: string, timer: Commit['timers'][string]): void => {
    const cancel = clock.schedule(timer.atMs, () => {
      armed.delete(key);
      const at = new Date(clock.nowMs()).toISOString();
      const { generation, trace } = timer;
      const id = setBy.get(key) ?? `memory:${key}`;
      fire(timerCommand(id, at, { timerId, generation, ...withTrace(trace) }));
    });
    armed.set(key, cancel);
  };

  return {
    isArmed: (timerId, generation) => armed.has(`${timerId}:${generation}`),
    arm: ({ n, timers, outbox }) => {
      for (const entry of outbox) {
        if (entry.type !== 'setTimer') continue;
        const key = `${entry.timerId}:${entry.generation}`;
        setBy.set(key, `${address.kind}.${address.id}:${n}:${entry.i}`);
      }
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
      for (const key of setBy.keys()) if (!wanted.has(key)) setBy.delete(key);
    },
    stop: () => {
      for (const cancel of armed.values()) cancel();
      armed.clear();
    },
  };
}
