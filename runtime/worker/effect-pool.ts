/**
 * Takes effects of one pool from the work queue and runs them. The journal says what is known of an
 * effect: `claim-<k>` (the k-th worker that took it), `step-*`, `result`, `cancel`. A second claim means
 * that a worker died; the effect's own policy then decides whether it may be repeated.
 */
import { setMaxListeners } from 'node:events';
import type { CommandEnvelope } from '../contract/command.ts';
import { describeError, type ErrorCode } from '../contract/errors.ts';
import type { Json } from '../contract/json.ts';
import type { Registry } from '../core/registry.ts';
import type { Clock, Journal, WorkDelivery, WorkerStorage } from '../core/storage.ts';
import { executeEffect, type EffectOutcome } from './effect-execution.ts';
import type { WorkerLog } from './log.ts';
import { persistently } from './persistence.ts';

/** An effect that has taken this many workers down with it is given up, not tried on the next one. */
export const maxClaims = 5;

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
  readonly clock: Clock;
  readonly log: WorkerLog;
}

export function createEffectPool(options: EffectPoolOptions): EffectPool {
  const { pool, storage, log } = options;
  const stopping = new AbortController();
  // Every slot of the pool waits on it.
  setMaxListeners(0, stopping.signal);
  const running = new Map<string, AbortController>();
  let slots: Promise<void>[] = [];
  let unlisten = (): void => undefined;
  let deliveries = 0;
  const context: PoolContext = {
    ...options,
    running,
    signal: stopping.signal,
    nextClaim: () => `${options.workerId}:${(deliveries += 1)}`,
  };

  const runSlot = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const delivery = await storage.work.take(pool, stopping.signal);
      if (delivery === undefined) return;
      try {
        await processDelivery(context, delivery);
      } catch (error) {
        // The item stays in the queue and is delivered again; the journal knows how far it got.
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
      unlisten = storage.cancellations.listen(pool, (effectId) => running.get(effectId)?.abort());
      slots = Array.from({ length: options.concurrency }, runSlot);
    },
    stop: async () => {
      stopping.abort();
      for (const controller of running.values()) controller.abort();
      unlisten();
      await Promise.all(slots);
    },
    get running() {
      return running.size;
    },
  };
}

interface PoolContext extends EffectPoolOptions {
  readonly running: Map<string, AbortController>;
  /** Aborts when the pool stops. */
  readonly signal: AbortSignal;
  /** Tells this claim from every other: a claim whose acknowledgement was lost is still ours. */
  nextClaim(): string;
}

async function processDelivery(context: PoolContext, delivery: WorkDelivery): Promise<void> {
  const { running, signal: stopping } = context;
  const { effectId } = delivery.work;
  // Delivered again while it runs here: a heartbeat came late. The running copy finishes the item.
  if (running.has(effectId)) return;
  // Registered before the journal is asked: a cancellation comes by one way or the other.
  const controller = new AbortController();
  running.set(effectId, controller);
  const stopBeating = keepAlive(context, delivery);
  try {
    const outcome = await findOutcome(context, delivery, controller);
    // Stopped, not finished: nothing is reported, the next worker finds the claim and asks the policy.
    if (stopping.aborted && controller.signal.aborted) {
      delivery.release();
      return;
    }
    if (!controller.signal.aborted) await reportOutcome(context, delivery, outcome);
    await delivery.finish();
  } finally {
    stopBeating();
    running.delete(effectId);
  }
}

function keepAlive(context: PoolContext, delivery: WorkDelivery): () => void {
  const { clock, storage } = context;
  let cancelBeat = (): void => undefined;
  const beat = (): void => {
    delivery.heartbeat();
    cancelBeat = clock.schedule(clock.nowMs() + storage.work.heartbeatMs, beat);
  };
  beat();
  return () => {
    cancelBeat();
  };
}

/** The journal's result of an effect that was finished before, else that of running it now. */
async function findOutcome(
  context: PoolContext,
  delivery: WorkDelivery,
  controller: AbortController,
): Promise<EffectOutcome> {
  const { effectId } = delivery.work;
  const claim = await claimEffect(context, effectId);
  if (claim > 1) {
    const known = await readJournal(context, effectId, 'result');
    if (known !== undefined) return known as EffectOutcome;
  }
  if ((await readJournal(context, effectId, 'cancel')) !== undefined) controller.abort();
  const outcome = await runWork(context, delivery, claim, controller.signal);
  if (controller.signal.aborted) return outcome;
  const { value } = await writeJournal(context, effectId, 'result', outcome);
  return value as EffectOutcome;
}

/** The number of this claim: 1 when nobody has taken the effect before. */
async function claimEffect(context: PoolContext, effectId: string): Promise<number> {
  const ours = { worker: context.workerId, claim: context.nextClaim() };
  for (let claim = 1; claim <= maxClaims; claim += 1) {
    const { stored, value } = await writeJournal(context, effectId, `claim-${claim}`, ours);
    if (stored || isSameClaim(value, ours.claim)) return claim;
  }
  return maxClaims + 1;
}

function isSameClaim(value: Json, claim: string): boolean {
  return (
    typeof value === 'object' && value !== null && 'claim' in value && value['claim'] === claim
  );
}

function readJournal(
  context: PoolContext,
  effectId: string,
  step: string,
): Promise<Json | undefined> {
  return persistently(context, `journal of ${effectId}`, () =>
    context.storage.journal.get(effectId, step),
  );
}

function writeJournal(
  context: PoolContext,
  effectId: string,
  step: string,
  value: Json,
): ReturnType<Journal['put']> {
  return persistently(context, `journal of ${effectId}`, () =>
    context.storage.journal.put(effectId, step, value),
  );
}

async function runWork(
  context: PoolContext,
  delivery: WorkDelivery,
  claim: number,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const { work } = delivery;
  const definition = context.registry.kinds.get(work.actor.kind)?.definition.effects[work.source];
  if (definition === undefined) {
    return refuse(
      'SB_KIND_UNKNOWN',
      `no worker knows the effect "${work.source}" of ${work.actor.kind}`,
    );
  }
  if (claim > maxClaims) {
    return refuse('SB_EFFECT_INTERRUPTED', `${maxClaims} workers died while this was under way`);
  }
  return executeEffect({
    definition,
    actor: work.actor,
    effectId: work.effectId,
    input: work.input,
    interruptions: claim - 1,
    clock: context.clock,
    signal,
    log: context.log,
    step: async (name, produce) => {
      const known = await readJournal(context, work.effectId, `step-${name}`);
      const value =
        known === undefined
          ? (await writeJournal(context, work.effectId, `step-${name}`, await produce())).value
          : known;
      return value as Awaited<ReturnType<typeof produce>>;
    },
  });
}

function refuse(code: ErrorCode, message: string): EffectOutcome {
  return { status: 'error', error: { code, message, retryable: false } };
}

async function reportOutcome(
  context: PoolContext,
  delivery: WorkDelivery,
  outcome: EffectOutcome,
): Promise<void> {
  const { effectId, actor } = delivery.work;
  const command: CommandEnvelope = {
    v: 1,
    purpose: 'effectEnded',
    id: effectId,
    at: new Date(context.clock.nowMs()).toISOString(),
    effectId,
    outcome,
  };
  await persistently(context, `result of ${effectId}`, () =>
    context.storage.relay.publish([{ type: 'command', messageId: effectId, to: actor, command }]),
  );
}
