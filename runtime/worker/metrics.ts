/**
 * A worker's metrics for Prometheus. Labels are names from the code (kinds, effect sources, pools) and partitions, never
 * ids of actors: their number is bounded. What happens on the way of a command is counted in plain numbers
 * (worker-activity.ts) and read when somebody asks.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Clock } from '../core/storage.ts';
import { createCheckpointAges, type CheckpointAges } from './checkpoint-ages.ts';
import type { StorageTimings } from './timed-storage.ts';
import {
  createWorkerActivity,
  type ActivityListener,
  type KindCounts,
  type WorkerActivity,
} from './worker-activity.ts';
import type { WorkerStatus } from './worker.ts';

/** A commit takes half a millisecond to a few; with an away server, up to minutes. */
const storeSeconds = [0.000_25, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2, 10];
/** An effect takes from nothing to hours. */
const effectSeconds = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200];
/** At most 64 commands are applied together. */
const batchCommands = [1, 2, 4, 8, 16, 32, 64];

export interface WorkerMetrics {
  readonly activity: WorkerActivity;
  readonly timings: StorageTimings;
  /** From now on, what the worker holds is told too. */
  watch(worker: { status(): WorkerStatus; readonly hosted: number }): void;
  /** A number that is read when metrics are asked for; one that cannot be read then is left out. */
  addGauge(name: string, help: string, read: () => Promise<number>): void;
  /** The same, by the values of one label. */
  addGauges(
    name: string,
    help: string,
    label: string,
    read: () => Promise<ReadonlyMap<string, number>>,
  ): void;
  /** In the text format of Prometheus. */
  render(): Promise<string>;
  readonly contentType: string;
}

