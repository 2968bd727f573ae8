/** What a session is started with and what it answers. */
import { z } from 'zod';
import { actorAddressSchema, actorIdSchema } from '../../runtime/contract/address.ts';
import { definitionSchema } from '../../workflows/language/definition.schema.ts';
import { handoffSchema } from './handoff.schema.ts';

/** Whose session works first when many wait. */
export const prioritySchema = z.enum(['high', 'normal', 'low']);

export const modelChoiceSchema = z.discriminatedUnion('provider', [
  z.strictObject({ provider: z.literal('anthropic'), model: z.string().min(1) }),
  /** `recording`: absolute path of a recording file. */
  z.strictObject({ provider: z.literal('replay'), recording: z.string().min(1) }),
]);

/** Caps stop before the next model call; each has its own terminal reason. */
export const sessionLimitsSchema = z.strictObject({
  maxTurns: z.number().int().min(1).max(10_000),
  /** Input and output tokens of all model calls together. */
  maxTokens: z.number().int().min(1),
  maxOutputTokensPerTurn: z.number().int().min(1),
});

export const defaultSessionLimits: z.infer<typeof sessionLimitsSchema> = {
  maxTurns: 200,
  maxTokens: 4_000_000,
  maxOutputTokensPerTurn: 16_000,
};

export const sessionInputSchema = z.strictObject({
  session: actorIdSchema,
  run: actorIdSchema,
  /** Hears of handoffs. */
  coordinator: actorAddressSchema,
  /** The work queue that gives out slots. */
  queue: actorIdSchema,
  priority: prioritySchema,
  goal: z.string().trim().min(1),
  repository: z.strictObject({ path: z.string(), origin: z.string(), baseBranch: z.string() }),
  branch: z.string(),
  /** Where the worktree will be. */
  worktree: z.string(),
  /** Pinned: the session keeps its own copy. */
  workflow: definitionSchema,
  model: modelChoiceSchema,
  limits: sessionLimitsSchema,
});
export type SessionInput = Readonly<z.infer<typeof sessionInputSchema>>;

/** Every way a session can end, each with its own reason code. */
export const sessionEndSchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('completed'), reason: z.string() }),
  z.object({
    outcome: z.literal('failed'),
    code: z.enum([
      'queueFull',
      'worktreeFailed',
      'modelFailed',
      'modelRefused',
      'turnLimit',
      'tokenLimit',
      'stepExhausted',
      'stalled',
      'handoffFailed',
    ]),
    reason: z.string(),
  }),
  z.object({ outcome: z.literal('killed'), reason: z.string() }),
]);
export type SessionEnd = Readonly<z.infer<typeof sessionEndSchema>>;

/** The command a coordinator gets when a session hands over. */
export const receiveHandoffSchema = z.object({
  type: z.literal('receiveHandoff'),
  session: z.string(),
  /** 0 for the first handoff, then one more per rework. */
  round: z.number().int().nonnegative(),
  handoff: handoffSchema,
  worktree: z.object({ path: z.string(), branch: z.string(), baseSha: z.string() }),
  /** Requests of steers that the agent had read before it handed over. */
  answered: z.array(z.string()),
});
export type ReceiveHandoff = Readonly<z.infer<typeof receiveHandoffSchema>>;

/** The command a coordinator gets when a session cannot be reopened for what the run asks of it. */
export type ReworkRefused = {
  readonly type: 'reworkRefused';
  readonly session: string;
  readonly reason: string;
};
