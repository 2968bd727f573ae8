/** A workflow of ten trivial effects in sequence, from the start command to the end of the actor. */
import type { ActorDefinition } from '../runtime/core/definition.ts';
import { localChain, poolChain } from './chain.machine.ts';
import { runClosedLoop } from './closed-loop.ts';
import { createCommitWatch, type CommitWatch } from './commit-watch.ts';
import type { Environment } from './environment.ts';
import { toFigures, type Figure } from './figure.ts';
import { runInTurn, type Variant } from './rounds.ts';
import type { Scale } from './scale.ts';

export async function measureEffectChains(
  environment: Environment,
  scale: Scale,
): Promise<readonly Figure[]> {
  const watch = createCommitWatch();
  const worker = await environment.startWorker(watch);
  const variants = scale.chainCounts.flatMap((actors) => [
    chainVariant(environment, watch, 'local effects', localChain, actors),
    chainVariant(environment, watch, 'pool effects', poolChain, actors),
  ]);
  const results = await runInTurn(variants, scale.chains);
  await worker.stop();
  return variants.flatMap(({ subject, actors }, index) => {
    const row = { subject, actors, syncMode: environment.server.syncMode };
    return toFigures({ ...row, benchmark: 'effect-chain' }, results[index] ?? []);
  });
}

/** Over all variants: an actor that exists is not started again. */
let chains = 0;

export function chainVariant(
  { storage }: Environment,
  watch: CommitWatch,
  subject: string,
  { kind }: ActorDefinition,
  actors: number,
): Variant {
  return {
    subject,
    actors,
    run: async (durationMs) => {
      const { perSecond, p50Ms, p99Ms } = await runClosedLoop(actors, durationMs, async () => {
        const id = `${kind}-${actors}-${(chains += 1)}`;
        const ended = watch.ended(id);
        await Promise.all([storage.commands.start({ kind, id }, null, `start:${id}`), ended]);
      });
      return { 'per second': perSecond, 'p50 ms': p50Ms, 'p99 ms': p99Ms };
    },
  };
}
