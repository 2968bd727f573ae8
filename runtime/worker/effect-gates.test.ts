/** Rate limits and circuit breakers as several workers share them, on a clock that the test moves. */
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { SignalboxError } from '../contract/errors.ts';
import { localEffect, type EffectDefinition } from '../core/effect-definition.ts';
import { EffectFailure } from '../core/effect-error.ts';
import type { SharedRecords } from '../core/storage.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMemoryStorage } from '../testing/memory-storage.ts';
import { createEffectGates, type EffectGates, type RateLimits } from './effect-gates.ts';
import { silentLog } from './log.ts';

type Options = Partial<Parameters<typeof localEffect<unknown, unknown>>[0]>;

function define(options: Options): EffectDefinition {
  return localEffect({
    input: z.unknown(),
    deadlineMs: 1_000,
    whenUnknown: 'retry',
    run: async () => null,
    ...options,
  });
}

function open(limits: RateLimits = {}) {
  const clock = createManualClock();
  const storage = createMemoryStorage({ clock, partitionCount: 1 });
  let writes = 0;
  const shared: SharedRecords = {
    read: (key) => storage.shared.read(key),
    write: (key, value, revision) => {
      writes += 1;
      return storage.shared.write(key, value, revision);
    },
  };
  const worker = (): EffectGates => createEffectGates({ shared, limits, clock, log: silentLog });
  let calls = 0;
  const call = <Value>(
    gates: EffectGates,
    definition: EffectDefinition,
    attempt: () => Promise<Value>,
    signal = new AbortController().signal,
  ): Promise<Value> => {
    calls += 1;
    const facts = { effectId: `test.a.1-${calls}`, attempt: 1, input: null };
    return gates.pass({ ...facts, definition, signal }, attempt);
  };
  return { clock, storage, worker, call, writes: () => writes };
}

describe('a rate limit', () => {
  const limits: RateLimits = { provider: { capacity: 4, refillPerSecond: 2 } };
  const limited = define({ rateLimit: () => ({ bucket: 'provider' }) });

  it('is one for all workers, and lets no more through than it may', async () => {
    const { clock, worker, call } = open(limits);
    const workers = [worker(), worker(), worker()];
    let passed = 0;
    for (const gates of workers) {
      for (let index = 0; index < 5; index += 1)
        void call(gates, limited, async () => (passed += 1));
    }
    const seen: number[] = [];
    for (let second = 0; second < 7; second += 1) {
      await clock.advanceBy(second === 0 ? 0 : 1_000);
      seen.push(passed);
    }
    expect(seen).toEqual([4, 6, 8, 10, 12, 14, 15]);
    expect(clock.scheduled).toBe(0);
  });

  it('costs one write for all who wait in a worker', async () => {
    const { clock, worker, call, writes } = open({
      provider: { capacity: 100, refillPerSecond: 1 },
    });
    const gates = worker();
    const passing = Array.from({ length: 50 }, () => call(gates, limited, async () => 1));
    await clock.advanceBy(0);
    await Promise.all(passing);
    expect(writes()).toBeLessThanOrEqual(2);
  });

  it('lets those who are cancelled go, and keeps no timer for them', async () => {
    const { clock, worker, call } = open(limits);
    const gates = worker();
    const cancelling = new AbortController();
    const waiting = call(
      gates,
      define({ rateLimit: () => ({ bucket: 'provider', tokens: 4 }) }),
      async () => 'first',
    );
    await waiting;
    const cut = call(gates, limited, async () => 'attempted', cancelling.signal);
    await clock.advanceBy(10);
    cancelling.abort();
    await expect(cut).rejects.toMatchObject({ code: 'SB_EFFECT_CANCELLED' });
    expect(clock.scheduled).toBe(0);
  });

  it('waits for everybody when the provider says so', async () => {
    const { clock, worker, call } = open(limits);
    const busy = new SignalboxError('SB_MODEL_LIMIT', 'later', {
      retryable: true,
      retryAfterMs: 30_000,
    });
    await expect(call(worker(), limited, () => Promise.reject(busy))).rejects.toBe(busy);
    let passed = false;
    void call(worker(), limited, async () => (passed = true));
    await clock.advanceBy(29_000);
    expect(passed).toBe(false);
    await clock.advanceBy(1_000);
    expect(passed).toBe(true);
  });

  it('lets through what has no limit, and goes on when the store is back', async () => {
    const { clock, storage, worker, call } = open(limits);
    const gates = worker();
    const free = define({ rateLimit: () => ({ bucket: 'unlimited' }) });
    storage.disconnect();
    expect(await call(gates, free, async () => 'passed')).toBe('passed');
    let passed = false;
    void call(gates, limited, async () => (passed = true));
    await clock.advanceBy(5_000);
    expect(passed).toBe(false);
    storage.reconnect();
    await clock.advanceBy(1_000);
    expect(passed).toBe(true);
  });
});

