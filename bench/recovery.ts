/**
 * Actors with an effect in flight in a worker's memory: what each of them costs there, and how long it takes after a
 * kill -9 of the worker until the last of them has moved on in another one.
 */
import type { ActorAddress } from '../runtime/contract/address.ts';
import type { Commit } from '../runtime/core/commit.ts';
import type { WorkerObserver } from '../runtime/worker/worker-observer.ts';
import type { Environment } from './environment.ts';
import { toFigures, type Figure, type Round } from './figure.ts';
import { runInLanes } from './in-lanes.ts';
import type { Scale } from './scale.ts';
import { waitUntil } from './wait-until.ts';
import { waiter } from './waiter.machine.ts';
import { startWorkerChild, type WorkerChild } from './worker-child.ts';

/** Under way at once while the actors are started. */
const startsAtOnce = 1_000;

export async function measureRecovery(
  environment: Environment,
  scale: Scale,
): Promise<readonly Figure[]> {
  const actors = scale.inFlight;
  const row = { benchmark: 'recovery', syncMode: environment.server.syncMode, actors };
  const first = await startWorkerChild(environment, 'recovery');
  const memory = await startWaiters(environment, first, actors);
  const restarted = await recover(environment, first, 'recovery', actors);
  const second = await startWorkerChild(environment, 'recovery');
  await waitUntil('the waiters are in memory', async () => (await second.facts()).hosted >= actors);
  const takenOver = await recover(environment, second, 'recovery-other', actors);
  return [
    ...toFigures({ ...row, subject: 'in memory' }, [memory]),
    ...toFigures({ ...row, subject: 'same worker, started again' }, [restarted]),
    ...toFigures({ ...row, subject: 'another worker takes over' }, [takenOver]),
  ];
}

async function startWaiters(
  { storage }: Environment,
  worker: WorkerChild,
  actors: number,
): Promise<Round> {
  const before = await worker.facts('factsAfterCollection');
  await runInLanes(actors, startsAtOnce, async (actor) => {
    const id = `waiter-${actor}`;
    await storage.commands.start({ kind: waiter.kind, id }, null, `start:${id}`);
  });
  const reached = before.commits + actors;
  await waitUntil('the waiters are started', async () => (await worker.facts()).commits >= reached);
  const after = await worker.facts('factsAfterCollection');
  return {
    'heap KB each': (after.heapBytes - before.heapBytes) / actors / 1_024,
    'RSS MB': after.rssBytes / 2 ** 20,
  };
}

/** Kills the worker and starts one in this process; ends when every waiter has made a commit there. */
async function recover(
  environment: Environment,
  worker: WorkerChild,
  workerId: string,
  actors: number,
): Promise<Round> {
  await worker.kill();
  const killedAt = performance.now();
  const watch = watchMoves(actors);
  const next = await environment.startWorker(watch.observer, workerId);
  await watch.all;
  const elapsedMs = performance.now() - killedAt;
  await next.stop();
  return {
    'first after s': watch.firstAfterMs(killedAt) / 1_000,
    'all after s': elapsedMs / 1_000,
  };
}

interface MoveWatch {
  readonly observer: WorkerObserver;
  readonly all: Promise<void>;
  firstAfterMs(since: number): number;
}

function watchMoves(actors: number): MoveWatch {
  const moved = new Set<string>();
  let firstAt = Number.NaN;
  let finish = (): void => undefined;
  const all = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return {
    all,
    firstAfterMs: (since) => firstAt - since,
    observer: {
      committed: ({ kind, id }: ActorAddress, _: Commit) => {
        if (kind !== waiter.kind) return;
        if (moved.size === 0) firstAt = performance.now();
        moved.add(id);
        if (moved.size === actors) finish();
      },
    },
  };
}
