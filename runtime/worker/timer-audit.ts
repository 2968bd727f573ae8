/**
 * Finds timers whose stored messages are gone: a while after a partition has been taken over, and again from time to
 * time, what its actors wait for is compared with what is stored. Only the actors concerned are loaded.
 */
import { describeError } from '../contract/errors.ts';
import type { ActorAddress } from '../contract/address.ts';
import type { Clock } from '../core/storage.ts';
import { findOwnersOfMissing, type TimerStore } from '../core/timer-store.ts';
import type { WorkerLog } from './log.ts';

/** Not at once: a worker that takes over has commands to apply first. */
export const firstAuditAfterMs = 5_000;
/** Losing a stored timer takes a person or a disk; the audit reads a header per actor. */
export const auditEveryMs = 10 * 60_000;

/** Actors loaded at once when all timers are gone. */
const checkedAtOnce = 64;

export interface TimerAuditOptions {
  readonly partition: number;
  readonly timers: Pick<TimerStore, 'listOwners' | 'listStored'>;
  readonly clock: Clock;
  readonly log: WorkerLog;
  /** Ends the audits. */
  readonly signal: AbortSignal;
  /** Puts back what is missing of an actor. */
  readonly check: (address: ActorAddress) => Promise<void>;
}

export function startTimerAudit(options: TimerAuditOptions): void {
  const { clock, signal } = options;
  let cancel = (): void => undefined;
  const schedule = (delayMs: number): void => {
    if (signal.aborted) return;
    cancel = clock.schedule(clock.nowMs() + delayMs, () => {
      void audit(options).then(() => {
        schedule(auditEveryMs);
      });
    });
  };
  schedule(firstAuditAfterMs);
  signal.addEventListener('abort', () => {
    cancel();
  });
}

/** Never throws: what could not be compared now is compared the next time. */
async function audit({ partition, timers, log, signal, check }: TimerAuditOptions): Promise<void> {
  try {
    const owners = await timers.listOwners(partition);
    if (owners.length === 0) return;
    const missing = findOwnersOfMissing(owners, await timers.listStored(partition));
    if (missing.length === 0 || signal.aborted) return;
    log.info('timers without a stored message', { partition, actors: missing.length });
    for (let first = 0; first < missing.length && !signal.aborted; first += checkedAtOnce)
      await Promise.all(missing.slice(first, first + checkedAtOnce).map(check));
  } catch (error) {
    if (!signal.aborted) log.warn('timers not audited', { partition, error: describeError(error) });
  }
}
