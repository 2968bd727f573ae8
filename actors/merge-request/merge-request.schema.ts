/** What an MR lifecycle manager is started with, and how it ends. */
import { z } from 'zod';
import { actorAddressSchema, actorIdSchema } from '../../runtime/contract/address.ts';

export const mergePolicySchema = z.strictObject({
  /** `never`: the merge request stays open for a person. */
  merge: z.enum(['never', 'whenGreen']),
  /**
   * `none`: nobody is waited for. `addressed`: at least one review, and everything it asked for is
   * addressed. `approved`: an approval of the current commit.
   */
  review: z.enum(['none', 'addressed', 'approved']),
  /** Names of checks that must have passed on the current commit. */
  requiredChecks: z.array(z.string().min(1)).max(50),
  /** Rounds of rework before a person is asked. */
  maxReviewRounds: z.number().int().min(0).max(25),
});
export type MergePolicy = Readonly<z.infer<typeof mergePolicySchema>>;

export const mergeRequestInputSchema = z.strictObject({
  run: actorIdSchema,
  /** Steered when something must change. */
  session: actorAddressSchema,
  coordinator: actorAddressSchema,
  /** What the forge calls the repository. */
  repository: z.string(),
  sourceBranch: z.string(),
  targetBranch: z.string(),
  title: z.string(),
  body: z.string(),
  headSha: z.string(),
  policy: mergePolicySchema,
});
export type MergeRequestInput = Readonly<z.infer<typeof mergeRequestInputSchema>>;

export const mergeRequestEndSchema = z.object({
  outcome: z.enum(['merged', 'closed', 'escalated']),
  reason: z.string(),
});
export type MergeRequestEnd = Readonly<z.infer<typeof mergeRequestEndSchema>>;
