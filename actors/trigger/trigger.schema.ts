/** A trigger definition: a generic webhook with one condition and a goal template. */
import { z } from 'zod';
import { actorIdSchema } from '../../runtime/contract/address.ts';
import { runSpecSchema, testsCheckName } from '../coordinator/run-spec.schema.ts';

export const triggerDefinitionSchema = z.strictObject({
  id: actorIdSchema,
  /** Text with `{{ path.into.payload }}`; a placeholder without a value refuses the delivery. */
  goalTemplate: z.string().trim().min(1),
  /** The value at `path` must equal `equals`; null: every delivery starts a run. */
  condition: z
    .strictObject({
      path: z.string().min(1),
      equals: z.union([z.string(), z.number(), z.boolean()]),
    })
    .nullable(),
  run: runSpecSchema
    .omit({ goal: true, source: true })
    .refine(
      ({ testCommand, merge }) =>
        testCommand !== null || !merge.requiredChecks.includes(testsCheckName),
      {
        path: ['merge', 'requiredChecks'],
        error: `${testsCheckName} is never reported without a testCommand`,
      },
    ),
});
export type TriggerDefinition = Readonly<z.infer<typeof triggerDefinitionSchema>>;

export const triggerInputSchema = z.strictObject({
  definition: triggerDefinitionSchema,
  queue: actorIdSchema,
  worktrees: z.string(),
});
export type TriggerInput = Readonly<z.infer<typeof triggerInputSchema>>;
