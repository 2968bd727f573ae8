/** What the workers say of themselves, heard for as long as every one of them needs to say it once. */
import type { WorkerReport } from '../../runtime/contract/worker-report.ts';
import type { Connection } from '../../runtime/nats/connection.ts';
import { listenForWorkerReports, reportEveryMs } from '../../runtime/nats/worker-reports.ts';

const hearForMs = reportEveryMs + 300;

/** Begins to listen; the answer comes when every worker has reported. Closing the connection ends it. */
export function hearReports(
  connection: Connection,
  namespace: string,
): () => Promise<readonly WorkerReport[]> {
  const reports = new Map<string, WorkerReport>();
  const stopListening = listenForWorkerReports(connection, namespace, (report) => {
    reports.set(report.workerId, report);
  });
  return async () => {
    await new Promise((resolve) => {
      setTimeout(resolve, hearForMs);
    });
    stopListening();
    return [...reports.values()];
  };
}
