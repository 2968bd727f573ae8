/** `signalbox dispatch`: hands one goal on one repository to the running system. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { testsCheckName } from '../../actors/coordinator/run-spec.schema.ts';
import { coordinatorInputSchema, type RunSpec } from '../../actors/coordinator/run-spec.schema.ts';
import type { ModelChoice } from '../../actors/ports/model.ts';
import { defaultSessionLimits } from '../../actors/session/session.schema.ts';
import { createRepositories } from '../../integrations/git/repositories.ts';
import { loadRecording } from '../../integrations/model/recording/load-recording.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { toJson } from '../../runtime/core/draft.ts';
import { followRun } from '../client/follow-run.ts';
import { narrate } from '../client/narrate.ts';
import { withClient, type Client } from '../client/open-client.ts';
import { createRunReport, foldRunEvent, type RunReport } from '../client/run-report.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { isWorkflowFile, loadWorkflow, workQueueId } from '../system/actors.ts';
import { untilSignal } from '../until-signal.ts';

export interface DispatchOptions {
  readonly repo: string;
  readonly goal: string;
  readonly workflow: string;
  readonly model?: string;
  readonly base?: string;
  /** `false` with `--no-test`. */
  readonly test?: string | false;
  readonly merge: 'never' | 'whenGreen';
  readonly review: 'none' | 'addressed' | 'approved';
  readonly priority: 'high' | 'normal' | 'low';
  readonly wait?: boolean;
}

const testTimeoutMs = 30 * 60_000;
const maxReviewRounds = 5;

export async function dispatch(
  context: CommandContext,
  options: DispatchOptions,
): Promise<ExitCode> {
  const spec = await createSpec(context, options);
  return withClient(context.settings, context.log, async (client) => {
    const run = `run-${randomBytes(8).toString('hex')}`;
    const input = coordinatorInputSchema.parse({
      run,
      spec,
      queue: workQueueId,
      worktrees: client.home.worktrees,
    });
    await client.storage.commands.start({ kind: 'coordinator', id: run }, toJson(input), run);
    if (options.wait !== true) {
      context.output.result({ run, session: `${run}::session`, testCommand: spec.testCommand }, [
        `run ${run} is on its way (tests: ${spec.testCommand ?? 'none'}).`,
        `Follow it with: signalbox session events ${run} -f`,
      ]);
      return exitCodes.success;
    }
    const report = await waitForEnd(context, client, run);
    context.output.result(report, ['', `${report.outcome}: ${report.reason}`]);
    return report.outcome === 'merged' || report.outcome === 'leftOpen'
      ? exitCodes.success
      : exitCodes.outcomeFailed;
  });
}

async function waitForEnd(
  { output }: CommandContext,
  client: Client,
  run: string,
): Promise<RunReport> {
  const stopping = new AbortController();
  void untilSignal(() => process.exit(exitCodes.outcomeFailed)).then(() => {
    stopping.abort();
  });
  let report = createRunReport(run);
  await followRun(client.storage.events, run, stopping.signal, (event) => {
    report = foldRunEvent(report, event);
    const line = narrate(event);
    if (line !== undefined) output.tell(line);
    return report.outcome === 'running' ? 'go on' : 'stop';
  });
  return report;
}

/** Everything that can be known to be wrong is said now, not by a run that fails later. */
async function createSpec(
  { settings }: CommandContext,
  options: DispatchOptions,
): Promise<RunSpec> {
  if (options.goal.trim() === '') {
    throw new SignalboxError('SB_INPUT_INVALID', 'the goal is empty', {
      next: 'Say with --goal what should be different.',
    });
  }
  const repository = resolve(options.repo);
  const inspection = await createRepositories({ environment: settings.environment }).inspect(
    repository,
  );
  if (inspection.status === 'unusable') {
    throw new SignalboxError('SB_REPOSITORY_INVALID', inspection.problem, {
      next: inspection.next,
    });
  }
  // The system that runs it works in another folder than this command.
  const workflow = isWorkflowFile(options.workflow) ? resolve(options.workflow) : options.workflow;
  await loadWorkflow(workflow);
  const testCommand =
    options.test === false ? null : (options.test ?? (await findTestCommand(repository)));
  return {
    goal: options.goal.trim(),
    repository,
    workflow,
    model: await parseModel(options.model ?? settings.defaultModel),
    testCommand,
    testTimeoutMs,
    merge: {
      merge: options.merge,
      review: options.review,
      requiredChecks: testCommand === null ? [] : [testsCheckName],
      maxReviewRounds,
    },
    limits: defaultSessionLimits,
    priority: options.priority,
    source: 'dispatch',
    ...(options.base === undefined ? {} : { baseBranch: options.base }),
  };
}

/** `replay:FILE` plays a recording; anything else is a model of Anthropic's. */
async function parseModel(text: string): Promise<ModelChoice> {
  if (!text.startsWith('replay:')) return { provider: 'anthropic', model: text };
  const recording = resolve(text.slice('replay:'.length));
  await loadRecording(recording);
  return { provider: 'replay', recording };
}

const packageSchema = z.object({ scripts: z.object({ test: z.string().min(1) }) });

/** The repository's own, where it says so in a way that needs no guessing. */
async function findTestCommand(repository: string): Promise<string | null> {
  const text = await readFile(join(repository, 'package.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return null;
  try {
    return packageSchema.safeParse(JSON.parse(text)).success ? 'npm test' : null;
  } catch {
    // Not JSON: whatever it is, it names no test script.
    return null;
  }
}
