/** Runs one `local` effect to what is told of it: its end, and silences on the way. */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import { withTrace } from '../contract/trace.ts';
import type { ChildRecord } from '../core/commit.ts';
import { toEffectFailure } from '../core/effect-error.ts';
import { claimEffect, refuseLast, type Claim } from './effect-claims.ts';
import { executeEffect, failure, type EffectOutcome } from './effect-execution.ts';
import type { WatchedEffect } from './effect-watch.ts';
import type { HostContext } from './host-context.ts';
import type { Stall } from './stall-watch.ts';

export type EffectRecord = Extract<ChildRecord, { type: 'effect' }>;

export interface LocalEffectRun {
  readonly address: ActorAddress;
  readonly child: EffectRecord;
  readonly watched: WatchedEffect;
  /** Another owner, or a worker before, may have begun it. */
  readonly recovered: boolean;
  readonly context: HostContext;
  readonly signal: AbortSignal;
  readonly claimed: (claim: Claim) => void;
  readonly report: (command: CommandEnvelope) => void;
}

/** Its end; undefined when it was cancelled, or the owner stops. */
export async function runLocalEffect(run: LocalEffectRun): Promise<CommandEnvelope | undefined> {
  const { child, watched, signal, context } = run;
  const outcome = await findOutcome(run);
  if (outcome === undefined || signal.aborted) return undefined;
  const { effectId } = child;
  return {
    v: 1,
    ...withTrace(watched.trace()),
    purpose: 'effectEnded',
    id: effectId,
    at: new Date(context.clock.nowMs()).toISOString(),
    effectId,
    outcome,
  };
}

async function findOutcome(run: LocalEffectRun): Promise<EffectOutcome | undefined> {
  if (!run.recovered) return execute(run, 0);
  const { context, child } = run;
  try {
    // Once per owner: whoever loads the actor again after a conflict is still the same one.
    const claims = { ...context, journal: context.storage.journal };
    const claim = await claimEffect(claims, child.effectId, `epoch ${context.epoch}`);
    run.claimed(claim);
    return claim.isLast ? failure(refuseLast()) : await execute(run, claim.number);
  } catch (error) {
    // The next owner finds it.
    return context.signal.aborted ? undefined : failure(toEffectFailure(error));
  }
}

function execute(run: LocalEffectRun, interruptions: number): Promise<EffectOutcome> {
  const { address, child, watched, signal, context } = run;
  return executeEffect({
    definition: watched.definition,
    actor: address,
    effectId: child.effectId,
    input: child.input ?? null,
    interruptions,
    clock: context.clock,
    signal,
    step: (_, produce) => produce(),
    gates: context.gates,
    stalled: (stall) => {
      reportStall(run, stall);
    },
    log: context.log,
  });
}

function reportStall({ child, context, report }: LocalEffectRun, stall: Stall): void {
  const { effectId, trace } = child;
  context.log.warn('effect makes no progress', { effectId, ...stall });
  const nowMs = context.clock.nowMs();
  report({
    v: 1,
    ...withTrace(trace),
    purpose: 'effectStalled',
    id: `${effectId}:stalled:${nowMs}`,
    at: new Date(nowMs).toISOString(),
    effectId,
    ...stall,
  });
}
