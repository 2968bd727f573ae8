/** Durable transitions per second with one and with several worker processes on one server; the driver only counts. */
import type { Environment } from './environment.ts';
import { toFigures, type Figure, type Round } from './figure.ts';
import { addressOf } from './ledger-fleet.ts';
import type { Scale } from './scale.ts';
import { waitUntil } from './wait-until.ts';
import { startWorkerChild, type WorkerChild } from './worker-child.ts';

export async function measureScaling(
  environment: Environment,
  scale: Scale,
): Promise<readonly Figure[]> {
  const { workerCounts, actors } = scale.scaling;
  const rows: { readonly workers: number; readonly rounds: readonly Round[] }[] = [];
  for (const workers of workerCounts) {
    rows.push({ workers, rounds: await measureWorkers(environment, scale, workers) });
  }
  const alone = rows[0]?.rounds ?? [];
  return rows.flatMap(({ workers, rounds }) =>
    toFigures(
      {
        benchmark: 'scaling',
        syncMode: environment.server.syncMode,
        subject: workers === 1 ? '1 worker' : `${workers} workers`,
        actors,
      },
      rounds.map((round, number) => ({
        ...round,
        'of 1 worker': (round['per second'] ?? 0) / (alone[number]?.['per second'] ?? Number.NaN),
      })),
    ),
  );
}

async function measureWorkers(
  environment: Environment,
  { scaling, transitions }: Scale,
  workers: number,
): Promise<readonly Round[]> {
  const children = await Promise.all(
    Array.from({ length: workers }, (_, number) =>
      startWorkerChild(environment, `scaling-${workers}-${number}`),
    ),
  );
  const { partitionCount } = environment.space;
  const share = Math.floor(partitionCount / workers);
  await waitUntil('the partitions are shared out', async () => {
    const facts = await Promise.all(children.map((child) => child.facts()));
    const held = facts.map(({ partitions }) => partitions);
    return held.every((count) => count >= share) && sum(held) === partitionCount;
  });
  const fleet = `scaling-${workers}`;
  await tellAll(environment, fleet, scaling.actors, 'run');
  await countCommits(children, transitions.warmUpMs);
  const rounds: Round[] = [];
  for (let round = 0; round < transitions.rounds; round += 1) {
    rounds.push({ 'per second': await countCommits(children, transitions.roundMs) });
  }
  await tellAll(environment, fleet, scaling.actors, 'halt');
  await waitUntilQuiet(children);
  await Promise.all(children.map((child) => child.stop()));
  return rounds;
}

/** The ledgers move by themselves between `run` and `halt`. */
async function tellAll(
  { storage }: Environment,
  fleet: string,
  actors: number,
  type: 'run' | 'halt',
): Promise<void> {
  await Promise.all(
    Array.from({ length: actors }, async (_, actor) => {
      const address = addressOf(fleet, actor);
      if (type === 'run') await storage.commands.start(address, null, `start:${address.id}`);
      await storage.commands.deliver(address, { type }, `${type}:${address.id}`);
    }),
  );
}

async function countCommits(children: readonly WorkerChild[], durationMs: number): Promise<number> {
  const before = await totalCommits(children);
  const startedAt = performance.now();
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  const commits = (await totalCommits(children)) - before;
  return (commits / (performance.now() - startedAt)) * 1_000;
}

/** A fleet that still moves would take from what is measured next. */
async function waitUntilQuiet(children: readonly WorkerChild[]): Promise<void> {
  let last = Number.NaN;
  await waitUntil('the ledgers are halted', async () => {
    const now = await totalCommits(children);
    const quiet = now === last;
    last = now;
    return quiet;
  });
}

async function totalCommits(children: readonly WorkerChild[]): Promise<number> {
  return sum(await Promise.all(children.map(async (child) => (await child.facts()).commits)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
