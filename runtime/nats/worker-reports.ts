/** Reports of workers over core NATS: sent once a second by each, heard by whoever listens. Nothing is stored or asked for. */
import type { NatsConnection } from '@nats-io/nats-core';
import { workerReportSubject } from '../contract/subjects.ts';
import { workerReportSchema, type WorkerReport } from '../contract/worker-report.ts';
import type { Clock } from '../core/storage.ts';

export const reportEveryMs = 1_000;

/** Returns the way to stop. A report that cannot be sent is not worth a word: the next one comes in a second. */
export function sendWorkerReports(
  connection: Pick<NatsConnection, 'publish' | 'isClosed'>,
  namespace: string,
  clock: Clock,
  writeReport: () => WorkerReport,
): () => void {
  let cancel = (): void => undefined;
  const schedule = (): void => {
    cancel = clock.schedule(clock.nowMs() + reportEveryMs, () => {
      if (connection.isClosed()) return;
      const report = writeReport();
      connection.publish(workerReportSubject(namespace, report.workerId), JSON.stringify(report));
      schedule();
    });
  };
  schedule();
  return () => {
    cancel();
  };
}

/** Calls back with every report; returns the way to stop. */
export function listenForWorkerReports(
  connection: NatsConnection,
  namespace: string,
  heard: (report: WorkerReport) => void,
): () => void {
  const subscription = connection.subscribe(workerReportSubject(namespace, '*'), {
    callback: (error, message) => {
      if (error !== null) return;
      const parsed = workerReportSchema.safeParse(message.json());
      // A worker of another version: its partitions are shown as nobody's, which is what it is to us.
      if (parsed.success) heard(parsed.data);
    },
  });
  return () => {
    subscription.unsubscribe();
  };
}
