/**
 * Commands per second when they lie in the inbox before the worker starts: with many for each actor, which are applied
 * together, and with one for each of many actors, where every command is a commit of its own.
 */
import { createCommitWatch } from './commit-watch.ts';
import type { Environment } from './environment.ts';
import { toFigures, type Figure, type Round } from './figure.ts';
import { runInLanes } from './in-lanes.ts';
import { attachFleet, startFleet } from './ledger-fleet.ts';
import type { Scale } from './scale.ts';

interface Queue {
  readonly subject: string;
  readonly fleet: string;
  readonly actors: number;
  /** In all. */
  readonly commands: number;
}

/** Under way at once while the queue is filled. */
const sendsAtOnce = 1_000;

export async function measureBacklog(
  environment: Environment,
  scale: Scale,
): Promise<readonly Figure[]> {
  const { actors, commands, oneEach, rounds } = scale.backlog;
  return [
    ...(await measureQueue(environment, rounds, {
      subject: 'queued commands',
      fleet: 'backlog',
      actors,
      commands,
    })),
    ...(await measureQueue(environment, rounds, {
      subject: 'one command each',
      fleet: 'backlog-one-each',
      actors: oneEach,
      commands: oneEach,
    })),
  ];
}

async function measureQueue(
  environment: Environment,
  rounds: number,
  queue: Queue,
): Promise<readonly Figure[]> {
  const watch = createCommitWatch();
  const worker = await environment.startWorker(watch);
  await startFleet(queue.fleet, queue.actors, environment.storage.commands, watch);
  await worker.stop();
  const results: Round[] = [];
  // The first one is the warm-up.
  for (let round = 0; round <= rounds; round += 1) {
    const result = await drainQueue(environment, queue);
    if (round > 0) results.push(result);
  }
  const { subject, actors } = queue;
  const row = { benchmark: 'backlog', syncMode: environment.server.syncMode, subject, actors };
  return toFigures(row, results);
}

/** The time includes the start of the worker. */
async function drainQueue(
  environment: Environment,
  { fleet: name, actors, commands }: Queue,
): Promise<Round> {
  const watch = createCommitWatch();
  const fleet = attachFleet(name, environment.storage.commands, watch);
  const lastIds: string[] = [];
  await runInLanes(commands, sendsAtOnce, async (index) => {
    lastIds[index % actors] = await fleet.send(index % actors, { type: 'post', amount: 1 });
  });
  // An actor's commands are applied in order: its last one is the one to wait for.
  const applied = lastIds.map((id) => watch.applied(id));
  const startedAt = performance.now();
  const worker = await environment.startWorker(watch);
  await Promise.all(applied);
  const elapsedMs = performance.now() - startedAt;
  await worker.stop();
  return { 'per second': (commands / elapsedMs) * 1_000 };
}
