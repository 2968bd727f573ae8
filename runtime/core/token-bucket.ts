/**
 * A token bucket as arithmetic: how many of those who wait may go now, and when to look again. The record is shared
 * by all workers, whose clocks differ a little: time never runs backwards in it. Pure.
 */
import { z } from 'zod';

export interface BucketLimit {
  /** Tokens at most: how much may go at once after a pause. */
  readonly capacity: number;
  readonly refillPerSecond: number;
}

export const bucketSchema = z.object({
  tokens: z.number(),
  /** When `tokens` was true. */
  atMs: z.number(),
  /** The other side has asked everybody to wait until then. */
  pausedUntilMs: z.number().exactOptional(),
});
export type Bucket = Readonly<z.infer<typeof bucketSchema>>;

export interface Taking {
  readonly bucket: Bucket;
  /** How many of the wants, from the first on, have their tokens. */
  readonly granted: number;
  /** Until the next one can have its tokens; 0 when all have them. */
  readonly waitMs: number;
}

/** First come, first served: a want that is too large for now is not overtaken by smaller ones. */
export function takeTokens(
  known: Bucket | undefined,
  limit: BucketLimit,
  wants: readonly number[],
  nowMs: number,
): Taking {
  const bucket = refill(known, limit, nowMs);
  const pausedMs = (bucket.pausedUntilMs ?? 0) - nowMs;
  if (pausedMs > 0 && wants.length > 0) return { bucket, granted: 0, waitMs: pausedMs };
  let { tokens } = bucket;
  let granted = 0;
  for (const want of wants) {
    const cost = costOf(want, limit);
    if (cost > tokens) {
      const waitMs = Math.ceil(((cost - tokens) / limit.refillPerSecond) * 1_000);
      return { bucket: { ...bucket, tokens }, granted, waitMs };
    }
    tokens -= cost;
    granted += 1;
  }
  return { bucket: { ...bucket, tokens }, granted, waitMs: 0 };
}

/** Nobody gets a token before `untilMs`. A pause is never shortened. */
export function pauseBucket(
  known: Bucket | undefined,
  limit: BucketLimit,
  untilMs: number,
  nowMs: number,
): Bucket {
  const bucket = refill(known, limit, nowMs);
  return { ...bucket, pausedUntilMs: Math.max(untilMs, bucket.pausedUntilMs ?? 0) };
}

function refill(known: Bucket | undefined, limit: BucketLimit, nowMs: number): Bucket {
  if (known === undefined) return { tokens: limit.capacity, atMs: nowMs };
  const atMs = Math.max(known.atMs, nowMs);
  const gained = ((atMs - known.atMs) / 1_000) * limit.refillPerSecond;
  return { ...known, tokens: Math.min(limit.capacity, known.tokens + gained), atMs };
}

/** Whoever wants more than there can ever be gets it when the bucket is full. */
function costOf(want: number, { capacity }: BucketLimit): number {
  return Math.min(want, capacity);
}
