/** One effect from its first attempt to its outcome, on a clock that the test moves. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SignalboxError } from '../contract/errors.ts';
import type { Json } from '../contract/json.ts';
import {
  localEffect,
  type EffectContext,
  type EffectDefinition,
} from '../core/effect-definition.ts';
import { EffectFailure } from '../core/effect-error.ts';
import { noRetry, type RetryPolicy } from '../core/retry.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { openGates } from '../testing/open-gates.ts';
import { executeEffect, maxEffectResultBytes, type EffectOutcome } from './effect-execution.ts';
import { silentLog } from './log.ts';
import type { Stall } from './stall-watch.ts';

type Run = (input: unknown, context: EffectContext) => Promise<unknown>;
type Options = Partial<Parameters<typeof localEffect<unknown, unknown>>[0]>;

const retry: RetryPolicy = {
  maxAttempts: 4,
  backoff: { type: 'exponential', initialDelayMs: 100, factor: 2 },
  maxDelayMs: 300,
  jitter: 'none',
};
const limit = (retryAfterMs?: number): SignalboxError =>
  new SignalboxError('SB_MODEL_LIMIT', 'too many', {
    retryable: true,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

function define(run: Run, options: Options = {}): EffectDefinition {
  return localEffect({
    input: z.unknown(),
    deadlineMs: 1_000,
    whenUnknown: 'retry',
    retry,
    run,
    ...options,
  });
}

function execute(
  definition: EffectDefinition,
  options: { interruptions?: number; input?: Json } = {},
) {
  const clock = createManualClock();
  const cancelling = new AbortController();
  let outcome: EffectOutcome | undefined;
  const stalls: Stall[] = [];
  const ended = executeEffect({
    definition,
    actor: { kind: 'test', id: 'a' },
    effectId: 'test.a.1-1',
    input: options.input ?? null,
    interruptions: options.interruptions ?? 0,
    clock,
    log: silentLog,
    signal: cancelling.signal,
    step: (_, produce) => produce(),
    gates: openGates,
    stalled: (stall) => stalls.push(stall),
  }).then((value) => (outcome = value));
  return { clock, cancelling, ended, stalls, outcome: () => outcome };
}

function failWith(...errors: readonly unknown[]): {
  readonly run: Run;
  readonly attempts: number[];
} {
  const attempts: number[] = [];
  return {
    attempts,
    run: async (_, { attempt }) => {
      attempts.push(attempt);
      const error = errors[attempts.length - 1];
      if (error !== undefined) throw error;
      return 'done';
    },
  };
}

const hang: Run = () => new Promise(() => undefined);

describe('an effect', () => {
  it('ends with its result', async () => {
    const { ended, clock } = execute(
      define(async (input) => ({ got: input })),
      { input: [1] },
    );
    expect(await ended).toEqual({ status: 'done', output: { got: [1] } });
    expect(clock.scheduled).toBe(0);
  });

  it.each([
    [
      'an Error',
      new Error('broken'),
      { code: 'SB_EFFECT_FAILED', message: 'broken', retryable: false },
    ],
    ['anything', 'text', { code: 'SB_EFFECT_FAILED', message: 'text', retryable: false }],
    [
      'one of ours',
      new SignalboxError('SB_GIT_FAILED', 'git'),
      { code: 'SB_GIT_FAILED', message: 'git', retryable: false },
    ],
    [
      'one of ours that says what to do next',
      new SignalboxError('SB_GIT_FAILED', 'git', { next: 'Unlock it.' }),
      { code: 'SB_GIT_FAILED', message: 'git', retryable: false, next: 'Unlock it.' },
    ],
    [
      'an error with a code of its author',
      new EffectFailure('CARD_DECLINED', 'no', { next: 'Ask for another card.' }),
      { code: 'CARD_DECLINED', message: 'no', retryable: false, next: 'Ask for another card.' },
    ],
  ])('that throws %s ends with it, at once', async (_, error, expected) => {
    const { run, attempts } = failWith(error);
    expect(await execute(define(run)).ended).toEqual({ status: 'error', error: expected });
    expect(attempts).toEqual([1]);
  });

  it('whose input does not fit does not begin', async () => {
    const { run, attempts } = failWith();
    const { ended } = execute(define(run, { input: z.string() }), { input: 5 });
    expect(await ended).toMatchObject({ status: 'error', error: { code: 'SB_EFFECT_FAILED' } });
    expect(attempts).toEqual([]);
  });

  it('whose result is too large or no JSON ends with an error', async () => {
    const large = await execute(define(async () => 'x'.repeat(maxEffectResultBytes))).ended;
    expect(large.status === 'error' && large.error.message).toMatch(/more than the/);
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    expect(await execute(define(async () => circular)).ended).toMatchObject({ status: 'error' });
  });
});

describe('attempts', () => {
  it('are repeated with doubling pauses up to the limit, for retryable errors', async () => {
    const { run, attempts } = failWith(limit(), limit(), limit(), limit());
    const { clock, outcome } = execute(define(run));
    const seen: number[] = [];
    for (const pause of [0, 100, 200, 300]) {
      await clock.advanceBy(pause);
      seen.push(attempts.length);
    }
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(attempts).toEqual([1, 2, 3, 4]);
    expect(outcome()).toMatchObject({
      status: 'error',
      error: { code: 'SB_MODEL_LIMIT', retryable: true },
    });
  });

  it('wait as long as the other side has asked for', async () => {
    const { run, attempts } = failWith(limit(60_000));
    const { clock, outcome } = execute(define(run));
    await clock.advanceBy(59_000);
    expect(attempts).toEqual([1]);
    await clock.advanceBy(1_000);
    expect(outcome()).toEqual({ status: 'done', output: 'done' });
  });

  it('are repeated for the codes that the policy names, and for no others', async () => {
    const named: RetryPolicy = { ...retry, retryOn: ['BUSY'] };
    const busy = failWith(new EffectFailure('BUSY', 'later'), limit());
    const { clock, outcome } = execute(define(busy.run, { retry: named }));
    await clock.advanceBy(1_000);
    expect(busy.attempts).toEqual([1, 2]);
    expect(outcome()).toMatchObject({ error: { code: 'SB_MODEL_LIMIT' } });
  });

  it('are one when there is no policy', async () => {
    const { run, attempts } = failWith(limit());
    expect(await execute(define(run, { retry: noRetry })).ended).toMatchObject({ status: 'error' });
    expect(attempts).toEqual([1]);
  });

  it('have a deadline each, which is the reason even if the code says something else', async () => {
    const obedient: Run = (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('socket closed'));
        });
      });
    for (const run of [hang, obedient]) {
      const { clock, outcome } = execute(define(run, { deadlineMs: () => 500 }));
      await clock.advanceBy(499);
      expect(outcome()).toBeUndefined();
      await clock.advanceBy(1);
      expect(outcome()).toEqual({
        status: 'error',
        error: {
          code: 'SB_EFFECT_DEADLINE',
          message: 'did not finish within 500 ms',
          retryable: false,
        },
      });
    }
  });

  it('end when the effect is cancelled, under way or between two', async () => {
    const running = execute(define(hang));
    running.cancelling.abort();
    expect(await running.ended).toMatchObject({ error: { code: 'SB_EFFECT_CANCELLED' } });

    const { run, attempts } = failWith(limit(60_000));
    const waiting = execute(define(run));
    await waiting.clock.advanceBy(10);
    waiting.cancelling.abort();
    expect(await waiting.ended).toMatchObject({ error: { code: 'SB_EFFECT_CANCELLED' } });
    expect(attempts).toEqual([1]);
    expect(waiting.clock.scheduled).toBe(0);
  });

  it('do not begin when the effect is cancelled already', async () => {
    const { run, attempts } = failWith();
    const clock = createManualClock();
    const outcome = await executeEffect({
      definition: define(run),
      actor: { kind: 'test', id: 'a' },
      effectId: 'e',
      input: null,
      interruptions: 0,
      clock,
      log: silentLog,
      signal: AbortSignal.abort(),
      step: (_, produce) => produce(),
      gates: openGates,
      stalled: () => undefined,
    });
    expect(outcome).toMatchObject({ error: { code: 'SB_EFFECT_CANCELLED' } });
    expect(attempts).toEqual([]);
  });
});

describe('when a worker died while it was under way, an effect', () => {
  it.each(['retry', 'idempotent'] as const)(
    'with the policy "%s" is done again',
    async (whenUnknown) => {
      const { run, attempts } = failWith();
      const { ended } = execute(define(run, { whenUnknown }), { interruptions: 2 });
      expect(await ended).toEqual({ status: 'done', output: 'done' });
      expect(attempts).toEqual([3]);
    },
  );

  it('with the policy "ask" is never done again', async () => {
    const { run, attempts } = failWith();
    const { ended } = execute(define(run, { whenUnknown: 'ask' }), { interruptions: 1 });
    expect(await ended).toMatchObject({
      error: { code: 'SB_EFFECT_INTERRUPTED', retryable: false },
    });
    expect(attempts).toEqual([]);
  });

  it('that had happened, as its probe finds, is not done again', async () => {
    const { run, attempts } = failWith();
    const whenUnknown = { probe: async () => ({ happened: true as const, output: 'found' }) };
    const { ended } = execute(define(run, { whenUnknown }), { interruptions: 1 });
    expect(await ended).toEqual({ status: 'done', output: 'found' });
    expect(attempts).toEqual([]);
  });

  it('that had not happened, as its probe finds, is done', async () => {
    const { run, attempts } = failWith();
    const whenUnknown = { probe: async () => ({ happened: false as const }) };
    expect(await execute(define(run, { whenUnknown }), { interruptions: 1 }).ended).toMatchObject({
      output: 'done',
    });
    expect(attempts).toEqual([2]);
  });

  it('is not done while its probe cannot tell', async () => {
    const { run, attempts } = failWith();
    let probes = 0;
    const failing = async (): Promise<never> => {
      probes += 1;
      throw limit();
    };
    const { clock, outcome } = execute(define(run, { whenUnknown: { probe: failing } }), {
      interruptions: 1,
    });
    await clock.advanceBy(1_000);
    expect(outcome()).toMatchObject({ error: { code: 'SB_MODEL_LIMIT' } });
    const endless = execute(
      define(run, { whenUnknown: { probe: () => new Promise(() => undefined) } }),
      {
        interruptions: 1,
      },
    );
    await endless.clock.advanceBy(1_000);
    expect(endless.outcome()).toMatchObject({ error: { code: 'SB_EFFECT_DEADLINE' } });
    expect([probes, attempts]).toEqual([4, []]);
  });
});

describe('an effect that is watched for progress', () => {
  const say =
    (run: (progress: (note?: string) => void) => void): Run =>
    (_, { progress }) => {
      run(progress);
      return new Promise(() => undefined);
    };

  it('is reported once when it says nothing, and goes on', async () => {
    const definition = define(hang, { stallAfterMs: 100, deadlineMs: 10_000 });
    const { clock, stalls, outcome } = execute(definition);
    await clock.advanceBy(99);
    expect(stalls).toEqual([]);
    await clock.advanceBy(5_000);
    expect(stalls).toEqual([{ silentMs: 100 }]);
    expect(outcome()).toBeUndefined();
  });

  it('is not reported while it says something, and again after every silence', async () => {
    let speak = (_: string): void => undefined;
    const definition = define(
      say((progress) => (speak = progress)),
      { stallAfterMs: 100, deadlineMs: 10_000 },
    );
    const { clock, stalls } = execute(definition);
    for (let time = 0; time < 10; time += 1) {
      await clock.advanceBy(80);
      speak(`part ${time}`);
    }
    expect(stalls).toEqual([]);
    await clock.advanceBy(500);
    speak('on');
    await clock.advanceBy(500);
    expect(stalls).toEqual([
      { silentMs: 100, note: 'part 9' },
      { silentMs: 100, note: 'on' },
    ]);
  });

  it('is not reported while it waits for its next attempt, nor after its end', async () => {
    const { run } = failWith(limit(60_000));
    const { clock, stalls, outcome } = execute(define(run, { stallAfterMs: 100 }));
    await clock.advanceBy(120_000);
    expect([stalls, outcome()]).toEqual([[], { status: 'done', output: 'done' }]);
    expect(clock.scheduled).toBe(0);
  });
});
