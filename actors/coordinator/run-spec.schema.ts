/** What a run is asked to do: the input of a coordinator, from a trigger or from `dispatch`. */
import { z } from 'zod';
import { actorIdSchema } from '../../runtime/contract/address.ts';
import { mergePolicySchema } from '../merge-request/merge-request.schema.ts';
import {
  modelChoiceSchema,
  prioritySchema,
  sessionLimitsSchema,
} from '../session/session.schema.ts';

/** The check that says on the forge what the proof record says. */
export const testsCheckName = 'signalbox/tests';

export const runSpecSchema = z.strictObject({
  goal: z.string().trim().min(1, 'a run needs a goal'),
  /** Absolute path of a git repository. */
  repository: z.string().min(1),
  /** Defaults to the repository's default branch. */
  baseBranch: z.string().min(1).optional(),
  /** Id of a bundled workflow, or the path of a definition file. */
  workflow: z.string().min(1),
  model: modelChoiceSchema,
  /** The repository's own test command, run by the coordinator; null: nothing is run, and the proof record says so. */
  testCommand: z.string().min(1).nullable(),
  testTimeoutMs: z.number().int().min(1_000).max(3_600_000),
  merge: mergePolicySchema,
  limits: sessionLimitsSchema,
  priority: prioritySchema.default('normal'),
  /** Where the run comes from, for people. */
  source: z.string(),
});
export type RunSpec = Readonly<z.infer<typeof runSpecSchema>>;

export const coordinatorInputSchema = z.strictObject({
  run: actorIdSchema,
  queue: actorIdSchema,
  /** Folder that holds the worktrees. */
  worktrees: z.string().min(1),
  spec: runSpecSchema,
});
export type CoordinatorInput = Readonly<z.infer<typeof coordinatorInputSchema>>;

export const runEndSchema = z.object({
  outcome: z.enum(['merged', 'closed', 'escalated', 'failed']),
  reason: z.string(),
});
export type RunEnd = Readonly<z.infer<typeof runEndSchema>>;
