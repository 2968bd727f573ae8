/** `signalbox top`: what the workers do at this moment, from what they report by themselves. */
import type { WorkerReport } from '../../runtime/contract/worker-report.ts';
import { listenForWorkerReports, reportEveryMs } from '../../runtime/nats/worker-reports.ts';
import { withClient, type Client } from '../client/open-client.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { describeTop } from '../inspect/describe-top.ts';
import { viewTop, type TopView } from '../inspect/top-view.ts';
import { untilSignal } from '../until-signal.ts';

/** Every worker has reported once by then. */
const firstLookMs = reportEveryMs + 500;
const clearScreen = '\u001B[H\u001B[2J\u001B[3J';

export async function top(
  context: CommandContext,
  options: { readonly once?: boolean },
): Promise<ExitCode> {
  return withClient(context.settings, context.log, async (client) => {
    const reports = new Map<string, WorkerReport>();
    const stopListening = listenForWorkerReports(
      client.connection,
      client.record.namespace,
      (report) => reports.set(report.workerId, report),
    );
    try {
      await passed(firstLookMs);
      if (options.once === true || context.output.json || !process.stdout.isTTY) {
        const view = await look(client, reports);
        context.output.result(view, describe(view));
      } else {
        await watch(client, reports);
      }
      return exitCodes.success;
    } finally {
      stopListening();
    }
  });
}

async function watch(client: Client, reports: ReadonlyMap<string, WorkerReport>): Promise<void> {
  const ending = new AbortController();
  const signalled = untilSignal(() => process.exit(exitCodes.outcomeFailed)).then(() => {
    ending.abort();
  });
  while (!ending.signal.aborted) {
    const { rows, columns } = process.stdout;
    const lines = [...describe(await look(client, reports)), '', 'Ctrl-C ends.'];
    const fitting = lines.slice(0, rows - 1).map((line) => line.slice(0, columns));
    process.stdout.write(`${clearScreen}${fitting.join('\n')}\n`);
    await Promise.race([passed(reportEveryMs), signalled]);
  }
}

async function look(
  { storage, record }: Client,
  reports: ReadonlyMap<string, WorkerReport>,
): Promise<TopView> {
  const [backlog, letters] = await Promise.all([
    storage.poolBacklog(),
    storage.deadLetters.list({ limit: 1 }),
  ]);
  return viewTop({
    reports: [...reports.values()],
    backlog,
    deadLetters: letters.total,
    partitionCount: record.partitionCount,
    nowMs: Date.now(),
  });
}

function describe(view: TopView): readonly string[] {
  if (view.workers.length > 0) return describeTop(view);
  return ['No worker reports: none runs, or none reaches NATS.', ...describeTop(view).slice(2)];
}

function passed(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}
