/** The token bucket: never more than its limit lets through, whatever the workers' clocks say. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pauseBucket, takeTokens, type Bucket } from './token-bucket.ts';

const limits = fc.record({
  capacity: fc.integer({ min: 1, max: 100 }),
  refillPerSecond: fc.double({ min: 0.01, max: 1_000, noNaN: true }),
});
/** Time may go back by what two clocks differ. */
const steps = fc.array(
  fc.record({
    afterMs: fc.integer({ min: -200, max: 5_000 }),
    wants: fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 6 }),
  }),
  { maxLength: 60 },
);

describe('a token bucket', () => {
  it('lets through at most its capacity and what was refilled, and keeps within its bounds', () => {
    fc.assert(
      fc.property(limits, steps, (limit, taken) => {
        let bucket: Bucket | undefined;
        let nowMs = 1_000_000;
        let spent = 0;
        let latestMs = nowMs;
        for (const { afterMs, wants } of taken) {
          nowMs += afterMs;
          latestMs = Math.max(latestMs, nowMs);
          const taking = takeTokens(bucket, limit, wants, nowMs);
          ({ bucket } = taking);
          for (const want of wants.slice(0, taking.granted))
            spent += Math.min(want, limit.capacity);
          expect(bucket.tokens).toBeGreaterThanOrEqual(0);
          expect(bucket.tokens).toBeLessThanOrEqual(limit.capacity);
        }
        const refilled = ((latestMs - 1_000_000 + 200) / 1_000) * limit.refillPerSecond;
        expect(spent).toBeLessThanOrEqual(limit.capacity + refilled + 1e-6);
      }),
    );
  });

  it('grants the next want after the wait it has named, and not a moment before', () => {
    fc.assert(
      fc.property(limits, fc.integer({ min: 1, max: 200 }), (limit, want) => {
        const empty: Bucket = { tokens: 0, atMs: 0 };
        const { waitMs } = takeTokens(empty, limit, [want], 0);
        expect(takeTokens(empty, limit, [want], waitMs + 1).granted).toBe(1);
        const early = takeTokens(empty, limit, [want], Math.max(0, waitMs - 2));
        expect(early.granted).toBe(0);
      }),
    );
  });

  it('serves in order: a small want does not overtake a large one', () => {
    const taking = takeTokens(
      { tokens: 3, atMs: 0 },
      { capacity: 5, refillPerSecond: 1 },
      [2, 4, 1],
      0,
    );
    expect(taking).toEqual({ bucket: { tokens: 1, atMs: 0 }, granted: 1, waitMs: 3_000 });
  });

  it('holds everybody back while it is paused, and a pause is not shortened', () => {
    const limit = { capacity: 5, refillPerSecond: 1 };
    const paused = pauseBucket(undefined, limit, 10_000, 0);
    expect(pauseBucket(paused, limit, 2_000, 0).pausedUntilMs).toBe(10_000);
    expect(takeTokens(paused, limit, [1], 4_000)).toMatchObject({ granted: 0, waitMs: 6_000 });
    expect(takeTokens(paused, limit, [1], 10_000)).toMatchObject({ granted: 1 });
  });
});
