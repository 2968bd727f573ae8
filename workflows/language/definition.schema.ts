/**
 * The shape of a session workflow definition, as zod schemas and types. Rules that a shape cannot
 * express (unique ids, placeholders, references between steps) are in `meaning-problems.ts`.
 */
import { z } from 'zod';
import {
  artifactNames,
  maxDescriptionLength,
  maxIdLength,
  maxMinNotesLength,
  maxPromptLength,
  maxSteps,
  maxTitleLength,
  toolNames,
} from './vocabulary.ts';

const idSchema = z
  .string()
  .max(maxIdLength)
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/);
const titleSchema = z
  .string()
  .max(maxTitleLength)
  .regex(/^[^\r\n]*\S[^\r\n]*$/);
const textSchema = (maxLength: number) => z.string().max(maxLength).regex(/\S/);

export const notesSchema = z.strictObject({
  minLength: z.number().int().min(1).max(maxMinNotesLength),
});

export const stepSchema = z.strictObject({
  id: idSchema,
  title: titleSchema,
  prompt: textSchema(maxPromptLength),
  tools: z.array(z.enum(toolNames)).readonly().exactOptional(),
  notes: notesSchema.readonly().exactOptional(),
  artifact: z.enum(artifactNames).exactOptional(),
});

export const definitionSchema = z.strictObject({
  id: idSchema,
  version: z.string().regex(/^(?:0|[1-9]\d{0,5})(?:\.(?:0|[1-9]\d{0,5})){2}$/),
  title: titleSchema,
  description: textSchema(maxDescriptionLength),
  systemPrompt: textSchema(maxPromptLength).exactOptional(),
  reworkFrom: idSchema.exactOptional(),
  steps: z.array(stepSchema.readonly()).min(1).max(maxSteps).readonly(),
});

export type StepDefinition = Readonly<z.infer<typeof stepSchema>>;
export type WorkflowDefinition = Readonly<z.infer<typeof definitionSchema>>;
