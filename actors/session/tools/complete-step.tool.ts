/** The complete_step tool: how the agent says that its step is done. The workflow engine answers it. */
import { z } from 'zod';
import { defineEngineTool } from './tool-definition.ts';

/** Long enough that "done" is not an answer. */
const minNotesLength = 20;

const completeStepInputSchema = z.strictObject({
  notes: z
    .string()
    .trim()
    .min(minNotesLength, `must say what was done, in at least ${minNotesLength} characters`)
    .describe(
      'What was done in this step and what was learned: kept for the next step and for people.',
    ),
  artifacts: z
    .record(z.string().min(1), z.unknown())
    .default({})
    .describe('The named artifacts that the step asks for, in the shape it gives.'),
});

export const completeStepTool = defineEngineTool({
  name: 'complete_step',
  description: [
    'Declares the current step done and asks for the next one. Call it alone, after everything that the step asks for',
    'is done; it is refused when something is missing.',
  ].join(' '),
  input: completeStepInputSchema,
});