describe('a circuit breaker', () => {
  const guarded = define({
    circuit: { target: () => 'forge', faults: ['DOWN'], failuresToOpen: 3, openMs: 10_000 },
  });
  const down = new EffectFailure('DOWN', 'no answer', { retryable: true });
  const wrong = new EffectFailure('WRONG', 'no such branch');

  async function breakCircuit(scene: ReturnType<typeof open>, gates: EffectGates): Promise<void> {
    for (let time = 0; time < 3; time += 1)
      await expect(scene.call(gates, guarded, () => Promise.reject(down))).rejects.toBe(down);
  }

  it('opens for all workers, and fails fast with a code of its own', async () => {
    const scene = open();
    const [first, second] = [scene.worker(), scene.worker()];
    await breakCircuit(scene, first);
    const attempt = vi.fn(async () => 1);
    for (const gates of [first, second]) {
      await expect(scene.call(gates, guarded, attempt)).rejects.toMatchObject({
        code: 'SB_CIRCUIT_OPEN',
        retryable: true,
        retryAfterMs: 10_000,
      });
    }
    expect(attempt).not.toHaveBeenCalled();
  });

  it('is not opened by errors that are not the fault of the target', async () => {
    const scene = open();
    const gates = scene.worker();
    for (let time = 0; time < 10; time += 1)
      await expect(scene.call(gates, guarded, () => Promise.reject(wrong))).rejects.toBe(wrong);
    expect(scene.writes()).toBe(0);
  });

  it.each([
    ['closes when the probe is answered', undefined, 'passed'],
    ['stays open when the probe fails', down, 'SB_CIRCUIT_OPEN'],
  ])('lets one probe through for all workers and %s', async (_, error, expected) => {
    const scene = open();
    const [first, second] = [scene.worker(), scene.worker()];
    await breakCircuit(scene, first);
    await scene.clock.advanceBy(10_000);
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const probe = scene
      .call(first, guarded, async () => {
        await answered;
        if (error !== undefined) throw error;
        return 'passed';
      })
      .catch(() => 'failed');
    await scene.clock.advanceBy(1_100);
    const other = vi.fn(async () => 'passed');
    await expect(scene.call(second, guarded, other)).rejects.toMatchObject({
      code: 'SB_CIRCUIT_OPEN',
    });
    answer();
    await probe;
    await scene.clock.advanceBy(1_100);
    const next = await scene
      .call(second, guarded, other)
      .catch((refusal: unknown) => refusal instanceof SignalboxError && refusal.code);
    expect(next).toBe(expected);
  });

  it('costs nothing while all is well but a look every second', async () => {
    const scene = open();
    const gates = scene.worker();
    const reads = vi.spyOn(scene.storage.shared, 'read');
    for (let time = 0; time < 100; time += 1) await scene.call(gates, guarded, async () => 1);
    expect([reads.mock.calls.length, scene.writes()]).toEqual([1, 0]);
  });

  it('does not keep anybody from a call when the store is away', async () => {
    const scene = open();
    scene.storage.disconnect();
    expect(await scene.call(scene.worker(), guarded, async () => 'passed')).toBe('passed');
  });
});
