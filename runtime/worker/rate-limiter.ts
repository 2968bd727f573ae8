/**
 * Tokens of rate limits that all workers share. Those who wait here for one bucket take their tokens together: one
 * write for all of them, however many there are.
 */
import { SignalboxError, describeError } from '../contract/errors.ts';
import type { Json } from '../contract/json.ts';
import {
  bucketSchema,
  pauseBucket,
  takeTokens,
  type Bucket,
  type BucketLimit,
} from '../core/token-bucket.ts';
import type { Clock, SharedRecords } from '../core/storage.ts';
import type { WorkerLog } from './log.ts';

/** While the store is away; without it nobody knows what is left. */
const retryDelayMs = 500;

export interface RateLimiterOptions {
  readonly shared: SharedRecords;
  /** By bucket; one that is not named lets everything through. */
  readonly limits: Readonly<Record<string, BucketLimit>>;
  readonly clock: Clock;
  readonly log: WorkerLog;
}

export interface RateLimiter {
  /** Resolves when the tokens are taken, or when the signal aborts. `delayed` is called when they have to be waited for. */
  take(
    use: { readonly bucket: string; readonly tokens: number },
    signal: AbortSignal,
    delayed: () => void,
  ): Promise<void>;
  /** Nobody gets a token of the bucket before then: the provider has said so. */
  pause(bucket: string, untilMs: number): Promise<void>;
}

interface Waiter {
  readonly tokens: number;
  readonly delayed: () => void;
  readonly granted: () => void;
}

interface Line {
  readonly key: string;
  readonly limit: BucketLimit;
  readonly waiters: Set<Waiter>;
  serving: boolean;
  wake: () => void;
}

export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const lines = new Map<string, Line>();
  const lineOf = (bucket: string): Line | undefined => {
    const limit = options.limits[bucket];
    if (limit === undefined) return undefined;
    const known = lines.get(bucket);
    if (known !== undefined) return known;
    const opened: Line = {
      key: `bucket.${bucket}`,
      limit,
      waiters: new Set(),
      serving: false,
      wake: () => undefined,
    };
    lines.set(bucket, opened);
    return opened;
  };
  return {
    take: async ({ bucket, tokens }, signal, delayed) => {
      const line = lineOf(bucket);
      if (line !== undefined && !signal.aborted) await join(options, line, tokens, signal, delayed);
    },
    pause: async (bucket, untilMs) => {
      const line = lineOf(bucket);
      if (line === undefined) return;
      await change(options, line.key, (known) => ({
        next: pauseBucket(known, line.limit, untilMs, options.clock.nowMs()),
        result: undefined,
      }));
    },
  };
}

function join(
  options: RateLimiterOptions,
  line: Line,
  tokens: number,
  signal: AbortSignal,
  delayed: () => void,
): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      signal.removeEventListener('abort', end);
      line.waiters.delete(waiter);
      if (line.waiters.size === 0) line.wake();
      resolve();
    };
    const waiter: Waiter = { tokens, delayed, granted: end };
    line.waiters.add(waiter);
    signal.addEventListener('abort', end);
    if (!line.serving) void serve(options, line);
  });
}

/** Runs while anyone waits, alone in its line. */
async function serve(options: RateLimiterOptions, line: Line): Promise<void> {
  line.serving = true;
  let told = false;
  while (line.waiters.size > 0) {
    try {
      const waitMs = await grant(options, line);
      told = false;
      if (line.waiters.size > 0 && waitMs > 0) await sleep(options.clock, line, waitMs);
    } catch (error) {
      const { code } = error instanceof SignalboxError ? error : { code: 'SB_INTERNAL' as const };
      if (!told)
        options.log.warn('waiting for the store of rate limits', {
          bucket: line.key,
          code,
          error: describeError(error),
        });
      told = true;
      await sleep(options.clock, line, retryDelayMs);
    }
  }
  line.serving = false;
}

/** Lets those go for whom there are tokens; returns the wait until the next one can. */
async function grant(options: RateLimiterOptions, line: Line): Promise<number> {
  const waiters = [...line.waiters];
  const { granted, waitMs } = await change(options, line.key, (known) => {
    const wants = waiters.map(({ tokens }) => tokens);
    const taking = takeTokens(known, line.limit, wants, options.clock.nowMs());
    return { next: taking.granted === 0 ? undefined : taking.bucket, result: taking };
  });
  for (const waiter of waiters.slice(0, granted)) waiter.granted();
  for (const waiter of waiters.slice(granted)) waiter.delayed();
  return waitMs;
}

/** Compare and swap until nobody has been faster; each time that somebody was, somebody has got on. */
async function change<Result>(
  { shared }: RateLimiterOptions,
  key: string,
  decide: (known: Bucket | undefined) => {
    readonly next: Bucket | undefined;
    readonly result: Result;
  },
): Promise<Result> {
  for (;;) {
    const record = await shared.read(key);
    const known = bucketSchema.safeParse(record?.value);
    const { next, result } = decide(known.success ? known.data : undefined);
    if (next === undefined) return result;
    const value: Json = { ...next };
    if ((await shared.write(key, value, record?.revision ?? 0)) !== undefined) return result;
  }
}

function sleep(clock: Clock, line: Line, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(clock.nowMs() + delayMs, () => {
      line.wake();
    });
    line.wake = () => {
      cancel();
      line.wake = () => undefined;
      resolve();
    };
  });
}
