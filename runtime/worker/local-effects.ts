/**
 * The `local` effects of one hosted actor: started after the commit that asks for them. Nothing else is stored of them,
 * except by an owner that finds one begun by another.
 */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import type { Commit } from '../core/commit.ts';
import { findEffect, type RegisteredActor } from '../core/registry.ts';
import { releaseClaim, type Claim } from './effect-claims.ts';
import { watchEffect } from './effect-watch.ts';
import type { HostContext } from './host-context.ts';
import { runLocalEffect, type EffectRecord } from './local-effect-run.ts';

export interface LocalEffects {
  /** Starts what the commit waits for and is not under way; cancels what it no longer waits for. */
  reconcile(commit: Commit, recovered: boolean): void;
  readonly size: number;
  /** Aborts everything; results of aborted effects are not reported. */
  stop(): void;
}

interface RunningEffect {
  readonly controller: AbortController;
  claim: Claim | undefined;
  /** Its end is reported; it is in hand until a commit has it. */
  ended: boolean;
}

export function createLocalEffects(options: {
  readonly address: ActorAddress;
  readonly actor: RegisteredActor;
  readonly context: HostContext;
  readonly report: (command: CommandEnvelope) => void;
}): LocalEffects {
  const { address, actor, context, report } = options;
  const { observer, tracer } = context;
  const claims = { ...context, journal: context.storage.journal };
  const running = new Map<string, RunningEffect>();

  const start = (child: EffectRecord, version: number, recovered: boolean): void => {
    const { effectId, source, trace } = child;
    const definition = findEffect(actor, version, source);
    if (definition === undefined) return;
    const effect: RunningEffect = {
      controller: new AbortController(),
      claim: undefined,
      ended: false,
    };
    running.set(effectId, effect);
    const watched = watchEffect(definition, { source, trace, observer, tracer });
    const claimed = (claim: Claim): void => {
      effect.claim = claim;
    };
    const { signal } = effect.controller;
    const run = { address, child, watched, recovered, context, signal, claimed, report };
    // It stays in hand until a commit waits for it no more: one that is on its way does not know of the end yet.
    void runLocalEffect(run).then((ended) => {
      if (ended === undefined) return;
      effect.ended = true;
      report(ended);
    });
  };

  const cancel = (effectId: string): void => {
    const effect = running.get(effectId);
    running.delete(effectId);
    // There is nothing left to cut off, and an abort makes an exception with a stack.
    if (effect?.ended === false) effect.controller.abort();
  };

  return {
    reconcile: (commit, recovered) => {
      const wanted = new Set<string>();
      for (const child of Object.values(commit.children)) {
        if (child.type !== 'effect' || child.pool !== undefined) continue;
        wanted.add(child.effectId);
        if (!running.has(child.effectId)) start(child, commit.machine.version, recovered);
      }
      for (const effectId of running.keys()) if (!wanted.has(effectId)) cancel(effectId);
    },
    get size() {
      return running.size;
    },
    stop: () => {
      for (const [effectId, { claim }] of running) {
        if (claim !== undefined) void releaseClaim(claims, effectId, claim);
        cancel(effectId);
      }
    },
  };
}
