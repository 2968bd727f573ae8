/**
 * When a failed attempt is repeated, and how long it waits before: the schedule as arithmetic. Pure: randomness is
 * derived from the effect's id, so that the same effect has the same schedule wherever it runs.
 */
import { assertNever } from '../contract/errors.ts';
import { hashText } from '../contract/subjects.ts';

/** How the wait grows from one attempt to the next. */
export type Backoff =
  | { readonly type: 'fixed'; readonly delayMs: number }
  /** The first wait is `initialDelayMs`, each later one `stepMs` longer. */
  | { readonly type: 'linear'; readonly initialDelayMs: number; readonly stepMs: number }
  | { readonly type: 'exponential'; readonly initialDelayMs: number; readonly factor: number };

/**
 * What is taken off a wait at random, so that many that failed together do not come back together:
 * `full` leaves anything from nothing to all of it, `equal` at least half.
 */
export type Jitter = 'none' | 'full' | 'equal';

export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly maxAttempts: number;
  readonly backoff: Backoff;
  /** No wait is longer, except one that the other side has asked for. */
  readonly maxDelayMs: number;
  readonly jitter: Jitter;
  /** With it, errors of these codes are repeated and no others, whatever they say of themselves. */
  readonly retryOn?: readonly string[];
  /** Errors of these codes are never repeated. */
  readonly neverOn?: readonly string[];
}

export const noRetry: RetryPolicy = {
  maxAttempts: 1,
  backoff: { type: 'fixed', delayMs: 0 },
  maxDelayMs: 0,
  jitter: 'none',
};

/** What the policy needs to know of an error. */
export interface FailedAttempt {
  readonly code: string;
  readonly retryable: boolean;
  /** Earliest sensible repeat, when the other side said so. */
  readonly retryAfterMs: number | undefined;
}

/** The wait before the next attempt, in milliseconds; undefined when there is none. `random` is in [0, 1). */
export function planRetry(
  policy: RetryPolicy,
  attempt: number,
  failure: FailedAttempt,
  random: number,
): number | undefined {
  if (attempt >= policy.maxAttempts || !isRetryable(policy, failure)) return undefined;
  return Math.max(computeDelayMs(policy, attempt, random), failure.retryAfterMs ?? 0);
}

/** The wait after this attempt by the policy alone. */
export function computeDelayMs(
  policy: Pick<RetryPolicy, 'backoff' | 'maxDelayMs' | 'jitter'>,
  attempt: number,
  random: number,
): number {
  const delayMs = Math.min(policy.maxDelayMs, grow(policy.backoff, attempt));
  switch (policy.jitter) {
    case 'none':
      return delayMs;
    case 'full':
      return delayMs * random;
    case 'equal':
      return (delayMs * (1 + random)) / 2;
    default:
      return assertNever(policy.jitter);
  }
}

/** The same for the same effect and attempt, evenly spread over [0, 1) among different ones. */
export function randomOf(effectId: string, attempt: number): number {
  return mix(hashText(`${effectId}#${attempt}`)) / 2 ** 32;
}

function isRetryable({ retryOn, neverOn }: RetryPolicy, { code, retryable }: FailedAttempt) {
  if (neverOn?.includes(code) === true) return false;
  return retryOn === undefined ? retryable : retryOn.includes(code);
}

function grow(backoff: Backoff, attempt: number): number {
  switch (backoff.type) {
    case 'fixed':
      return backoff.delayMs;
    case 'linear':
      return backoff.initialDelayMs + backoff.stepMs * (attempt - 1);
    case 'exponential':
      // Nothing grows from nothing, not even by a power beyond all numbers.
      return backoff.initialDelayMs === 0
        ? 0
        : backoff.initialDelayMs * backoff.factor ** (attempt - 1);
    default:
      return assertNever(backoff);
  }
}

/** The finalizer of MurmurHash3: ids that differ in their last digit only get values far apart. */
function mix(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
