/**
 * Takes effects of one pool from the work queue and runs them. An effect that is given out for the first time is begun
 * at once; one that was given out before is looked after first: does its actor still wait for it, and who has begun it?
 */
import { setMaxListeners } from 'node:events';
import type { CommandEnvelope } from '../contract/command.ts';
import { SignalboxError, describeError } from '../contract/errors.ts';
import { withTrace } from '../contract/trace.ts';
import { readEffectCommit } from '../core/effect-id.ts';
import { findEffect, type Registry } from '../core/registry.ts';
import type { Clock, Listening, WorkDelivery, WorkItem, WorkerStorage } from '../core/storage.ts';
import type { Tracer } from '../core/tracer.ts';
import {
  claimEffect,
  refuseLast,
  releaseClaim,
  type Claim,
  type ClaimContext,
} from './effect-claims.ts';
import { executeEffect, failure, type EffectOutcome } from './effect-execution.ts';
import type { EffectGates } from './effect-gates.ts';
import { createJournaledSteps } from './effect-steps.ts';
import { watchEffect, type WatchedEffect } from './effect-watch.ts';
import type { WorkerLog } from './log.ts';
import { persistently } from './persistence.ts';
import type { Stall } from './stall-watch.ts';
import type { WorkerObserver } from './worker-observer.ts';

/** Cancellations remembered for effects that have not come yet; one forgotten is found in the actor's commit, or late. */
const maxCancelled = 10_000;

export interface EffectPool {
  start(): void;
  /** Stops taking, aborts what runs and waits for it; what was aborted stays in the queue. */
  stop(): Promise<void>;
  readonly running: number;
}

export interface EffectPoolOptions {
  readonly pool: string;
  readonly concurrency: number;
  readonly workerId: string;
  readonly registry: Registry;
  readonly storage: WorkerStorage;
  readonly gates: EffectGates;
  readonly clock: Clock;
  readonly log: WorkerLog;
  readonly observer: WorkerObserver;
  readonly tracer: Tracer | undefined;
}

export function createEffectPool(options: EffectPoolOptions): EffectPool {
  const { pool, storage, log } = options;
  const stopping = new AbortController();
  // Every slot of the pool waits on it.
  setMaxListeners(0, stopping.signal);
  const running = new Map<string, RunningWork>();
  const cancelled = new Set<string>();
  const beats = createHeartbeats(options, running);
  let slots: Promise<void>[] = [];
  let listening: Listening | undefined;
  let claims = 0;
  // A worker may keep its id over a restart; what it claimed before is not claimed by the one that runs now.
  const start = `${options.workerId}@${options.clock.nowMs()}`;
  const context: PoolContext = {
    ...options,
    journal: storage.journal,
    running,
    cancelled,
    signal: stopping.signal,
    beginBeating: beats.begin,
    mayBeCancelled: (delivery) =>
      mayHaveBegun(delivery) || delivery.position <= (listening?.heardFrom ?? Infinity),
    nextClaim: () => `${start}:${(claims += 1)}`,
  };

  const cancel = (effectId: string): void => {
    running.get(effectId)?.controller.abort();
    cancelled.add(effectId);
    const [oldest] = cancelled;
    if (cancelled.size > maxCancelled && oldest !== undefined) cancelled.delete(oldest);
  };
  const runSlot = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const delivery = await storage.work.take(pool, stopping.signal);
      if (delivery === undefined) return;
      try {
        await processDelivery(context, delivery);
      } catch (error) {
        // The item stays in the queue and is delivered again.
        log.warn('effect put back', {
          effectId: delivery.work.effectId,
          error: describeError(error),
        });
        delivery.release();
      }
    }
  };

  return {
    start: () => {
      if (slots.length > 0) return;
      listening = storage.cancellations.listen(pool, cancel);
      slots = Array.from({ length: options.concurrency }, runSlot);
    },
    stop: async () => {
      stopping.abort();
      for (const { controller } of running.values()) controller.abort();
      listening?.stop();
      await Promise.all(slots);
      beats.stop();
    },
    get running() {
      return running.size;
    },
  };
}

interface RunningWork {
  readonly controller: AbortController;
  readonly delivery: WorkDelivery;
}

interface PoolContext extends EffectPoolOptions, ClaimContext {
  readonly running: Map<string, RunningWork>;
  /** Heard of, and perhaps not come yet. */
  readonly cancelled: ReadonlySet<string>;
  /** Aborts when the pool stops. */
  readonly signal: AbortSignal;
  beginBeating(): void;
  /** Whether the item's cancellation may have been announced when nobody listened here. */
  mayBeCancelled(delivery: WorkDelivery): boolean;
  nextClaim(): string;
}

/** One timer for all that runs: an effect that is short has ended before it beats. */
function createHeartbeats(
  { clock, storage }: EffectPoolOptions,
  running: ReadonlyMap<string, RunningWork>,
): { readonly begin: () => void; readonly stop: () => void } {
  let cancel: (() => void) | undefined;
  const beat = (): void => {
    cancel = undefined;
    for (const { delivery } of running.values()) delivery.heartbeat();
    if (running.size > 0) begin();
  };
  const begin = (): void => {
    cancel ??= clock.schedule(clock.nowMs() + storage.work.heartbeatMs, beat);
  };
  return { begin, stop: () => cancel?.() };
}

