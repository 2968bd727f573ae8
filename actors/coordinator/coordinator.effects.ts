/** The coordinator's effects: preparing a run, verifying, committing, pushing, reporting. Fixed rules, no model. */
import { z } from 'zod';
import {
  localEffect,
  poolEffect,
  type EffectDefinition,
  type RetryPolicy,
} from '../../runtime/mod.ts';
import { assertNever, SignalboxError } from '../../runtime/contract/errors.ts';
import type { WorkflowDefinition } from '../../workflows/language/definition.schema.ts';
import type { ForgePort } from '../ports/forge.ts';
import { agentAuthor } from '../ports/identity.ts';
import type { RepositoryPort } from '../ports/repository.ts';
import type { BlobPort } from '../ports/transcripts.ts';
import type { CommandEnd, WorkspacePort } from '../ports/workspace.ts';
import { handoffSchema } from '../session/handoff.schema.ts';
import { testsCheckName } from './run-spec.schema.ts';
import { createProofRecord, type ProofRecord, type TestRun } from './proof.ts';

export interface CoordinatorPorts {
  readonly repositories: RepositoryPort;
  readonly workspace: WorkspacePort;
  readonly forge: ForgePort;
  readonly blobs: BlobPort;
  /** Id of a bundled workflow, or the path of a file. Throws `SB_NOT_FOUND`, `SB_WORKFLOW_INVALID`. */
  readonly loadWorkflow: (id: string) => Promise<{ readonly definition: WorkflowDefinition }>;
}

const gitDeadlineMs = 5 * 60_000;
const shortDeadlineMs = 60_000;
const gitRetry: RetryPolicy = {
  maxAttempts: 3,
  backoff: { type: 'exponential', initialDelayMs: 200, factor: 2 },
  maxDelayMs: 2_000,
  jitter: 'equal',
};
const maxOutputBytes = 64_000;
/** On top of the command's own deadline: its output is stored before this ends, and a store that is away is waited for. */
const verifyMarginMs = 30 * 60_000;

export const prepareSchema = z.object({
  repository: z.string(),
  baseBranch: z.string().optional(),
  workflow: z.string(),
});
export const verifySchema = z.object({
  run: z.string(),
  round: z.number().int(),
  worktree: z.string(),
  testCommand: z.string().nullable(),
  testTimeoutMs: z.number(),
  handoff: handoffSchema,
});
export const commitSchema = z.object({
  run: z.string(),
  session: z.string(),
  model: z.string(),
  worktree: z.string(),
  baseSha: z.string(),
  /** What the proof record is about; what the tests left behind is not among it. */
  paths: z.array(z.string()),
  handoff: handoffSchema,
});
export const pushSchema = z.object({
  worktree: z.string(),
  origin: z.string(),
  branch: z.string(),
});
export const reportSchema = z.object({ origin: z.string(), sha: z.string(), summary: z.string() });

export interface PreparedRun {
  readonly repository: {
    readonly path: string;
    readonly origin: string;
    readonly baseBranch: string;
  };
  readonly workflow: WorkflowDefinition;
}

const effectTrailer = 'Signalbox-Effect';

export function createCoordinatorEffects(
  ports: CoordinatorPorts,
): Record<string, EffectDefinition> {
  const { repositories, forge } = ports;
  const git = { deadlineMs: gitDeadlineMs, retry: gitRetry };
  return {
    prepareRun: localEffect({
      input: prepareSchema,
      deadlineMs: shortDeadlineMs,
      whenUnknown: 'retry',
      run: (input) => prepareRun(ports, input),
    }),
    verifyChange: poolEffect('verification', {
      input: verifySchema,
      deadlineMs: ({ testTimeoutMs }) => testTimeoutMs + verifyMarginMs,
      // Running a test command again is what test commands are for.
      whenUnknown: 'retry',
      run: (input, { signal }) => verifyChange(ports, input, signal),
    }),
    commitChange: poolEffect('git', {
      ...git,
      input: commitSchema,
      whenUnknown: {
        probe: async ({ worktree, baseSha }, { effectId }) => {
          const sha = await repositories.findCommitByTrailer({
            worktree,
            baseSha,
            key: effectTrailer,
            value: effectId,
          });
          return sha === undefined ? { happened: false } : { happened: true, output: { sha } };
        },
      },
      run: (input, { effectId }) => commitChange(repositories, input, effectId),
    }),
    pushBranch: poolEffect('git', {
      ...git,
      input: pushSchema,
      whenUnknown: 'idempotent',
      run: (input) => repositories.push(input),
    }),
    reportCheck: localEffect({
      input: reportSchema,
      deadlineMs: shortDeadlineMs,
      retry: gitRetry,
      whenUnknown: 'idempotent',
      run: ({ origin, sha, summary }) =>
        forge.reportCheck(origin, { name: testsCheckName, sha, conclusion: 'passed', summary }),
    }),
  };
}

