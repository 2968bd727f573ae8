/** What becomes of a child that has failed, before its parent's machine is asked. Pure. */
import { SignalboxError, assertNever } from '../contract/errors.ts';
import { computeDelayMs, type RetryPolicy } from './retry.ts';

export interface RestartPolicy extends Pick<RetryPolicy, 'backoff' | 'maxDelayMs' | 'jitter'> {
  readonly type: 'restart';
  /** Restarts in all, or within any `withinMs`; the failure after the last one is the machine's. */
  readonly maxRestarts: number;
  /** Restarts longer ago than this are forgotten. Default: none is. */
  readonly withinMs?: number;
}

export type Supervision =
  | RestartPolicy
  /** The machine gets `xstate.error.actor.<id>`; when it has no answer to that, it fails too. */
  | { readonly type: 'escalate' }
  /** The machine gets `xstate.error.actor.<id>` only if it has an answer; it never fails because of it. */
  | { readonly type: 'stop' };

export const escalate: Supervision = { type: 'escalate' };

export type Verdict =
  | {
      readonly type: 'restart';
      readonly delayMs: number;
      /** When restarts were decided on, this one included, oldest first. */
      readonly restarts: readonly number[];
    }
  | { readonly type: 'escalate' }
  | { readonly type: 'stop' };

export interface Failure {
  /** When earlier restarts of this child were decided on. */
  readonly restarts: readonly number[];
  readonly nowMs: number;
  /** In [0, 1), for the jitter of the wait. */
  readonly random: number;
}

export function judgeFailure(
  supervision: Supervision,
  { restarts, nowMs, random }: Failure,
): Verdict {
  switch (supervision.type) {
    case 'escalate':
      return { type: 'escalate' };
    case 'stop':
      return { type: 'stop' };
    case 'restart': {
      const { maxRestarts, withinMs = Infinity } = supervision;
      const counted = restarts.filter((atMs) => nowMs - atMs < withinMs);
      if (counted.length >= maxRestarts) return { type: 'escalate' };
      const delayMs = computeDelayMs(supervision, counted.length + 1, random);
      return { type: 'restart', delayMs, restarts: [...counted, nowMs] };
    }
    default:
      return assertNever(supervision);
  }
}

/** Throws `SB_CONFIG_INVALID` for numbers that no child could be supervised by. */
export function checkSupervision(what: string, supervision: Supervision): void {
  if (supervision.type !== 'restart') return;
  const { maxRestarts, withinMs = 1, maxDelayMs } = supervision;
  if (Number.isInteger(maxRestarts) && maxRestarts >= 1 && withinMs > 0 && maxDelayMs >= 0) return;
  throw new SignalboxError('SB_CONFIG_INVALID', `the restart policy of ${what} makes no sense`, {
    next: 'Give one restart or more, a window above 0, and a longest wait of 0 or more.',
  });
}
