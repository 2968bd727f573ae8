/** A worker with all that lets people see what it does: metrics, reports once a second, traces, a log that names it. */
import { performance } from 'node:perf_hooks';
import { answerWorkerRequests } from '../../runtime/nats/backup/worker-requests.ts';
import type { Connection } from '../../runtime/nats/connection.ts';
import { sendWorkerReports } from '../../runtime/nats/worker-reports.ts';
import { createWorkerMetrics, type WorkerMetrics } from '../../runtime/worker/metrics.ts';
import { timeStorage } from '../../runtime/worker/timed-storage.ts';
import { createWorker, type WorkerOptions } from '../../runtime/worker/worker.ts';
import { combineObservers } from '../../runtime/worker/worker-activity.ts';
import { createWriteGate } from '../../runtime/worker/write-gate.ts';
import { createReportWriter } from '../../runtime/worker/write-report.ts';
import type { SystemLog } from './log.ts';

export interface WatchedWorkerOptions extends Omit<WorkerOptions, 'log'> {
  readonly connection: Connection;
  readonly log: SystemLog;
}

export interface WatchedWorker {
  readonly metrics: WorkerMetrics;
  /** What it reports goes out until it is stopped. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createWatchedWorker(options: WatchedWorkerOptions): WatchedWorker {
  const { connection, workerId, clock, namespace, observer = {} } = options;
  const metrics = createWorkerMetrics(clock);
  const timed = timeStorage(options.storage, metrics.timings, () => performance.now());
  // Outside of what is timed: a backup that holds writes back does not make the store slow.
  const gate = createWriteGate(timed, clock);
  const worker = createWorker({
    ...options,
    log: options.log.with({ workerId }),
    storage: gate.storage,
    observer: combineObservers([metrics.activity.observer, observer]),
  });
  metrics.watch(worker);
  const writeReport = createReportWriter({
    worker,
    activity: metrics.activity,
    nowMs: () => clock.nowMs(),
    pid: process.pid,
    memoryBytes: () => process.memoryUsage.rss(),
  });
  let stopReports = (): void => undefined;
  let stopAnswering = (): void => undefined;
  return {
    metrics,
    start: async () => {
      await worker.start();
      stopReports();
      stopReports = sendWorkerReports(connection, namespace, clock, writeReport);
      stopAnswering();
      const asked = { namespace, workerId, gate, worker };
      stopAnswering = answerWorkerRequests(connection, asked, options.log);
    },
    stop: async () => {
      stopReports();
      stopAnswering();
      await worker.stop();
    },
  };
}
