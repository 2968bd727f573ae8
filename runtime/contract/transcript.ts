/** The conversation of one session, as stored in TRANSCRIPTS. One message is one entry. */
import { z } from 'zod';
import { actorIdSchema } from './address.ts';

export const toolOutcomeSchema = z.enum(['succeeded', 'failed', 'interrupted']);
export type ToolOutcome = z.infer<typeof toolOutcomeSchema>;

export const usageSchema = z.object({
  inputTokens: z.number().int().nonnegative(),
  outputTokens: z.number().int().nonnegative(),
});
export type Usage = Readonly<z.infer<typeof usageSchema>>;

export const assistantBlockSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({
    type: z.literal('toolCall'),
    id: z.string(),
    name: z.string(),
    input: z.record(z.string(), z.json()),
  }),
]);
export type AssistantBlock = Readonly<z.infer<typeof assistantBlockSchema>>;

/** A reference to the full text of something shown in part. */
export const blobReferenceSchema = z.object({
  blob: z.string(),
  bytes: z.number().int().nonnegative(),
});
export type BlobReference = Readonly<z.infer<typeof blobReferenceSchema>>;

export const conversationItemSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('prompt'),
    /** `step`: a workflow step's text; `steer`: a person or an actor; `nudge`: the session machine itself. */
    source: z.enum(['step', 'steer', 'nudge']),
    stepId: z.string().optional(),
    text: z.string(),
  }),
  z.object({
    type: z.literal('assistant'),
    model: z.string(),
    blocks: z.array(assistantBlockSchema),
    usage: usageSchema,
    stopReason: z.enum(['endTurn', 'toolUse', 'maxTokens', 'refusal']),
  }),
  z.object({
    type: z.literal('toolResult'),
    toolCallId: z.string(),
    tool: z.string(),
    outcome: toolOutcomeSchema,
    /** For commands: the exit code, null when the command was ended by a signal or never ended. */
    exitCode: z.number().int().nullable().optional(),
    text: z.string(),
    full: blobReferenceSchema.optional(),
    durationMs: z.number().nonnegative(),
  }),
]);
export type ConversationItem = Readonly<z.infer<typeof conversationItemSchema>>;

export const transcriptEntrySchema = z.object({
  v: z.literal(1),
  /** Unique in the session; a repeated id is the same entry delivered twice and is dropped by readers. */
  id: z.string(),
  session: actorIdSchema,
  at: z.iso.datetime(),
  item: conversationItemSchema,
});
export type TranscriptEntry = Readonly<z.infer<typeof transcriptEntrySchema>>;

export const storedTranscriptEntrySchema = transcriptEntrySchema.extend({
  seq: z.number().int().positive(),
});
export type StoredTranscriptEntry = Readonly<z.infer<typeof storedTranscriptEntrySchema>>;
