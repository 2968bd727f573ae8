/** The `local` effects of one hosted actor: started after the commit that asks for them, nothing else stored. */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import type { Json } from '../contract/json.ts';
import type { Commit } from '../core/commit.ts';
import type { ActorDefinition } from '../core/definition.ts';
import type { EffectDefinition } from '../core/effect-definition.ts';
import type { Clock } from '../core/storage.ts';
import { executeEffect } from './effect-execution.ts';
import type { WorkerLog } from './log.ts';

export interface LocalEffects {
  /** Starts what the commit waits for and is not under way; cancels what it no longer waits for. */
  reconcile(commit: Commit, recovered: boolean): void;
  readonly size: number;
  /** Aborts everything; results of aborted effects are not reported. */
  stop(): void;
}

export function createLocalEffects(options: {
  readonly address: ActorAddress;
  readonly definition: ActorDefinition;
  readonly clock: Clock;
  readonly log: WorkerLog;
  readonly report: (command: CommandEnvelope) => void;
}): LocalEffects {
  const running = new Map<string, AbortController>();

  const start = (effectId: string, source: string, input: Json, recovered: boolean): void => {
    const definition = options.definition.effects[source];
    if (definition === undefined) return;
    const controller = new AbortController();
    running.set(effectId, controller);
    void runAndReport(definition, effectId, input, recovered, controller);
  };

  const runAndReport = async (
    definition: EffectDefinition,
    effectId: string,
    input: Json,
    recovered: boolean,
    controller: AbortController,
  ): Promise<void> => {
    const outcome = await executeEffect({
      definition,
      actor: options.address,
      effectId,
      input,
      interruptions: recovered ? 1 : 0,
      clock: options.clock,
      signal: controller.signal,
      step: (_, produce) => produce(),
      log: options.log,
    });
    if (controller.signal.aborted) return;
    running.delete(effectId);
    const at = new Date(options.clock.nowMs()).toISOString();
    options.report({ v: 1, purpose: 'effectEnded', id: effectId, at, effectId, outcome });
  };

  const cancel = (effectId: string): void => {
    running.get(effectId)?.abort();
    running.delete(effectId);
  };

  return {
    reconcile: (commit, recovered) => {
      const wanted = new Set<string>();
      for (const child of Object.values(commit.children)) {
        if (child.type !== 'effect' || child.pool !== undefined) continue;
        wanted.add(child.effectId);
        if (!running.has(child.effectId))
          start(child.effectId, child.source, child.input ?? null, recovered);
      }
      for (const effectId of running.keys()) if (!wanted.has(effectId)) cancel(effectId);
    },
    get size() {
      return running.size;
    },
    stop: () => {
      for (const effectId of running.keys()) cancel(effectId);
    },
  };
}
