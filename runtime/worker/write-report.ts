/** Makes a worker's reports: what it holds now, and what it has done since the report before. */
import type { WorkerReport } from '../contract/worker-report.ts';
import type { WorkerActivity } from './worker-activity.ts';
import type { Worker } from './worker.ts';

/** Effects under way that are named; the rest is counted. */
const slowestNamed = 10;

export interface ReportSources {
  readonly worker: Pick<Worker, 'status' | 'hosted'>;
  readonly activity: WorkerActivity;
  readonly nowMs: () => number;
  readonly pid: number;
  readonly memoryBytes: () => number;
}

type Totals = WorkerReport['totals'];

export function createReportWriter(sources: ReportSources): () => WorkerReport {
  const { worker, activity, nowMs, pid } = sources;
  const startedMs = nowMs();
  let before = { totals: countTotals(activity), atMs: startedMs };
  return () => {
    const now = { totals: countTotals(activity), atMs: nowMs() };
    const perSecond = compareTotals(before, now);
    before = now;
    const { workerId, partitions, pools } = worker.status();
    const running = [...activity.running];
    return {
      v: 1,
      workerId,
      pid,
      at: new Date(now.atMs).toISOString(),
      startedAt: new Date(startedMs).toISOString(),
      memoryBytes: sources.memoryBytes(),
      hosted: worker.hosted,
      perSecond,
      totals: now.totals,
      partitions: partitions.map(({ partition, epoch, position, settledThrough, lag }) => ({
        partition,
        epoch,
        position,
        settledThrough,
        lag,
      })),
      pools: pools.map(({ pool, concurrency, running: count }) => ({
        pool,
        concurrency,
        running: count,
      })),
      localEffects: running.filter(({ pool }) => pool === undefined).length,
      slowest: running.slice(0, slowestNamed).map(({ sinceMs, pool, ...effect }) => ({
        ...effect,
        ...(pool === undefined ? {} : { pool }),
        since: new Date(sinceMs).toISOString(),
      })),
    };
  };
}

function countTotals(activity: WorkerActivity): Totals {
  const { commits, events, applied, deadLettered } = activity.totals();
  let retries = 0;
  for (const effect of activity.effects.values()) retries += effect.retries;
  return { commits, events, commands: applied, deadLetters: deadLettered, retries };
}

function compareTotals(
  before: { readonly totals: Totals; readonly atMs: number },
  now: { readonly totals: Totals; readonly atMs: number },
): WorkerReport['perSecond'] {
  const seconds = Math.max(0.001, (now.atMs - before.atMs) / 1_000);
  const rate = (key: keyof WorkerReport['perSecond']): number =>
    Math.round(((now.totals[key] - before.totals[key]) / seconds) * 10) / 10;
  return { commits: rate('commits'), commands: rate('commands'), events: rate('events') };
}
