/** A worker: hosts the actors of the partitions that are placed on it and runs effects of its pools. */
import { SignalboxError, describeError } from '../contract/errors.ts';
import type { Registry } from '../core/registry.ts';
import type { Clock, WorkerStorage } from '../core/storage.ts';
import type { Tracer } from '../core/tracer.ts';
import { createEffectPool, type EffectPool } from './effect-pool.ts';
import { createEffectGates, type EffectGates, type RateLimits } from './effect-gates.ts';
import type { WorkerLog } from './log.ts';
import { Partition, type PartitionStatus } from './partition.ts';
import { PlacementKeeper } from './placement-keeper.ts';
import type { WorkerObserver } from './worker-observer.ts';

/** How much reading is repeated after a crash at most; a checkpoint is one small message per partition. */
const defaultCheckpointEveryMs = 1_000;

/** What a partition that moves to another worker waits for its local effects: an `ask` effect is not cut without need. */
const handOverGraceMs = 3_000;

export interface WorkerOptions {
  readonly namespace: string;
  readonly partitionCount: number;
  /**
   * One letter-digit-dash token, of one process at a time. One that is kept over a restart gets back at once what a
   * process that died has held; with a new one the partitions are free when the dead worker's entry has ended.
   */
  readonly workerId: string;
  readonly registry: Registry;
  readonly storage: WorkerStorage;
  readonly clock: Clock;
  readonly log: WorkerLog;
  /** Default: true. */
  readonly hostsActors?: boolean;
  /** Pools whose effects this worker runs. Default: all that the registry names. */
  readonly pools?: readonly string[];
  /** Effects run at once, per pool. A pool without a number is refused when the worker starts. */
  readonly concurrency: Readonly<Record<string, number>>;
  /** Of rate limits that effects name, by bucket. All workers need the same ones. Default: none. */
  readonly limits?: RateLimits;
  /** How long `stop()` waits for local effects under way. Default: not at all, they are found by the next owner. */
  readonly stopGraceMs?: number;
  /** Default: 1,000. */
  readonly checkpointEveryMs?: number;
  readonly observer?: WorkerObserver;
  readonly tracer?: Tracer;
}

export interface WorkerStatus {
  readonly workerId: string;
  readonly partitions: readonly PartitionStatus[];
  readonly pools: readonly {
    readonly pool: string;
    readonly concurrency: number;
    readonly running: number;
  }[];
}

export interface Worker {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** What it holds and does at this moment. */
  status(): WorkerStatus;
  /** Now, instead of within the next second. */
  saveCheckpoints(): Promise<void>;
  /** Actors in memory now. */
  readonly hosted: number;
}

export function createWorker(options: WorkerOptions): Worker {
  const { clock, log, checkpointEveryMs = defaultCheckpointEveryMs } = options;
  const { shared } = options.storage;
  const gates = createEffectGates({ shared, limits: options.limits ?? {}, clock, log });
  const keeper = createKeeper(options, gates);
  let pools: readonly RunningPool[] = [];
  let started: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;
  let stopping = false;
  let cancelCheckpoints = (): void => undefined;

  const scheduleCheckpoints = (): void => {
    if (stopping) return;
    cancelCheckpoints = clock.schedule(clock.nowMs() + checkpointEveryMs, () => {
      keeper.saveCheckpoints().then(scheduleCheckpoints, (error: unknown) => {
        // The older checkpoint stays good: more is read again after a crash, nothing is lost.
        log.warn('checkpoint not saved', { error: describeError(error) });
        scheduleCheckpoints();
      });
    });
  };

  const startAll = async (): Promise<void> => {
    refuseUnknownPools(options);
    pools = poolsOf(options).map((pool) => createPool(options, gates, pool));
    await keeper.start();
    if (stopping) return;
    for (const { running } of pools) running.start();
    scheduleCheckpoints();
  };

  const stopAll = async (): Promise<void> => {
    stopping = true;
    cancelCheckpoints();
    await Promise.all(pools.map(({ running }) => running.stop()));
    await keeper.stop();
    await started?.catch(() => undefined);
  };

  const status = (): WorkerStatus => ({
    workerId: options.workerId,
    partitions: keeper.partitions.map((partition) => partition.status),
    pools: pools.map(({ pool, concurrency, running }) => ({
      pool,
      concurrency,
      running: running.running,
    })),
  });

  return {
    start: () => (started ??= startAll()),
    stop: () => (stopped ??= stopAll()),
    status,
    saveCheckpoints: () => keeper.saveCheckpoints(),
    get hosted() {
      return keeper.partitions.reduce((sum, partition) => sum + partition.status.hosted, 0);
    },
  };
}

function poolsOf({ registry, pools }: WorkerOptions): readonly string[] {
  return pools ?? [...registry.pools];
}

function refuseUnknownPools({ registry, pools = [] }: WorkerOptions): void {
  const unknown = pools.find((pool) => !registry.pools.has(pool));
  if (unknown === undefined) return;
  throw new SignalboxError('SB_CONFIG_INVALID', `no effect runs in a pool "${unknown}"`, {
    next: `The pools are: ${[...registry.pools].join(', ')}.`,
  });
}

function createKeeper(options: WorkerOptions, gates: EffectGates): PlacementKeeper {
  const { namespace, workerId, registry, storage, clock, log, observer = {} } = options;
  const shared = { namespace, storage, gates, clock, log, observer, tracer: options.tracer };
  return new PlacementKeeper({
    partitionCount: options.partitionCount,
    leases: storage.leases,
    clock,
    log,
    handOverGraceMs,
    stopGraceMs: options.stopGraceMs ?? 0,
    member: {
      workerId,
      hostsActors: options.hostsActors ?? true,
      pools: poolsOf(options),
      startedAt: new Date(clock.nowMs()).toISOString(),
    },
    open: (partition, epoch) => new Partition(partition, epoch, registry, shared),
  });
}

interface RunningPool {
  readonly pool: string;
  readonly concurrency: number;
  readonly running: EffectPool;
}

function createPool(options: WorkerOptions, gates: EffectGates, pool: string): RunningPool {
  const { workerId, registry, storage, clock, log, observer = {}, tracer } = options;
  const concurrency = options.concurrency[pool];
  if (concurrency === undefined) {
    throw new SignalboxError('SB_CONFIG_INVALID', `no concurrency is set for the pool "${pool}"`);
  }
  const context = { workerId, registry, storage, gates, clock, log, observer, tracer };
  return { pool, concurrency, running: createEffectPool({ ...context, pool, concurrency }) };
}
