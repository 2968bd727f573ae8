/** `signalbox worker [--roles LIST] [--nats URL]`: takes part in a system that runs as several processes, until Ctrl-C. */
import { setTimeout as wait } from 'node:timers/promises';
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { parseMetricsPort } from '../system/metrics-part.ts';
import { describeRoles, parseRoles, type Roles } from '../system/roles.ts';
import { startWorker } from '../system/start-worker.ts';
import { readSystemRecord } from '../system/system-record.ts';
import { untilSignal } from '../until-signal.ts';

/** How often a worker whose system has ended looks for the next one. */
const lookEveryMs = 500;

export async function work(
  context: CommandContext,
  options: { readonly roles: string; readonly metricsPort?: string },
): Promise<ExitCode> {
  const { output, settings } = context;
  const roles = parseRoles(options.roles);
  const metricsPort = parseMetricsPort(options.metricsPort, roles);
  const stopping = new AbortController();
  void untilSignal(() => process.exit(exitCodes.outcomeFailed)).then(() => {
    stopping.abort();
  });
  const { signal } = stopping;
  while (await workUntilAbandoned(context, { roles, metricsPort }, signal)) {
    if (settings.nats !== undefined) {
      output.warn('The connection to NATS is closed for good: the server refuses this worker.');
      return exitCodes.unavailable;
    }
    output.tell(`The system on ${settings.home} has ended. Waiting for the next …`);
    await untilSystemRuns(context, signal);
    if (signal.aborted) break;
  }
  return exitCodes.success;
}

/** Whether the system has gone, as opposed to this worker being told to stop. */
async function workUntilAbandoned(
  { settings, log, output }: CommandContext,
  { roles, metricsPort }: { readonly roles: Roles; readonly metricsPort: number | undefined },
  signal: AbortSignal,
): Promise<boolean> {
  const worker = await startWorker({ settings, log, roles, metricsPort });
  const told = new Promise<'told'>((resolve) => {
    const tell = (): void => {
      resolve('told');
    };
    signal.addEventListener('abort', tell, { once: true });
    if (signal.aborted) tell();
  });
  try {
    output.tell(`Worker runs: ${describeRoles(roles)}. ${worker.natsDescription}.`);
    for (const gap of worker.gaps) output.tell(gap);
    if (worker.gateway !== undefined) {
      output.tell(`Console: ${worker.gateway.loginLink}   (opens once)`);
    }
    const ended = await Promise.race([told, worker.abandoned]);
    if (ended === 'told') output.tell('Stopping …');
    return ended !== 'told';
  } finally {
    await worker.stop();
  }
}

async function untilSystemRuns({ home }: CommandContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await readSystemRecord(home.record)) === undefined) {
    await wait(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}
