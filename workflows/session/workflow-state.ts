/**
 * What the engine remembers of one session's walk through one workflow. Plain JSON, held by the
 * session actor. Its size is bounded by the definition and the limits below, not by how long the
 * session has lived: the full history is in the session's events and transcript.
 */
import { z } from 'zod';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import type { JsonObject } from '../../runtime/contract/json.ts';
import type { StepDefinition, WorkflowDefinition } from '../language/definition.schema.ts';
import { hashDefinition } from '../language/definition-hash.ts';

/** An agent that cannot satisfy a step in five attempts will not in the sixth: someone must look. */
export const maxBlockedCompletions = 5;
/** A change that comes back this often needs a person, not another round. */
export const maxReopenings = 25;
/** Notes of steps that were done again later are kept up to this many, newest first. */
export const maxSupersededRecords = 40;
/** The whole typed artifact as JSON; what is larger belongs in the repository or in a blob. */
export const maxArtifactLength = 64_000;
/** A goal is shown in every prompt that names it. */
const maxGoalLength = 16_000;
/** A longer reason is cut where it is shown, visibly; the session's transcript has all of it. */
export const maxReasonLength = 8_000;

const maxNameLength = 1_000;
const nameSchema = z.string().min(1).max(maxNameLength);

export const workflowInputsSchema = z.strictObject({
  sessionId: nameSchema,
  goal: z.string().max(maxGoalLength).regex(/\S/, 'must not be blank'),
  repository: nameSchema,
  branch: nameSchema,
  baseBranch: nameSchema,
});
export type WorkflowInputs = Readonly<z.infer<typeof workflowInputsSchema>>;

/** The accepted notes of one step instance. */
export type StepRecord = {
  readonly stepId: string;
  /** Counts every step instance of the session from 1, rework included. */
  readonly instance: number;
  /** 0 for the first pass, then one more per reopening. */
  readonly round: number;
  readonly notes: string;
};

/** By artifact name. */
export type WorkflowArtifacts = JsonObject;

export type WorkflowState = {
  readonly v: 1;
  readonly workflow: { readonly id: string; readonly version: string; readonly hash: string };
  readonly inputs: WorkflowInputs;
  readonly phase: 'running' | 'finished' | 'exhausted';
  /** The current step; once finished or exhausted, the one it ended in. */
  readonly stepIndex: number;
  readonly instance: number;
  readonly round: number;
  /** Why the current round was opened; null in the first. */
  readonly reworkReason: string | null;
  /** Blocked completions of the current instance. */
  readonly blocked: number;
  /** What a completion must carry now. A new one after every answer but a refusal. */
  readonly token: string;
  /** The last answered completion: its repeat gets the same answer. */
  readonly answered: { readonly token: string; readonly digest: string } | null;
  /** Oldest first. The newest record of a step is never dropped. */
  readonly records: readonly StepRecord[];
  readonly artifacts: WorkflowArtifacts;
};

/**
 * Errors: `SB_WORKFLOW_INVALID` when the definition is not the one the session started with. A
 * session keeps its own copy of its definition, since bundled ones change from release to release.
 */
export function assertPinned(definition: WorkflowDefinition, state: WorkflowState): void {
  const hash = hashDefinition(definition);
  if (hash === state.workflow.hash) return;
  const { id, version, hash: pinned } = state.workflow;
  throw new SignalboxError(
    'SB_WORKFLOW_INVALID',
    `session ${state.inputs.sessionId} runs workflow ${id} ${version} (${pinned}), not ${definition.id} ${definition.version} (${hash})`,
    { next: 'Pass the definition that was stored when the session started.' },
  );
}

/** Errors: `SB_WORKFLOW_INVALID` when a definition has no such step; a pinned one always has. */
export function getStep(definition: WorkflowDefinition, index: number): StepDefinition {
  const step = definition.steps[index];
  if (step === undefined) {
    throw new SignalboxError(
      'SB_WORKFLOW_INVALID',
      `workflow ${definition.id} has ${definition.steps.length} steps, and none at position ${index}`,
    );
  }
  return step;
}
