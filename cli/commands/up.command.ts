/** `signalbox up [--demo]`: runs the whole system until Ctrl-C. */
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { startSystem, type RunningSystem } from '../system/start-system.ts';
import { untilSignal } from '../until-signal.ts';
import { concludeDemo } from '../demo/demo-job.ts';
import { runDemoOn } from './demo.command.ts';

export async function up(
  context: CommandContext,
  options: { readonly demo: boolean },
): Promise<ExitCode> {
  const { settings, output, log } = context;
  const signalled = untilSignal(() => process.exit(exitCodes.outcomeFailed));
  const system = await startSystem({ settings, log });
  try {
    output.tell(`Signalbox runs. ${system.natsDescription}. State: ${system.home.root}`);
    const stopping = new AbortController();
    const demo = options.demo ? tellDemo(context, system, stopping.signal) : Promise.resolve();
    if (!options.demo) tellWhereToLook(context, system);
    demo.catch((error: unknown) => {
      log.error(error instanceof Error ? error.message : String(error));
    });
    const ended = await Promise.race([signalled, system.failed]);
    stopping.abort();
    if (ended instanceof Error) {
      log.error(ended.message);
      return exitCodes.unavailable;
    }
    output.tell('Stopping …');
    return exitCodes.success;
  } finally {
    await system.stop();
  }
}

async function tellDemo(
  context: CommandContext,
  system: RunningSystem,
  signal: AbortSignal,
): Promise<void> {
  const { output } = context;
  output.tell('The demo job: an issue about a small library becomes a merged change.\n');
  const report = await runDemoOn(context, system, signal);
  if (signal.aborted) return;
  output.tell('');
  output.tell(
    report.outcome === 'merged'
      ? `Done: ${report.commits.length} commits, merge request ${report.mergeRequest?.number ?? ''} merged. The repository is ${report.mergeRequest?.repository ?? ''}`
      : `The demo job ended as ${report.outcome}: ${report.reason}`,
  );
  await concludeDemo(system.home);
  tellWhereToLook(context, system, report.run, report.session ?? undefined);
}

function tellWhereToLook(
  { output, settings }: CommandContext,
  system: RunningSystem,
  run?: string,
  session?: string,
): void {
  const home =
    settings.environment['SIGNALBOX_HOME'] === settings.home ? '' : ` --home ${settings.home}`;
  const lines = [
    '',
    'Where to look next:',
    `  console   ${system.loginLink}   (opens once; \`npx signalbox login${home}\` prints another)`,
    ...(run === undefined
      ? []
      : [`  events    npx signalbox session events ${session ?? run}${home}`]),
    `  status    npx signalbox status${home}`,
    `  your own  npx signalbox dispatch --repo PATH --goal TEXT${home}`,
    'Ctrl-C stops everything.',
  ];
  for (const line of lines) output.tell(line);
}
