/** Inputs of actors and artifacts for tests: valid as they are, changed where a test is about something. */
import { loadBundledWorkflow } from '../../workflows/library/library.ts';
import type { CoordinatorInput, RunSpec } from '../coordinator/run-spec.schema.ts';
import type { MergePolicy, MergeRequestInput } from '../merge-request/merge-request.schema.ts';
import type { Handoff } from '../session/handoff.schema.ts';
import {
  defaultSessionLimits,
  type ReceiveHandoff,
  type SessionInput,
} from '../session/session.schema.ts';

/** The bundled workflow: understand, change, verify, hand-over. */
export const changeWorkflow = (await loadBundledWorkflow('change')).definition;

export const worktree = {
  path: '/worktrees/run-1',
  branch: 'signalbox/run-1',
  baseSha: 'a'.repeat(40),
};

export function createSessionInput(changes: Partial<SessionInput> = {}): SessionInput {
  return {
    session: 'run-1::session',
    run: 'run-1',
    coordinator: { kind: 'coordinator', id: 'run-1' },
    queue: 'main',
    goal: 'Make slugify keep digits',
    repository: { path: '/repository', origin: '/origin.git', baseBranch: 'main' },
    branch: worktree.branch,
    worktree: worktree.path,
    workflow: changeWorkflow,
    model: { provider: 'replay', recording: '/recording.json' },
    limits: defaultSessionLimits,
    priority: 'normal',
    ...changes,
  };
}

export function createHandoff(changes: Partial<Handoff> = {}): Handoff {
  return {
    title: 'Keep digits in slugs',
    body: 'Digits are kept by slugify. Verified with `npm test` (exit code 0).',
    commit: { type: 'fix', subject: 'keep digits in slugs' },
    filesChanged: ['src/slugify.ts', 'test/slugify.test.ts'],
    sideEffects: [],
    ...changes,
  };
}

export function createReceiveHandoff(changes: Partial<ReceiveHandoff> = {}): ReceiveHandoff {
  return {
    type: 'receiveHandoff',
    session: 'run-1::session',
    round: 0,
    handoff: createHandoff(),
    worktree,
    answered: [],
    ...changes,
  };
}

export const greenPolicy: MergePolicy = {
  merge: 'whenGreen',
  review: 'addressed',
  requiredChecks: ['signalbox/tests'],
  maxReviewRounds: 3,
};

export function createMergeRequestInput(policy: Partial<MergePolicy> = {}): MergeRequestInput {
  return {
    run: 'run-1',
    session: { kind: 'session', id: 'run-1::session' },
    coordinator: { kind: 'coordinator', id: 'run-1' },
    repository: '/origin.git',
    sourceBranch: worktree.branch,
    targetBranch: 'main',
    title: 'Keep digits in slugs',
    body: 'Digits are kept by slugify.',
    headSha: 'sha-1',
    policy: { ...greenPolicy, ...policy },
  };
}

export function createRunSpec(changes: Partial<RunSpec> = {}): RunSpec {
  return {
    goal: 'Make slugify keep digits',
    repository: '/repository',
    workflow: 'change',
    model: { provider: 'replay', recording: '/recording.json' },
    testCommand: 'npm test',
    testTimeoutMs: 60_000,
    merge: greenPolicy,
    limits: defaultSessionLimits,
    priority: 'normal',
    source: 'a test',
    ...changes,
  };
}

export function createCoordinatorInput(spec: Partial<RunSpec> = {}): CoordinatorInput {
  return { run: 'run-1', queue: 'main', worktrees: '/worktrees', spec: createRunSpec(spec) };
}
