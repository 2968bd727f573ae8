/**
 * Durable transitions per second: by commands (inbox, worker, commit), by local effects (worker, commit) and
 * by commands that coalesce, beside the two floors measured in the same rounds.
 */
import { runClosedLoop, type LoopResult } from './closed-loop.ts';
import { createCommitWatch } from './commit-watch.ts';
import type { Environment } from './environment.ts';
import { toFigures, type Figure, type Round } from './figure.ts';
import { createFloor } from './floor.ts';
import { startFleet, type LedgerFleet } from './ledger-fleet.ts';
import { runInTurn, type Variant } from './rounds.ts';
import type { Scale } from './scale.ts';

const benchmark = 'transitions';

export async function measureTransitions(
  environment: Environment,
  scale: Scale,
): Promise<readonly Figure[]> {
  const watch = createCommitWatch();
  const worker = await environment.startWorker(watch);
  const largest = Math.max(...scale.actorCounts);
  const fleet = await startFleet('transitions', largest, environment.storage.commands, watch);
  const figures: Figure[] = [];
  for (const actors of scale.actorCounts) {
    const variants = [
      floorVariant(environment, actors, false),
      floorVariant(environment, actors, true),
      commandVariant(fleet, actors),
      localVariant(fleet, actors),
    ];
    if (actors === scale.coalesced.actors) {
      variants.push(coalescedVariant(fleet, actors, scale.coalesced.depth));
    }
    figures.push(...(await measureBesideFloor(environment, scale, variants)));
  }
  await worker.stop();
  return figures;
}

/** The first two variants are the floors. */
async function measureBesideFloor(
  environment: Environment,
  scale: Scale,
  variants: readonly Variant[],
): Promise<readonly Figure[]> {
  const results = await runInTurn(variants, scale.transitions);
  const [floor = [], inboxFloor = []] = results;
  return variants.flatMap(({ subject, actors }, index) => {
    const row = { benchmark, syncMode: environment.server.syncMode, subject, actors };
    const rounds = (results[index] ?? []).map((round, number) => ({
      ...round,
      'of floor': ratio(round, floor[number]),
      'of floor with inbox': ratio(round, inboxFloor[number]),
    }));
    return toFigures(row, rounds);
  });
}

function ratio(round: Round, floor: Round | undefined): number {
  return (round['per second'] ?? 0) / (floor?.['per second'] ?? Number.NaN);
}

function floorVariant(environment: Environment, actors: number, inbox: boolean): Variant {
  const { space, storage } = environment;
  const floor = createFloor({ publisher: storage.publisher, space, actors, inbox });
  return {
    subject: inbox ? 'floor with inbox' : 'floor',
    actors,
    run: async (durationMs) => {
      const result = await runClosedLoop(actors, durationMs, (lane) => floor.turn(lane));
      return toRound(result, floor.commitBytes);
    },
  };
}

function commandVariant(fleet: LedgerFleet, actors: number): Variant {
  return {
    subject: 'commands',
    actors,
    run: async (durationMs) => {
      const result = await runClosedLoop(actors, durationMs, (lane) => fleet.post(lane));
      return toRound(result, await fleet.commitBytes());
    },
  };
}

function localVariant(fleet: LedgerFleet, actors: number): Variant {
  return {
    subject: 'local effects',
    actors,
    run: async (durationMs) => {
      const result = await fleet.whileRunning(actors, () =>
        runClosedLoop(actors, durationMs, (lane) => fleet.nextCommit(lane)),
      );
      return toRound(result, await fleet.commitBytes());
    },
  };
}

function coalescedVariant(fleet: LedgerFleet, actors: number, depth: number): Variant {
  return {
    subject: `commands, ${depth} deep`,
    actors,
    run: async (durationMs) => {
      const result = await runClosedLoop(actors * depth, durationMs, (lane) =>
        fleet.post(lane % actors),
      );
      return toRound(result, await fleet.commitBytes());
    },
  };
}

function toRound(result: LoopResult, commitBytes: number): Round {
  return {
    'per second': result.perSecond,
    'p50 ms': result.p50Ms,
    'p99 ms': result.p99Ms,
    'commit bytes': commitBytes,
  };
}
