/** What the workers report and the work queue holds, put together: `signalbox top`. Pure. */
import type { WorkerReport } from '../../runtime/contract/worker-report.ts';
import type { PoolBacklog } from '../../runtime/nats/pool-backlog.ts';

/** A worker that has missed three reports is not shown as alive. */
const silentAfterMs = 3_500;
const slowestShown = 10;

export interface TopView {
  readonly at: string;
  readonly perSecond: WorkerReport['perSecond'];
  readonly totals: WorkerReport['totals'];
  /** Commands that were given up and that nobody has dropped yet. */
  readonly deadLetters: number;
  readonly workers: readonly WorkerView[];
  readonly partitions: readonly PartitionView[];
  readonly pools: readonly PoolView[];
  readonly slowest: readonly (WorkerReport['slowest'][number] & { readonly worker: string })[];
}

export interface WorkerView {
  readonly worker: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly memoryBytes: number;
  readonly hosted: number;
  readonly localEffects: number;
  readonly perSecond: WorkerReport['perSecond'];
  readonly partitions: readonly number[];
}

export interface PartitionView {
  readonly partition: number;
  /** Null: no worker that reports reads it. */
  readonly worker: string | null;
  readonly epoch: number | null;
  readonly lag: number | null;
}

export interface PoolView {
  readonly pool: string;
  readonly running: number;
  /** Of all workers together. */
  readonly concurrency: number;
  readonly queued: number;
}

export interface TopSources {
  readonly reports: readonly WorkerReport[];
  readonly backlog: readonly PoolBacklog[];
  readonly deadLetters: number;
  readonly partitionCount: number;
  readonly nowMs: number;
}

export function viewTop({
  reports,
  backlog,
  deadLetters,
  partitionCount,
  nowMs,
}: TopSources): TopView {
  const alive = reports
    .filter(({ at }) => nowMs - Date.parse(at) < silentAfterMs)
    .toSorted((left, right) => (left.workerId < right.workerId ? -1 : 1));
  const sum = (read: (report: WorkerReport) => number): number =>
    Math.round(alive.reduce((total, report) => total + read(report), 0) * 10) / 10;
  return {
    at: new Date(nowMs).toISOString(),
    perSecond: {
      commits: sum(({ perSecond }) => perSecond.commits),
      commands: sum(({ perSecond }) => perSecond.commands),
      events: sum(({ perSecond }) => perSecond.events),
    },
    totals: {
      commits: sum(({ totals }) => totals.commits),
      commands: sum(({ totals }) => totals.commands),
      events: sum(({ totals }) => totals.events),
      deadLetters: sum(({ totals }) => totals.deadLetters),
      retries: sum(({ totals }) => totals.retries),
    },
    deadLetters,
    workers: alive.map(viewWorker),
    partitions: Array.from({ length: partitionCount }, (_, partition) =>
      viewPartition(partition, alive),
    ),
    pools: viewPools(alive, backlog),
    slowest: alive
      .flatMap(({ workerId, slowest }) =>
        slowest.map((effect) => ({ ...effect, worker: workerId })),
      )
      .toSorted((left, right) => (left.since < right.since ? -1 : 1))
      .slice(0, slowestShown),
  };
}

function viewWorker(report: WorkerReport): WorkerView {
  const { workerId, pid, startedAt, memoryBytes, hosted, localEffects, perSecond } = report;
  const partitions = report.partitions.map(({ partition }) => partition);
  const sorted = partitions.toSorted((left, right) => left - right);
  const facts = { pid, startedAt, memoryBytes, hosted, localEffects, perSecond };
  return { worker: workerId, ...facts, partitions: sorted };
}

/** While a partition changes hands two may report it: the later epoch is the owner. */
function viewPartition(partition: number, reports: readonly WorkerReport[]): PartitionView {
  let view: PartitionView = { partition, worker: null, epoch: null, lag: null };
  for (const { workerId, partitions } of reports) {
    const held = partitions.find((one) => one.partition === partition);
    if (held === undefined || held.epoch < (view.epoch ?? 0)) continue;
    view = { partition, worker: workerId, epoch: held.epoch, lag: held.lag };
  }
  return view;
}

function viewPools(
  reports: readonly WorkerReport[],
  backlog: readonly PoolBacklog[],
): readonly PoolView[] {
  const names = new Set([
    ...backlog.map(({ pool }) => pool),
    ...reports.flatMap(({ pools }) => pools.map(({ pool }) => pool)),
  ]);
  return [...names].toSorted().map((name) => {
    const slots = reports.flatMap(({ pools }) => pools.filter(({ pool }) => pool === name));
    return {
      pool: name,
      running: slots.reduce((total, { running }) => total + running, 0),
      concurrency: slots.reduce((total, { concurrency }) => total + concurrency, 0),
      queued: backlog.find(({ pool }) => pool === name)?.queued ?? 0,
    };
  });
}