async function processDelivery(context: PoolContext, delivery: WorkDelivery): Promise<void> {
  const { running, signal: stopping } = context;
  const { work } = delivery;
  const { effectId } = work;
  // Delivered again while it runs here: a heartbeat came late. The running copy finishes the item.
  if (running.has(effectId)) return;
  // Registered before anything is asked: a cancellation comes by one way or the other.
  const controller = new AbortController();
  running.set(effectId, { controller, delivery });
  context.beginBeating();
  try {
    if (context.cancelled.has(effectId) || !(await isWanted(context, delivery))) {
      delivery.finish();
      return;
    }
    const watched = watchWork(context, work);
    const claim = await claimIfNeeded(context, delivery, watched);
    const outcome = await runWork(context, delivery, { claim, watched, signal: controller.signal });
    // Stopped, not finished: nothing is reported, the next worker asks the policy.
    if (stopping.aborted && controller.signal.aborted) {
      if (claim !== undefined) await releaseClaim(context, effectId, claim);
      delivery.release();
      return;
    }
    if (!controller.signal.aborted) await reportOutcome(context, work, outcome, watched);
    // Should this be lost, the item comes again and is found to be wanted no more.
    delivery.finish();
  } finally {
    running.delete(effectId);
  }
}

/** Whether the actor still waits for the effect: it may have been cancelled, or have its result, without our knowing. */
async function isWanted(context: PoolContext, delivery: WorkDelivery): Promise<boolean> {
  if (!context.mayBeCancelled(delivery)) return true;
  const { actor, effectId } = delivery.work;
  const stored = await persistently(context, `actor of ${effectId}`, () =>
    context.storage.commits.load(actor),
  );
  if (stored?.status !== 'stored') return true;
  const { commit } = stored;
  // A copy of the stream that lags behind may not know the commit that has started it.
  if (commit.n < (readEffectCommit(effectId) ?? Infinity)) return true;
  return Object.values(commit.children).some(
    (child) => child.type === 'effect' && child.effectId === effectId,
  );
}

/** Given out before, or put into the queue once more by an actor's next owner. */
function mayHaveBegun({ work, deliveries }: WorkDelivery): boolean {
  return deliveries > 1 || work.repeated === true;
}

/** Undefined when no registered actor has such an effect. */
function watchWork(context: PoolContext, work: WorkItem): WatchedEffect | undefined {
  const { registry, observer, tracer } = context;
  const { actor, source, trace, version } = work;
  const definition = findEffect(registry.kinds.get(actor.kind), version, source);
  return definition && watchEffect(definition, { source, trace, observer, tracer });
}

/**
 * An effect that may be repeated needs no claim when it is given out for the first time: it is only told afterwards
 * from one that was begun. All others are claimed before they are begun.
 */
async function claimIfNeeded(
  context: PoolContext,
  delivery: WorkDelivery,
  watched: WatchedEffect | undefined,
): Promise<Claim | undefined> {
  if (watched === undefined || (isRepeatable(watched) && !mayHaveBegun(delivery))) return undefined;
  return claimEffect(context, delivery.work.effectId, context.nextClaim());
}

function isRepeatable({ definition }: WatchedEffect): boolean {
  return definition.whenUnknown === 'retry' || definition.whenUnknown === 'idempotent';
}

async function runWork(
  context: PoolContext,
  delivery: WorkDelivery,
  run: {
    readonly claim: Claim | undefined;
    readonly watched: WatchedEffect | undefined;
    readonly signal: AbortSignal;
  },
): Promise<EffectOutcome> {
  const { claim, watched, signal } = run;
  const { work } = delivery;
  const { effectId, actor, input } = work;
  if (watched === undefined) {
    const missing = `no worker knows the effect "${work.source}" of ${actor.kind}`;
    return failure(new SignalboxError('SB_KIND_UNKNOWN', missing));
  }
  if (claim?.isLast === true) return failure(refuseLast());
  const { gates, clock, log } = context;
  return executeEffect({
    definition: watched.definition,
    actor,
    effectId,
    input,
    interruptions: countInterruptions(claim, watched),
    clock,
    signal,
    gates,
    log,
    stalled: (stall) => {
      void reportStall(context, work, stall);
    },
    step: createJournaledSteps(context, effectId, mayHaveBegun(delivery)),
  });
}

/** The first to begin an effect that may be repeated has not claimed it. */
function countInterruptions(claim: Claim | undefined, watched: WatchedEffect): number {
  if (claim === undefined) return 0;
  return isRepeatable(watched) ? claim.number : claim.number - 1;
}

async function reportOutcome(
  context: PoolContext,
  work: WorkItem,
  outcome: EffectOutcome,
  watched: WatchedEffect | undefined,
): Promise<void> {
  const { effectId } = work;
  await send(context, work, {
    v: 1,
    ...withTrace(watched === undefined ? work.trace : watched.trace()),
    purpose: 'effectEnded',
    id: effectId,
    at: new Date(context.clock.nowMs()).toISOString(),
    effectId,
    outcome,
  });
}

async function reportStall(context: PoolContext, work: WorkItem, stall: Stall): Promise<void> {
  const { effectId } = work;
  const nowMs = context.clock.nowMs();
  context.log.warn('effect makes no progress', { effectId, ...stall });
  try {
    await send(context, work, {
      v: 1,
      ...withTrace(work.trace),
      purpose: 'effectStalled',
      id: `${effectId}:stalled:${nowMs}`,
      at: new Date(nowMs).toISOString(),
      effectId,
      ...stall,
    });
  } catch (error) {
    context.log.warn('stall not reported', { effectId, error: describeError(error) });
  }
}

async function send(
  context: PoolContext,
  { actor, effectId }: WorkItem,
  command: CommandEnvelope,
): Promise<void> {
  await persistently(context, `${command.purpose} of ${effectId}`, () =>
    context.storage.relay.publish([{ type: 'command', messageId: command.id, to: actor, command }]),
  );
}
