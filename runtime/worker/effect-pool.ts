/**
 * Takes effects of one pool from the work queue and runs them. The journal says what is known of an
 * effect: `claim-<k>` (the k-th worker that took it), `step-*`, `result`, `cancel`. A second claim means
 * that a worker died; the effect's own policy then decides whether it may be repeated.
 */
import type { CommandEnvelope } from '../contract/command.ts';
import { describeError } from '../contract/errors.ts';
import type { Json } from '../contract/json.ts';
import type { Registry } from '../core/registry.ts';
import type { Clock, WorkDelivery, WorkerStorage } from '../core/storage.ts';
import { executeEffect, type EffectOutcome } from './effect-execution.ts';
import type { WorkerLog } from './log.ts';

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
  const running = new Map<string, AbortController>();
  let slots: Promise<void>[] = [];
  let unlisten = (): void => undefined;

  const runSlot = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const delivery = await storage.work.take(pool, stopping.signal);
      if (delivery === undefined) return;
      try {
        await processDelivery(options, running, stopping.signal, delivery);
      } catch (error) {
        // The item stays in the queue and is delivered again; the journal knows how far it got.
        log.warn('effect put back', { effectId: delivery.work.effectId, error: describeError(error) });
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

async function processDelivery(
  options: EffectPoolOptions,
  running: Map<string, AbortController>,
  stopping: AbortSignal,
  delivery: WorkDelivery,
): Promise<void> {
  const { storage, clock } = options;
  const { effectId } = delivery.work;
  // Delivered again while it runs here: a heartbeat came late. The running copy finishes the item.
  if (running.has(effectId)) return;
  const claim = await claimEffect(options, effectId);
  if (claim > 1) {
    const known = await storage.journal.get(effectId, 'result');
    if (known !== undefined) {
      await reportOutcome(options, delivery, known as EffectOutcome);
      return;
    }
  }
  // Registered before the journal is asked: a cancellation comes by one way or the other.
  const controller = new AbortController();
  running.set(effectId, controller);
  let cancelBeat = (): void => undefined;
  const beat = (): void => {
    delivery.heartbeat();
    cancelBeat = clock.schedule(clock.nowMs() + storage.work.heartbeatMs, beat);
  };
  beat();
  try {
    if ((await storage.journal.get(effectId, 'cancel')) !== undefined) controller.abort();
    const outcome = controller.signal.aborted
      ? undefined
      : await runWork(options, delivery, claim, controller.signal);
    // Stopped, not finished: nothing is reported, the next worker finds the claim and asks the policy.
    if (stopping.aborted && controller.signal.aborted) {
      delivery.release();
      return;
    }
    if (controller.signal.aborted || outcome === undefined) {
      await delivery.finish();
      return;
    }
    const stored = await storage.journal.put(effectId, 'result', outcome as Json);
    await reportOutcome(options, delivery, stored.value as EffectOutcome);
  } finally {
    cancelBeat();
    running.delete(effectId);
  }
}

/** The number of this claim: 1 when nobody has taken the effect before. */
async function claimEffect(options: EffectPoolOptions, effectId: string): Promise<number> {
  for (let claim = 1; claim <= maxClaims; claim += 1) {
    const { stored } = await options.storage.journal.put(effectId, `claim-${claim}`, {
      worker: options.workerId,
    });
    if (stored) return claim;
  }
  return maxClaims + 1;
}

async function runWork(
  options: EffectPoolOptions,
  delivery: WorkDelivery,
  claim: number,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const { work } = delivery;
  const definition = options.registry.kinds.get(work.actor.kind)?.definition.effects[work.source];
  if (definition === undefined) {
    return refuse('SB_KIND_UNKNOWN', `no worker knows the effect "${work.source}" of ${work.actor.kind}`);
  }
  if (claim > maxClaims) {
    return refuse('SB_EFFECT_INTERRUPTED', `${maxClaims} workers died while this was under way`);
  }
  const { journal } = options.storage;
  return executeEffect({
    definition,
    actor: work.actor,
    effectId: work.effectId,
    input: work.input,
    interruptions: claim - 1,
    clock: options.clock,
    signal,
    step: async (name, produce) => {
      const known = await journal.get(work.effectId, `step-${name}`);
      const value = known ?? (await journal.put(work.effectId, `step-${name}`, await produce())).value;
      return value as Awaited<ReturnType<typeof produce>>;
    },
  });
}

function refuse(code: string, message: string): EffectOutcome {
  return { status: 'error', error: { code, message, retryable: false } };
}

async function reportOutcome(
  options: EffectPoolOptions,
  delivery: WorkDelivery,
  outcome: EffectOutcome,
): Promise<void> {
  const { effectId, actor } = delivery.work;
  const command: CommandEnvelope = {
    v: 1,
    purpose: 'effectEnded',
    id: effectId,
    at: new Date(options.clock.nowMs()).toISOString(),
    effectId,
    outcome,
  };
  await options.storage.relay.publish([{ type: 'command', messageId: effectId, to: actor, command }]);
  await delivery.finish();
}
