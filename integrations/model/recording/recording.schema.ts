/**
 * The recording format, version 1: the turns of one session's model, each with the shape of what
 * came before it. Written by recording-model.ts or by hand; played by replay/.
 *
 * Bodies of prompts and tool results are not part of it: timings and paths differ from run to run.
 */
import { z } from 'zod';
import {
  assistantBlockSchema,
  toolOutcomeSchema,
  usageSchema,
} from '../../../runtime/contract/transcript.ts';

/** One thing that came since the previous assistant turn. */
const expectedItemSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('prompt'),
    source: z.enum(['step', 'steer', 'nudge']),
    /** Compared when given. */
    stepId: z.string().optional(),
    /** A piece of text that the prompt must contain. */
    textIncludes: z.string().min(1).optional(),
  }),
  z.strictObject({
    type: z.literal('toolResult'),
    tool: z.string(),
    /** `interrupted` (nobody knew when it was recorded) fits any outcome. */
    outcome: toolOutcomeSchema,
    /** Compared when given. */
    exitCode: z.number().int().nullable().optional(),
  }),
]);
export type ExpectedItem = Readonly<z.infer<typeof expectedItemSchema>>;

const recordedTurnSchema = z.strictObject({
  /** Results of the previous turn's calls in the order of the calls, then prompts in order of arrival. */
  expect: z.array(expectedItemSchema),
  /** How long the replay takes to say the turn, so that a demonstration can be watched. */
  delayMs: z.number().int().nonnegative().max(60_000).optional(),
  turn: z.strictObject({
    blocks: z.array(assistantBlockSchema),
    usage: usageSchema,
    stopReason: z.enum(['endTurn', 'toolUse', 'maxTokens', 'refusal']),
  }),
});
export type RecordedTurn = Readonly<z.infer<typeof recordedTurnSchema>>;

export const recordingSchema = z
  .strictObject({
    v: z.literal(1),
    title: z.string().trim().min(1),
    recordedWith: z.strictObject({
      model: z.string().min(1),
      /** The session a live recording belongs to; absent in recordings written by hand. */
      session: z.string().optional(),
    }),
    turns: z.array(recordedTurnSchema),
  })
  .superRefine((recording, context) => {
    const seen = new Set<string>();
    recording.turns.forEach(({ turn }, turnIndex) =>
      turn.blocks.forEach((block, blockIndex) => {
        if (block.type !== 'toolCall') return;
        if (seen.has(block.id)) {
          context.addIssue({
            code: 'custom',
            path: ['turns', turnIndex, 'turn', 'blocks', blockIndex, 'id'],
            message: `the tool call id "${block.id}" is used twice; ids must be unique in a recording`,
          });
        }
        seen.add(block.id);
      }),
    );
  });
export type Recording = Readonly<z.infer<typeof recordingSchema>>;
