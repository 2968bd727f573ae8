/** The worker of a process: hosts actors, runs effects, and says what of the system's work nobody does. */
import { createRegistry } from '../../runtime/core/registry.ts';
import type { Placement } from '../../runtime/core/leases.ts';
import { systemClock } from '../../runtime/worker/system-clock.ts';
import type { WorkerMetrics } from '../../runtime/worker/metrics.ts';
import type { WorkerObserver } from '../../runtime/worker/worker-observer.ts';
import type { Settings } from '../settings.ts';
import { createActors, modelLimits, poolConcurrency } from './actors.ts';
import type { SystemLog } from './log.ts';
import { allPools, type Roles } from './roles.ts';
import type { StorageParts } from './storage-part.ts';
import { openTracing } from './tracing.ts';
import { createWatchedWorker } from './watched-worker.ts';

/** What local effects get to end in a stop, when other workers go on: none of theirs is interrupted without need. */
const stopGraceMs = 1_500;

export interface WorkerPartOptions {
  readonly settings: Settings;
  readonly log: SystemLog;
  readonly roles: Roles;
  readonly workerId: string;
  /** Whether the system goes on without this process. */
  readonly others: boolean;
  readonly observer?: WorkerObserver;
}

export async function startWorkerPart(
  { settings, log, roles, workerId, others, observer }: WorkerPartOptions,
  { connection, storage, space, started }: StorageParts,
): Promise<WorkerMetrics> {
  const stopping = new AbortController();
  const tracing =
    settings.tracing && openTracing(settings.tracing, { 'service.instance.id': workerId }, log);
  if (tracing !== undefined) started.push(() => tracing.stop());
  const worker = createWatchedWorker({
    ...space,
    ...(tracing === undefined ? {} : { tracer: tracing.tracer }),
    connection,
    workerId,
    storage,
    log,
    registry: createRegistry(createActors(settings, storage, log, stopping.signal)),
    clock: systemClock,
    hostsActors: roles.actors,
    pools: roles.pools,
    concurrency: poolConcurrency,
    limits: modelLimits(settings),
    ...(others ? { stopGraceMs } : {}),
    ...(observer === undefined ? {} : { observer }),
  });
  started.push(async () => {
    // The worker first: what gives up waiting for the store must not count as a failed effect.
    await worker.stop().finally(() => {
      stopping.abort();
    });
  });
  await worker.start();
  return worker.metrics;
}

/** Work that waits because no live worker does it, in words. */
export function listGaps({ members }: Placement): readonly string[] {
  const workers = [...members.values()];
  const idle = allPools.filter((pool) => !workers.some(({ pools }) => pools.includes(pool)));
  return [
    ...(workers.some(({ hostsActors }) => hostsActors) ? [] : ['No worker hosts actors.']),
    ...(idle.length === 0 ? [] : [`No worker runs effects of ${idle.join(', ')}.`]),
  ];
}
