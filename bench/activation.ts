/** What it costs to wake parked actors: loading alone, and the first command beside the next one. */
import { createRegistry } from '../runtime/core/registry.ts';
import { restoreSnapshot } from '../runtime/core/restore.ts';
import { createCommitWatch } from './commit-watch.ts';
import type { Environment } from './environment.ts';
import { toFigures, type Figure, type Round } from './figure.ts';
import { addressOf, attachFleet, startFleet } from './ledger-fleet.ts';
import { ledger } from './ledger.machine.ts';
import type { Scale } from './scale.ts';
import { percentile } from './statistics.ts';

const fleetName = 'parked';

export async function measureActivation(
  environment: Environment,
  scale: Scale,
): Promise<readonly Figure[]> {
  const { storage, server } = environment;
  const watch = createCommitWatch();
  const before = await environment.startWorker(watch);
  await startFleet(fleetName, scale.parked, storage.commands, watch);
  await before.stop();

  const loads = await timeEach(scale.parked, (actor) => loadActor(environment, actor));
  const worker = await environment.startWorker(watch);
  const fleet = attachFleet(fleetName, storage.commands, watch);
  const first: number[] = [];
  const next: number[] = [];
  for (let actor = 0; actor < scale.parked; actor += 1) {
    first.push(await time(() => fleet.post(actor)));
    next.push(await time(() => fleet.post(actor)));
  }
  await worker.stop();

  const rowOf = (subject: string, elapsedMs: readonly number[]): readonly Figure[] => {
    const row = { subject, actors: scale.parked, syncMode: server.syncMode };
    return toFigures({ ...row, benchmark: 'activation' }, [toRound(elapsedMs)]);
  };
  return [
    ...rowOf('load and restore', loads),
    ...rowOf('first command', first),
    ...rowOf('next command', next),
  ];
}

async function loadActor({ storage }: Environment, number: number): Promise<void> {
  const stored = await storage.commits.load(addressOf(fleetName, number));
  const actor = registry.kinds.get(ledger.kind);
  if (stored?.status !== 'stored' || actor === undefined) throw new Error('a parked actor is lost');
  const restoration = restoreSnapshot(actor, stored.commit);
  if (restoration.status !== 'restored') throw new Error(restoration.reason);
}

const registry = createRegistry([ledger]);

async function timeEach(
  count: number,
  task: (index: number) => Promise<void>,
): Promise<readonly number[]> {
  const elapsedMs: number[] = [];
  for (let index = 0; index < count; index += 1) elapsedMs.push(await time(() => task(index)));
  return elapsedMs;
}

async function time(task: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await task();
  return performance.now() - startedAt;
}

function toRound(elapsedMs: readonly number[]): Round {
  return { 'p50 ms': percentile(elapsedMs, 0.5), 'p99 ms': percentile(elapsedMs, 0.99) };
}
