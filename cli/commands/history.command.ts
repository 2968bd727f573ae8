/**
 * `signalbox history rebuild`: folds the read model anew from the event stream, in the running system or by itself.
 * `signalbox history export FILE`: all its events as lines of JSON; needs nothing but the history file.
 */
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { openHistoryReader } from '../../runtime/history/history.ts';
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
const exportPageSize = 1_000;
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

export async function exportHistory(context: CommandContext, name: string): Promise<ExitCode> {
  const file = resolve(name);
  const history = await openHistoryReader({ file: context.home.history });
  try {
    const handle = await open(file, 'wx', 0o600).catch((error: unknown) => {
      throw new SignalboxError('SB_INPUT_INVALID', `${file} cannot be made`, {
        cause: error,
        next: 'Name a file that does not exist, in a folder that does.',
      });
    });
    let events = 0;
    try {
      let after = 0;
      for (;;) {
        const page = await history.listEvents({ after, limit: exportPageSize });
        const last = page.at(-1);
        if (last === undefined) break;
        await handle.writeFile(page.map((event) => `${JSON.stringify(event)}\n`).join(''));
        events += page.length;
        after = last.seq;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    context.output.result({ file, events }, [`${events} events written to ${file}.`]);
    return exitCodes.success;
  } finally {
    await history.close();
  }
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
