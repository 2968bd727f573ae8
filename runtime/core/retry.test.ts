/** The retry schedule: its limits as properties, its shapes as examples. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeDelayMs, noRetry, planRetry, randomOf, type RetryPolicy } from './retry.ts';

const delay = fc.integer({ min: 0, max: 100_000 });
const backoff = fc.oneof(
  fc.record({ type: fc.constant('fixed' as const), delayMs: delay }),
  fc.record({ type: fc.constant('linear' as const), initialDelayMs: delay, stepMs: delay }),
  fc.record({
    type: fc.constant('exponential' as const),
    initialDelayMs: delay,
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
  }),
);
const policies = fc.record({
  maxAttempts: fc.integer({ min: 1, max: 50 }),
  backoff,
  maxDelayMs: delay,
  jitter: fc.constantFrom('none' as const, 'full' as const, 'equal' as const),
});
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const attempts = fc.integer({ min: 1, max: 2_000 });
const failure = { code: 'LATER', retryable: true, retryAfterMs: undefined };

describe('a wait', () => {
  it('is never negative and never longer than the longest', () => {
    fc.assert(
      fc.property(policies, attempts, randoms, (policy, attempt, random) => {
        const delayMs = computeDelayMs(policy, attempt, random);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(policy.maxDelayMs);
      }),
    );
  });

  it('never shrinks from one attempt to the next without jitter', () => {
    fc.assert(
      fc.property(policies, attempts, (policy, attempt) => {
        const calm: RetryPolicy = { ...policy, jitter: 'none' };
        expect(computeDelayMs(calm, attempt + 1, 0)).toBeGreaterThanOrEqual(
          computeDelayMs(calm, attempt, 0),
        );
      }),
    );
  });

  it('is with jitter at most what it is without, and with equal jitter at least half of it', () => {
    fc.assert(
      fc.property(policies, attempts, randoms, (policy, attempt, random) => {
        const wait = (jitter: RetryPolicy['jitter']): number =>
          computeDelayMs({ ...policy, jitter }, attempt, random);
        expect(wait('full')).toBeLessThanOrEqual(wait('none'));
        expect(wait('equal')).toBeLessThanOrEqual(wait('none'));
        expect(wait('equal')).toBeGreaterThanOrEqual(wait('none') / 2);
      }),
    );
  });

  it('is as long as the other side has asked for, if that is longer', () => {
    fc.assert(
      fc.property(policies, attempts, randoms, delay, (policy, attempt, random, retryAfterMs) => {
        const planned = planRetry(policy, attempt, { ...failure, retryAfterMs }, random);
        const own = planRetry(policy, attempt, failure, random);
        expect(planned).toBe(own === undefined ? undefined : Math.max(own, retryAfterMs));
      }),
    );
  });

  it('grows by its policy', () => {
    const waits = (policy: Pick<RetryPolicy, 'backoff'>): number[] =>
      [1, 2, 3, 4].map((attempt) =>
        computeDelayMs({ ...noRetry, ...policy, maxDelayMs: 700 }, attempt, 0),
      );
    expect(waits({ backoff: { type: 'fixed', delayMs: 100 } })).toEqual([100, 100, 100, 100]);
    expect(waits({ backoff: { type: 'linear', initialDelayMs: 100, stepMs: 250 } })).toEqual([
      100, 350, 600, 700,
    ]);
    expect(waits({ backoff: { type: 'exponential', initialDelayMs: 100, factor: 3 } })).toEqual([
      100, 300, 700, 700,
    ]);
  });
});

describe('a failed attempt', () => {
  it('is repeated so often and no more', () => {
    fc.assert(
      fc.property(policies, randoms, (policy, random) => {
        let made = 1;
        while (planRetry(policy, made, failure, random) !== undefined) made += 1;
        expect(made).toBe(policy.maxAttempts);
      }),
    );
  });

  it.each([
    ['says so', {}, true, true],
    ['says not', {}, false, false],
    ['is named among those to repeat', { retryOn: ['LATER'] }, false, true],
    ['is not named among those to repeat', { retryOn: ['OTHER'] }, true, false],
    ['is named among those never to repeat', { neverOn: ['LATER'] }, true, false],
    ['is named among both', { retryOn: ['LATER'], neverOn: ['LATER'] }, true, false],
  ])('that %s: %o', (_, codes, retryable, expected) => {
    const policy: RetryPolicy = { ...noRetry, maxAttempts: 2, ...codes };
    const planned = planRetry(policy, 1, { ...failure, retryable }, 0);
    expect(planned !== undefined).toBe(expected);
  });
});

describe('the randomness of an effect', () => {
  it('is the same for the same attempt', () => {
    expect(randomOf('session.a.12-3', 1)).toBe(randomOf('session.a.12-3', 1));
  });

  it('spreads effects that failed together over the whole range', () => {
    const tenths = Array.from({ length: 1_000 }, (_, index) =>
      Math.floor(randomOf(`session.run-1::session.${index}-1`, 1) * 10),
    );
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const share = tenths.filter((value) => value === tenth).length;
      expect(share).toBeGreaterThan(50);
      expect(share).toBeLessThan(150);
    }
  });
});
