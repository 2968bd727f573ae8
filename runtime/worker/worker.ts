/** A worker: hosts the actors of every partition and runs effects of the pools it is given. */
import { setMaxListeners } from 'node:events';
import { SignalboxError, describeError } from '../contract/errors.ts';
import type { Registry } from '../core/registry.ts';
import type { Clock, WorkerStorage } from '../core/storage.ts';
import type { HostContext, WorkerObserver } from './actor-host.ts';
import { createEffectPool, type EffectPool } from './effect-pool.ts';
import type { WorkerLog } from './log.ts';
import { Partition } from './partition.ts';

/** How much reading is repeated after a crash at most; a checkpoint is one small message per partition. */
const checkpointEveryMs = 1_000;

export interface WorkerOptions {
  readonly namespace: string;
  readonly partitionCount: number;
  /** Unique per process start. */
  readonly workerId: string;
  readonly registry: Registry;
  readonly storage: WorkerStorage;
  readonly clock: Clock;
  readonly log: WorkerLog;
  /** Effects run at once, per pool. A pool without a number is refused when the worker starts. */
  readonly concurrency: Readonly<Record<string, number>>;
  readonly observer?: WorkerObserver;
}

export interface Worker {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Actors in memory now. */
  readonly hosted: number;
}

export function createWorker(options: WorkerOptions): Worker {
  const stopping = new AbortController();
  // One listener per partition and per waiting slot is meant, not a leak.
  setMaxListeners(0, stopping.signal);
  let partitions: Partition[] = [];
  let pools: EffectPool[] = [];
  let started: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;
  let cancelCheckpoints = (): void => undefined;

  const scheduleCheckpoints = (): void => {
    const { clock } = options;
    cancelCheckpoints = clock.schedule(clock.nowMs() + checkpointEveryMs, () => {
      Promise.all(partitions.map((partition) => partition.saveCheckpoint())).then(
        scheduleUnlessStopping,
        (error: unknown) => {
          // The older checkpoint stays good: more is read again after a crash, nothing is lost.
          options.log.warn('checkpoint not saved', { error: describeError(error) });
          scheduleUnlessStopping();
        },
      );
    });
  };
  const scheduleUnlessStopping = (): void => {
    if (!stopping.signal.aborted) scheduleCheckpoints();
  };

  const startAll = async (): Promise<void> => {
    const context = await createContext(options, stopping.signal);
    partitions = Array.from(
      { length: options.partitionCount },
      (_, number) => new Partition(number, options.registry, context),
    );
    pools = [...options.registry.pools].map((pool) => createPool(options, pool));
    await Promise.all(partitions.map((partition) => partition.start()));
    for (const pool of pools) pool.start();
    scheduleUnlessStopping();
  };

  const stopAll = async (): Promise<void> => {
    stopping.abort();
    cancelCheckpoints();
    await started?.catch(() => undefined);
    await Promise.all(pools.map((pool) => pool.stop()));
    await Promise.all(partitions.map((partition) => partition.stop())).catch((error: unknown) => {
      options.log.warn('last checkpoint not saved', { error: describeError(error) });
    });
  };

  return {
    start: () => (started ??= startAll()),
    stop: () => (stopped ??= stopAll()),
    get hosted() {
      return partitions.reduce((sum, partition) => sum + partition.size, 0);
    },
  };
}

async function createContext(options: WorkerOptions, signal: AbortSignal): Promise<HostContext> {
  const { namespace, storage, clock, log, observer = {} } = options;
  return { namespace, storage, clock, log, observer, signal, epoch: await storage.nextEpoch() };
}

function createPool(options: WorkerOptions, pool: string): EffectPool {
  const { workerId, registry, storage, clock, log } = options;
  const concurrency = options.concurrency[pool];
  if (concurrency === undefined) {
    throw new SignalboxError('SB_CONFIG_INVALID', `no concurrency is set for the pool "${pool}"`);
  }
  return createEffectPool({ pool, concurrency, workerId, registry, storage, clock, log });
}
