/** What observer and tracer see of an effect's attempts. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { localEffect, type EffectContext } from '../core/effect-definition.ts';
import type { SpanStart, Tracer } from '../core/tracer.ts';
import { watchEffect } from './effect-watch.ts';
import type { WorkerObserver } from './worker-observer.ts';

const commitTrace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const spanTrace = (count: number): string =>
  `00-0af7651916cd43dd8448eb211c80319c-00000000000000${String(count).padStart(2, '0')}-01`;

function watchAll(): {
  readonly seen: string[];
  readonly begun: SpanStart[];
  readonly observer: WorkerObserver;
  readonly tracer: Tracer;
} {
  const seen: string[] = [];
  const begun: SpanStart[] = [];
  const observer: WorkerObserver = {
    attemptStarted: ({ attempt }) => seen.push(`attempt ${attempt}`),
    attemptEnded: (_, outcome) => seen.push(outcome),
  };
  const tracer: Tracer = {
    begin: (start) => {
      begun.push(start);
      return {
        traceparent: spanTrace(begun.length),
        end: (failure) => seen.push(failure === undefined ? 'span ends' : `span fails: ${failure}`),
      };
    },
  };
  return { seen, begun, observer, tracer };
}

function contextOf(attempt: number, signal = new AbortController().signal): EffectContext {
  return {
    effectId: 'job.j.1-1',
    actor: { kind: 'job', id: 'j' },
    attempt,
    signal,
    step: (_, produce) => produce(),
    progress: () => undefined,
    nowMs: () => 0,
  };
}

const define = (run: (context: EffectContext) => Promise<string>) =>
  localEffect({
    input: z.null(),
    deadlineMs: 1_000,
    whenUnknown: 'retry',
    run: (_, context) => run(context),
  });

describe('an effect that is watched', () => {
  it('runs in a span under the commit that asked for it, and can pass the span on', async () => {
    const { seen, begun, observer, tracer } = watchAll();
    const definition = define(async ({ traceparent }) => traceparent ?? 'none');
    const sight = { source: 'fetch', trace: commitTrace, observer, tracer };
    const watched = watchEffect(definition, sight);
    expect(watched.trace()).toBe(commitTrace);
    expect(await watched.definition.execute(null, contextOf(1))).toBe(spanTrace(1));
    expect(begun).toMatchObject([{ name: 'effect job fetch', parent: commitTrace }]);
    expect(seen).toEqual(['attempt 1', 'done', 'span ends']);
    expect(watched.trace()).toBe(spanTrace(1));
  });

  it('has a span for every attempt', async () => {
    const { seen, observer, tracer } = watchAll();
    const definition = define(async ({ attempt }) => {
      if (attempt === 1) throw new Error('not yet');
      return 'now';
    });
    const watched = watchEffect(definition, {
      source: 'fetch',
      trace: commitTrace,
      observer,
      tracer,
    });
    await expect(watched.definition.execute(null, contextOf(1))).rejects.toThrow('not yet');
    await watched.definition.execute(null, contextOf(2));
    expect(seen).toEqual([
      'attempt 1',
      'failed',
      'span fails: not yet',
      'attempt 2',
      'done',
      'span ends',
    ]);
    expect(watched.trace()).toBe(spanTrace(2));
  });

  it('has ended when its signal says so, whatever its code does', async () => {
    const { seen, observer, tracer } = watchAll();
    const definition = define(() => new Promise<string>(() => undefined));
    const watched = watchEffect(definition, { source: 'x', trace: undefined, observer, tracer });
    const ending = new AbortController();
    void watched.definition.execute(null, contextOf(1, ending.signal));
    ending.abort(new Error('cancelled'));
    expect(seen).toEqual(['attempt 1', 'cut', 'span fails: cancelled']);
  });

  it('passes the trace on where nobody traces, and none where there is none', async () => {
    const definition = define(async ({ traceparent }) => traceparent ?? 'none');
    const run = (trace: string | undefined) =>
      watchEffect(definition, {
        source: 'x',
        trace,
        observer: {},
        tracer: undefined,
      }).definition.execute(null, contextOf(1));
    expect(await run(commitTrace)).toBe(commitTrace);
    expect(await run(undefined)).toBe('none');
  });
});