export function createWorkerMetrics(clock: Pick<Clock, 'nowMs'>): WorkerMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const checkpoints = createCheckpointAges(() => clock.nowMs());
  const timings = createTimings(registry, checkpoints);
  const activity = createWorkerActivity(clock, createListener(registry));
  addActivityCounters(registry, activity);
  return {
    activity,
    timings,
    watch: (worker) => {
      addWorkerGauges(registry, worker, activity, checkpoints);
    },
    addGauge: (name, help, read) => {
      addReadGauge(registry, name, help, async (gauge) => {
        gauge.set(await read());
      });
    },
    addGauges: (name, help, label, read) => {
      addReadGauge(
        registry,
        name,
        help,
        async (gauge) => {
          for (const [value, number] of await read()) gauge.set({ [label]: value }, number);
        },
        [label],
      );
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function createTimings(registry: Registry, checkpoints: CheckpointAges): StorageTimings {
  const registers = [registry];
  const commitSeconds = new Histogram({
    name: 'signalbox_commit_duration_seconds',
    help: 'Time from sending a commit to its acknowledgement',
    buckets: storeSeconds,
    registers,
  });
  const loadSeconds = new Histogram({
    name: 'signalbox_activation_duration_seconds',
    help: 'Time to read the last commit of an actor that comes into memory',
    buckets: storeSeconds,
    registers,
  });
  const claims = new Counter({
    name: 'signalbox_partition_claims_total',
    help: 'Partitions this worker has claimed: at its start, and of workers that have gone',
    registers,
  });
  const renewals = new Counter({
    name: 'signalbox_lease_renewal_failures_total',
    help: 'Renewals of this worker’s place among the live ones that failed or came too late',
    registers,
  });
  return {
    commitTook: (seconds) => {
      commitSeconds.observe(seconds);
    },
    loadTook: (seconds) => {
      loadSeconds.observe(seconds);
    },
    claimed: () => {
      claims.inc();
    },
    renewalFailed: () => {
      renewals.inc();
    },
    checkpointSaved: (partition, offset) => {
      checkpoints.saved(partition, offset);
    },
  };
}

function createListener(registry: Registry): ActivityListener {
  const registers = [registry];
  const batch = new Histogram({
    name: 'signalbox_commit_commands',
    help: 'Commands applied together in one commit',
    buckets: batchCommands,
    registers,
  });
  const attemptSeconds = new Histogram({
    name: 'signalbox_effect_attempt_duration_seconds',
    help: 'Time that one attempt of an effect took',
    labelNames: ['kind', 'source'],
    buckets: effectSeconds,
    registers,
  });
  return {
    batchSize: (commands) => {
      batch.observe(commands);
    },
    attemptTook: ({ actor, source }, durationMs) => {
      attemptSeconds.observe({ kind: actor.kind, source }, durationMs / 1_000);
    },
  };
}

const outcomes = [
  ['applied', 'applied'],
  ['refused', 'refused'],
  ['dead_lettered', 'deadLettered'],
  ['ignored', 'ignored'],
] as const satisfies readonly (readonly [string, keyof KindCounts])[];

function addActivityCounters(registry: Registry, activity: WorkerActivity): void {
  const byKind = (name: string, help: string, key: keyof KindCounts): void => {
    addReadCounter(registry, { name, help, labelNames: ['kind'] }, (counter) => {
      for (const [kind, counts] of activity.kinds) counter.inc({ kind }, counts[key]);
    });
  };
  byKind('signalbox_commits_total', 'Transitions stored', 'commits');
  byKind('signalbox_events_total', 'Events told by the commits', 'events');
  byKind(
    'signalbox_commit_conflicts_total',
    'Commits refused: another owner was first',
    'conflicts',
  );
  byKind('signalbox_actors_quarantined_total', 'Actors set aside', 'quarantined');
  addReadCounter(
    registry,
    {
      name: 'signalbox_commands_total',
      help: 'Commands dealt with, by what became of them',
      labelNames: ['kind', 'outcome'],
    },
    (counter) => {
      for (const [kind, counts] of activity.kinds)
        for (const [outcome, key] of outcomes) counter.inc({ kind, outcome }, counts[key]);
    },
  );
  addReadCounter(
    registry,
    {
      name: 'signalbox_effect_attempts_total',
      help: 'Attempts of effects that have ended, by how: done, failed, or cut off',
      labelNames: ['kind', 'source', 'outcome'],
    },
    (counter) => {
      for (const { kind, source, outcomes: ended } of activity.effects.values())
        for (const [outcome, count] of Object.entries(ended))
          counter.inc({ kind, source, outcome }, count);
    },
  );
  addReadCounter(
    registry,
    {
      name: 'signalbox_effect_retries_total',
      help: 'Attempts that were not the first of their effect',
      labelNames: ['kind', 'source'],
    },
    (counter) => {
      for (const { kind, source, retries } of activity.effects.values())
        counter.inc({ kind, source }, retries);
    },
  );
}

function addWorkerGauges(
  registry: Registry,
  worker: { status(): WorkerStatus; readonly hosted: number },
  activity: WorkerActivity,
  checkpoints: CheckpointAges,
): void {
  const gauge = (
    name: string,
    help: string,
    labelNames: readonly string[],
    read: (gauge: Gauge) => void,
  ): void => {
    addReadGauge(
      registry,
      name,
      help,
      async (target) => {
        read(target);
      },
      labelNames,
    );
  };
  gauge('signalbox_actors_hosted', 'Actors in memory', [], (target) => {
    target.set(worker.hosted);
  });
  gauge('signalbox_partitions_owned', 'Partitions this worker reads', [], (target) => {
    target.set(worker.status().partitions.length);
  });
  gauge(
    'signalbox_partition_lag_commands',
    'Commands in the inbox of a partition that wait to be applied',
    ['partition'],
    (target) => {
      for (const { partition, lag } of worker.status().partitions)
        target.set({ partition: String(partition) }, lag);
    },
  );
  gauge(
    'signalbox_checkpoint_age_seconds',
    'For how long the stored checkpoint of a partition has been behind what is settled',
    ['partition'],
    (target) => {
      for (const { partition, settledThrough } of worker.status().partitions)
        target.set({ partition: String(partition) }, checkpoints.ageOf(partition, settledThrough));
    },
  );
  gauge('signalbox_effects_running', 'Effects under way', ['pool'], (target) => {
    const counts = new Map([
      ['local', 0],
      ...worker.status().pools.map(({ pool }) => [pool, 0] as const),
    ]);
    for (const { pool = 'local' } of activity.running)
      counts.set(pool, (counts.get(pool) ?? 0) + 1);
    for (const [pool, count] of counts) target.set({ pool }, count);
  });
}

function addReadCounter(
  registry: Registry,
  options: { readonly name: string; readonly help: string; readonly labelNames: string[] },
  read: (counter: Counter) => void,
): void {
  const counter = new Counter({
    ...options,
    registers: [registry],
    collect: () => {
      // What is counted elsewhere only ever grows; here it is taken over as it stands.
      counter.reset();
      read(counter);
    },
  });
}

function addReadGauge(
  registry: Registry,
  name: string,
  help: string,
  read: (gauge: Gauge) => Promise<void>,
  labelNames: readonly string[] = [],
): void {
  const gauge = new Gauge({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect: async () => {
      gauge.reset();
      // A scrape must say what can be said; a number that cannot be read is absent, not old.
      await read(gauge).catch(() => {
        if (labelNames.length === 0) gauge.remove();
      });
    },
  });
}