async function prepareRun(
  ports: CoordinatorPorts,
  input: z.infer<typeof prepareSchema>,
): Promise<PreparedRun> {
  const inspection = await ports.repositories.inspect(input.repository);
  if (inspection.status === 'unusable') {
    throw new SignalboxError('SB_REPOSITORY_INVALID', `${inspection.problem}. ${inspection.next}`);
  }
  const { definition } = await ports.loadWorkflow(input.workflow);
  const { path, origin, defaultBranch } = inspection;
  return {
    workflow: definition,
    repository: { path, origin, baseBranch: input.baseBranch ?? defaultBranch },
  };
}

async function verifyChange(
  ports: CoordinatorPorts,
  input: z.infer<typeof verifySchema>,
  signal: AbortSignal,
): Promise<ProofRecord> {
  const { run, round, worktree, handoff } = input;
  // Before the tests run: what they leave behind is not part of the change.
  const changed = await ports.repositories.changedFiles(worktree);
  const tests =
    input.testCommand === null ? null : await runTests(ports, input, input.testCommand, signal);
  const proof = createProofRecord({
    run,
    round,
    tests,
    changed,
    declared: handoff.filesChanged,
    sideEffects: handoff.sideEffects,
  });
  await ports.blobs.put(`runs/${run}/proof-${round}.json`, encode(JSON.stringify(proof, null, 2)));
  return proof;
}

async function runTests(
  ports: CoordinatorPorts,
  { run, round, worktree, testTimeoutMs }: z.infer<typeof verifySchema>,
  command: string,
  signal: AbortSignal,
): Promise<TestRun> {
  const request = {
    root: worktree,
    command,
    timeoutMs: testTimeoutMs,
    maxCapturedBytes: maxOutputBytes,
  };
  const result = await ports.workspace.runCommand(request, signal);
  const output = `runs/${run}/tests-${round}.txt`;
  const text = `$ ${command}\n${describeEnd(result.end)}\n--- stdout ---\n${result.stdout.text}\n--- stderr ---\n${result.stderr.text}\n`;
  await ports.blobs.put(output, encode(text));
  return {
    command,
    output,
    exitCode: result.end.type === 'exited' ? result.end.exitCode : null,
    ended: describeEnd(result.end),
    durationMs: Math.round(result.durationMs),
  };
}

function describeEnd(end: CommandEnd): string {
  switch (end.type) {
    case 'exited':
      return `exited with ${end.exitCode}`;
    case 'signalled':
      return `was ended by ${end.signal}`;
    case 'timedOut':
      return `was ended after its ${Math.round(end.afterMs / 1000)} s`;
    default:
      return assertNever(end);
  }
}

async function commitChange(
  repositories: RepositoryPort,
  input: z.infer<typeof commitSchema>,
  effectId: string,
): Promise<{ readonly sha: string }> {
  const { handoff, worktree } = input;
  const committed = await repositories.commitAll({
    worktree,
    paths: input.paths,
    message: `${handoff.commit.type}: ${handoff.commit.subject}`,
    author: agentAuthor,
    trailers: [
      { key: 'Signalbox-Run', value: input.run },
      { key: 'Signalbox-Session', value: input.session },
      { key: 'Signalbox-Model', value: input.model },
      { key: effectTrailer, value: effectId },
    ],
  });
  if (committed.status === 'committed') return { sha: committed.sha };
  // An attempt before this one may have committed without living to say so.
  const { baseSha } = input;
  const sha = await repositories.findCommitByTrailer({
    worktree,
    baseSha,
    key: effectTrailer,
    value: effectId,
  });
  if (sha !== undefined) return { sha };
  throw new SignalboxError('SB_GIT_FAILED', 'nothing differs from the last commit any more');
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
