/** Promises for "history has come this far". */
import { SignalboxError } from '../contract/errors.ts';

interface Waiter {
  readonly seq: number;
  readonly resolve: () => void;
  readonly reject: (error: SignalboxError) => void;
}

export interface PositionWaiters {
  waitFor(seq: number): Promise<void>;
  /** Resolves those who wait for `seq` or less. */
  readonly advance: (seq: number) => void;
  rejectAll(): void;
}

export function createPositionWaiters(): PositionWaiters {
  let throughSeq = 0;
  let waiters: readonly Waiter[] = [];
  return {
    waitFor: (seq) =>
      seq <= throughSeq
        ? Promise.resolve()
        : new Promise((resolve, reject) => {
            waiters = [...waiters, { seq, resolve, reject }];
          }),
    advance: (seq) => {
      throughSeq = seq;
      const reached = waiters.filter((waiter) => waiter.seq <= seq);
      waiters = waiters.filter((waiter) => waiter.seq > seq);
      for (const waiter of reached) waiter.resolve();
    },
    rejectAll: () => {
      const rejected = waiters;
      waiters = [];
      for (const { seq, reject } of rejected) {
        reject(
          new SignalboxError('SB_HISTORY_FAILED', `Folding stopped before event ${seq}`, {
            retryable: true,
          }),
        );
      }
    },
  };
}
