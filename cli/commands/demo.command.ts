/** `signalbox demo [--json]`: runs the demo job to its end, on the system that runs or on one of its own. */
import { createLocalForge } from '../../integrations/forge/local/local-forge.ts';
import { persistently } from '../../runtime/worker/persistence.ts';
import { systemClock } from '../../runtime/worker/system-clock.ts';
import { openClient } from '../client/open-client.ts';
import type { RunReport } from '../client/run-report.ts';
import type { CommandContext } from '../command-context.ts';
import { beginDemo, concludeDemo, type DemoContext } from '../demo/demo-job.ts';
import { watchDemo } from '../demo/watch-demo.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { startSystem, type RunningSystem } from '../system/start-system.ts';
import { readSystemRecord } from '../system/system-record.ts';
import { untilSignal } from '../until-signal.ts';

export async function demo(context: CommandContext): Promise<ExitCode> {
  const { settings, output, log, home } = context;
  const startedAt = Date.now();
  const stopping = new AbortController();
  void untilSignal(() => process.exit(exitCodes.outcomeFailed)).then(() => {
    stopping.abort();
  });
  const { signal } = stopping;
  const running = await readSystemRecord(home.record);
  let report: RunReport;
  if (running === undefined) {
    const system = await startSystem({ settings, log });
    const failure = system.failed.then((error) => {
      throw error;
    });
    try {
      report = await Promise.race([runDemoOn(context, system, signal), failure]);
    } finally {
      await system.stop();
    }
  } else {
    const client = await openClient(settings, log);
    try {
      const { storage } = client;
      const demoContext = createDemoContext(context, running.gatewayUrl, storage.commands, signal);
      report = await runJob({ ...demoContext, events: storage.events }, context, signal);
    } finally {
      await client.close();
    }
  }
  const durationMs = Date.now() - startedAt;
  output.result({ ...report, durationMs }, [
    '',
    report.outcome === 'merged'
      ? `Merged: ${report.commits.length} commits, merge request ${report.mergeRequest?.number ?? ''}, ${(durationMs / 1000).toFixed(1)} s`
      : `Not merged: ${report.outcome}. ${report.reason}`,
  ]);
  if (!signal.aborted) await concludeDemo(home);
  return report.outcome === 'merged' ? exitCodes.success : exitCodes.outcomeFailed;
}

export async function runDemoOn(
  context: CommandContext,
  system: RunningSystem,
  signal: AbortSignal,
): Promise<RunReport> {
  const { gatewayUrl, storage } = system;
  const demoContext = createDemoContext(context, gatewayUrl, storage.commands, signal);
  return runJob({ ...demoContext, events: storage.events }, context, signal);
}

async function runJob(
  demoContext: Parameters<typeof watchDemo>[0],
  { output }: CommandContext,
  signal: AbortSignal,
): Promise<RunReport> {
  const job = await beginDemo(demoContext);
  return watchDemo(
    demoContext,
    job,
    (line) => {
      output.tell(line);
    },
    signal,
  );
}

function createDemoContext(
  { settings, home, log }: CommandContext,
  gatewayUrl: string,
  commands: DemoContext['commands'],
  signal: AbortSignal,
): DemoContext {
  const forge = createLocalForge({
    environment: settings.environment,
    clock: () => new Date(),
    onDamaged: (error) => {
      log.warn(error.message);
    },
  });
  const { environment } = settings;
  const insist: DemoContext['insist'] = (what, run) =>
    persistently({ clock: systemClock, log, signal }, what, run);
  return { home, environment, gatewayUrl, commands, forge, insist };
}
