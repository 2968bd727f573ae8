/**
 * A process as the scheduler sees it: it runs in steps, one for each answer, delivery or timer. At any step it can die,
 * so that nothing of it goes on, or be stopped for a while (SIGSTOP), so that it goes on later with what it believed.
 */
import { setMaxListeners } from 'node:events';
import type { Clock } from '../../core/storage.ts';
import type { Schedule } from './schedule.ts';

export interface SimulatedProcess {
  readonly name: string;
  readonly clock: Clock;
  readonly alive: boolean;
  /** When it goes on, in milliseconds; in the past unless it is paused. */
  readonly pausedUntilMs: number;
  /** Aborts when it dies: what the other side holds for it is dropped, as with a closed connection. */
  readonly death: AbortSignal;
  /** One step of the process, at this time or when its pause ends; never after its death. */
  step(atMs: number, label: string | undefined, run: () => void): () => void;
  /** Calls back before the step with this number, counted from 1. */
  beforeStep(number: number, act: () => void): void;
  kill(): void;
  pause(durationMs: number): void;
}

/** Of every death: an error made for each would cost more than the death. */
const killed = 'killed';

export function createProcess(name: string, schedule: Schedule): SimulatedProcess {
  const death = new AbortController();
  // Everything that waits for the process waits for its death.
  setMaxListeners(0, death.signal);
  const ambushes = new Map<number, () => void>();
  let pausedUntilMs = 0;
  let steps = 0;

  const take = (run: () => void, retry: (atMs: number) => void): void => {
    if (death.signal.aborted) return;
    if (pausedUntilMs > schedule.nowMs()) {
      retry(pausedUntilMs);
      return;
    }
    steps += 1;
    const ambush = ambushes.get(steps);
    ambushes.delete(steps);
    ambush?.();
    if (death.signal.aborted) return;
    if (pausedUntilMs > schedule.nowMs()) retry(pausedUntilMs);
    else run();
  };
  const step: SimulatedProcess['step'] = (atMs, label, run) => {
    const line = label === undefined ? undefined : `${name} ${label}`;
    let cancel = (): void => undefined;
    const arm = (time: number): void => {
      cancel = schedule.at(time, undefined, () => {
        take(() => {
          if (line !== undefined) schedule.note(line);
          run();
        }, arm);
      });
    };
    arm(atMs);
    return () => {
      cancel();
    };
  };

  return {
    name,
    step,
    clock: {
      nowMs: () => schedule.nowMs(),
      schedule: (atMs, task) => step(atMs, 'timer', task),
    },
    death: death.signal,
    get alive() {
      return !death.signal.aborted;
    },
    get pausedUntilMs() {
      return pausedUntilMs;
    },
    beforeStep: (number, act) => {
      ambushes.set(number, act);
    },
    kill: () => {
      if (death.signal.aborted) return;
      schedule.note(`${name} dies`);
      death.abort(killed);
    },
    pause: (durationMs) => {
      if (death.signal.aborted) return;
      schedule.note(`${name} pauses for ${durationMs}`);
      pausedUntilMs = schedule.nowMs() + durationMs;
    },
  };
}
