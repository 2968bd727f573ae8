/** The coordinator's context and the pure functions that plan a run: names, inputs of effects and children. */
import { childActorId, type ActorAddress } from '../../runtime/mod.ts';
import type { MergeRequestInput } from '../merge-request/merge-request.schema.ts';
import type { ReceiveHandoff, SessionEnd, SessionInput } from '../session/session.schema.ts';
import type { PreparedRun } from './coordinator.effects.ts';
import type { CoordinatorEvent } from './coordinator.events.ts';
import { formatProof, type ProofRecord } from './proof.ts';
import type { CoordinatorInput, RunEnd } from './run-spec.schema.ts';

export type CoordinatorContext = {
  readonly input: CoordinatorInput;
  readonly prepared: PreparedRun | null;
  /** The last handoff. */
  readonly delivery: ReceiveHandoff | null;
  readonly proof: ProofRecord | null;
  /** In a row, since the last change that passed. */
  readonly failedProofs: number;
  readonly commits: readonly string[];
  readonly session: 'none' | 'live' | 'ended';
  readonly mergeRequest: 'none' | 'open' | 'ended';
  readonly end: RunEnd | null;
};

/** A session gets this many chances to mend a change that did not pass; then a person is asked. */
export const maxFailedProofs = 2;

export function createCoordinatorContext(input: CoordinatorInput): CoordinatorContext {
  return {
    input,
    prepared: null,
    delivery: null,
    proof: null,
    failedProofs: 0,
    commits: [],
    session: 'none',
    mergeRequest: 'none',
    end: null,
  };
}

export function sessionAddress(run: string): ActorAddress {
  return { kind: 'session', id: childActorId(run, 'session') };
}

export function mergeRequestAddress(run: string): ActorAddress {
  return { kind: 'merge-request', id: childActorId(run, 'merge-request') };
}

export function branchOf(run: string): string {
  return `signalbox/${run}`;
}

/** In the states behind `preparing` there is a prepared run; anything else is a defect. */
function requirePrepared({ prepared, input }: CoordinatorContext): PreparedRun {
  if (prepared === null) throw new Error(`run ${input.run} is not prepared`);
  return prepared;
}

function requireDelivery({ delivery, input }: CoordinatorContext): ReceiveHandoff {
  if (delivery === null) throw new Error(`run ${input.run} has no handoff`);
  return delivery;
}

export function createSessionInput(context: CoordinatorContext): SessionInput {
  const { run, queue, worktrees, spec } = context.input;
  const { repository, workflow } = requirePrepared(context);
  return {
    run,
    queue,
    repository,
    workflow,
    session: sessionAddress(run).id,
    coordinator: { kind: 'coordinator', id: run },
    goal: spec.goal,
    branch: branchOf(run),
    worktree: `${worktrees}/${run}`,
    model: spec.model,
    limits: spec.limits,
    priority: spec.priority,
  };
}

export function describeSession(context: CoordinatorContext): {
  readonly session: string;
  readonly branch: string;
  readonly baseBranch: string;
  readonly origin: string;
} {
  const { run } = context.input;
  const { baseBranch, origin } = requirePrepared(context).repository;
  return { session: sessionAddress(run).id, branch: branchOf(run), baseBranch, origin };
}

export function createVerifyInput(context: CoordinatorContext) {
  const { run, spec } = context.input;
  const { round, worktree, handoff } = requireDelivery(context);
  const { testCommand, testTimeoutMs } = spec;
  return { run, round, worktree: worktree.path, testCommand, testTimeoutMs, handoff };
}

export function createCommitInput(context: CoordinatorContext) {
  const { run, spec } = context.input;
  const { session, worktree, handoff } = requireDelivery(context);
  const paths = [...(context.proof?.changedFiles ?? [])];
  const model = spec.model.provider === 'anthropic' ? spec.model.model : 'recording';
  return {
    run,
    session,
    model,
    worktree: worktree.path,
    baseSha: worktree.baseSha,
    paths,
    handoff,
  };
}

export function createPushInput(context: CoordinatorContext) {
  const { worktree } = requireDelivery(context);
  const { origin } = requirePrepared(context).repository;
  return { worktree: worktree.path, origin, branch: worktree.branch };
}

export function createReportInput(context: CoordinatorContext) {
  const { proof } = context;
  const summary = `\`${proof?.command ?? ''}\` ${proof?.ended ?? ''} in ${proof?.durationMs ?? 0} ms`;
  const { origin } = requirePrepared(context).repository;
  return { origin, sha: context.commits.at(-1) ?? '', summary };
}

export function createMergeRequestInput(context: CoordinatorContext): MergeRequestInput {
  const { run, spec } = context.input;
  const { repository } = requirePrepared(context);
  const { handoff } = requireDelivery(context);
  const proof = context.proof === null ? '' : `\n\n${formatProof(context.proof)}`;
  return {
    run,
    session: sessionAddress(run),
    coordinator: { kind: 'coordinator', id: run },
    repository: repository.origin,
    sourceBranch: branchOf(run),
    targetBranch: repository.baseBranch,
    title: handoff.title,
    body: handoff.body + proof,
    headSha: context.commits.at(-1) ?? '',
    policy: spec.merge,
  };
}

/** A session that ends before its merge request has: the run has failed, unless it had already ended. */
export function noteSessionEnd(
  context: CoordinatorContext,
  end: SessionEnd,
): Partial<CoordinatorContext> {
  const reason = `the session ${end.outcome === 'killed' ? 'was killed' : end.outcome}: ${end.reason}`;
  return { session: 'ended', end: context.end ?? { outcome: 'failed', reason } };
}

export function describeProof(proof: ProofRecord): CoordinatorEvent {
  const { run: _run, ended: _ended, ...facts } = proof;
  return { type: 'proofRecorded', ...facts };
}

export function describeEnd(
  type: 'runCompleted' | 'runFailed',
  end: RunEnd | null,
): CoordinatorEvent {
  return {
    type,
    outcome: end?.outcome ?? 'failed',
    reason: end?.reason ?? 'ended without a reason',
  };
}
