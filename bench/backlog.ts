/** Commands per second when they lie in the inbox before the worker starts: reading, coalescing, committing. */
import { createCommitWatch } from './commit-watch.ts';
import type { Environment } from './environment.ts';
import { toFigures, type Figure, type Round } from './figure.ts';
import { attachFleet, startFleet } from './ledger-fleet.ts';
import type { Scale } from './scale.ts';

const fleetName = 'backlog';

export async function measureBacklog(
  environment: Environment,
  scale: Scale,
): Promise<readonly Figure[]> {
  const { actors, rounds } = scale.backlog;
  const watch = createCommitWatch();
  const worker = await environment.startWorker(watch);
  await startFleet(fleetName, actors, environment.storage.commands, watch);
  await worker.stop();
  const results: Round[] = [];
  // The first one is the warm-up.
  for (let round = 0; round <= rounds; round += 1) {
    const result = await drainBacklog(environment, scale.backlog);
    if (round > 0) results.push(result);
  }
  const row = { subject: 'queued commands', actors, syncMode: environment.server.syncMode };
  return toFigures({ ...row, benchmark: 'backlog' }, results);
}

/** The time includes the start of the worker. */
async function drainBacklog(
  environment: Environment,
  { actors, commands }: Scale['backlog'],
): Promise<Round> {
  const watch = createCommitWatch();
  const fleet = attachFleet(fleetName, environment.storage.commands, watch);
  const ids = await Promise.all(
    Array.from({ length: commands }, (_, index) =>
      fleet.send(index % actors, { type: 'post', amount: 1 }),
    ),
  );
  // An actor's commands are applied in order: its last one is the one to wait for.
  const applied = ids.slice(-actors).map((id) => watch.applied(id));
  const startedAt = performance.now();
  const worker = await environment.startWorker(watch);
  await Promise.all(applied);
  const elapsedMs = performance.now() - startedAt;
  await worker.stop();
  return { 'per second': (commands / elapsedMs) * 1_000 };
}
