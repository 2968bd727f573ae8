/** `signalbox history rebuild`: folds the read model anew from the event stream, in the running system or by itself. */
import { systemRequestSubject } from '../../runtime/contract/subjects.ts';
import { sendRequest } from '../../runtime/nats/requests.ts';
import { withClient } from '../client/open-client.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { startSystem } from '../system/start-system.ts';
import {
  answerSystemRequest,
  rebuildReportSchema,
  type RebuildReport,
  type SystemRequest,
} from '../system/system-requests.ts';
import { readSystemRecord } from '../system/system-record.ts';

/** A million events take about a minute. */
const rebuildTimeoutMs = 10 * 60_000;
const request: SystemRequest = { type: 'rebuildHistory' };

export async function rebuild(context: CommandContext): Promise<ExitCode> {
  const running = (await readSystemRecord(context.home.record)) !== undefined;
  const report = running ? await askRunningSystem(context) : await rebuildAlone(context);
  const holes = report.holes === 0 ? '' : `, ${report.holes} ranges are no longer in the stream`;
  context.output.result(report, [
    `History rebuilt: ${report.events} events, ${report.actors} actors, ${report.durationMs} ms${holes}.`,
  ]);
  return exitCodes.success;
}

async function askRunningSystem({ settings, log }: CommandContext): Promise<RebuildReport> {
  return withClient(settings, log, async ({ connection, record }) => {
    const subject = systemRequestSubject(record.namespace);
    return rebuildReportSchema.parse(
      await sendRequest(connection, subject, request, rebuildTimeoutMs),
    );
  });
}

async function rebuildAlone({ settings, log }: CommandContext): Promise<RebuildReport> {
  const system = await startSystem({ settings, log });
  try {
    return await answerSystemRequest(request, system.history, system.storage.events, log);
  } finally {
    await system.stop();
  }
}
