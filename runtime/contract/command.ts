/** Commands: what an actor is asked to do, as stored in INBOX. */
import { z } from 'zod';
import { actorAddressSchema } from './address.ts';
import { traceField } from './trace.ts';
import { treeLimitsSchema } from './tree-limits.ts';
import { parsedJsonSchema } from './json.ts';

/** Who sent a command, and its place in the sender's history: repeats are recognised by it. */
const senderSchema = z.object({
  address: actorAddressSchema,
  n: z.number().int().nonnegative(),
  i: z.number().int().nonnegative(),
});

/** The body: `type` is imperative and camelCase (`steer`), or one of XState's own (`xstate.done.actor.x`). */
export const commandBodySchema = z.looseObject({ type: z.string().min(1) });
export type CommandBody = { readonly type: string; readonly [key: string]: unknown };

export const commandEnvelopeSchema = z.discriminatedUnion('purpose', [
  /** The first command of an actor: creates it. Ignored by an actor that exists. */
  z.object({
    v: z.literal(1),
    ...traceField,
    purpose: z.literal('start'),
    id: z.string(),
    at: z.iso.datetime(),
    from: senderSchema.optional(),
    input: parsedJsonSchema,
    /** Set for children: where done and error go, under which child name and generation. */
    parent: z
      .object({ address: actorAddressSchema, childName: z.string(), generation: z.number().int() })
      .optional(),
    /** Those of its kind hold as well: the smaller ones count. */
    limits: treeLimitsSchema.exactOptional(),
  }),
  z.object({
    v: z.literal(1),
    ...traceField,
    purpose: z.literal('deliver'),
    id: z.string(),
    at: z.iso.datetime(),
    from: senderSchema.optional(),
    body: commandBodySchema,
  }),
  /** A child's end, for its parent. */
  z.object({
    v: z.literal(1),
    ...traceField,
    purpose: z.literal('childEnded'),
    id: z.string(),
    at: z.iso.datetime(),
    from: senderSchema.optional(),
    childName: z.string(),
    generation: z.number().int(),
    outcome: z.discriminatedUnion('status', [
      z.object({ status: z.literal('done'), output: parsedJsonSchema }),
      z.object({ status: z.literal('error'), error: parsedJsonSchema }),
    ]),
  }),
  /** A parent stops its child. */
  z.object({
    v: z.literal(1),
    ...traceField,
    purpose: z.literal('stop'),
    id: z.string(),
    at: z.iso.datetime(),
    from: senderSchema.optional(),
    generation: z.number().int(),
  }),
  /** A pool effect's end. */
  z.object({
    v: z.literal(1),
    ...traceField,
    purpose: z.literal('effectEnded'),
    id: z.string(),
    at: z.iso.datetime(),
    effectId: z.string(),
    outcome: z.discriminatedUnion('status', [
      z.object({ status: z.literal('done'), output: parsedJsonSchema }),
      z.object({
        status: z.literal('error'),
        error: z.object({
          code: z.string(),
          message: z.string(),
          retryable: z.boolean(),
          /** What a person can do next. */
          next: z.string().exactOptional(),
        }),
      }),
    ]),
  }),
  /** A person lets a quarantined actor go on; any other ignores it. */
  z.object({
    v: z.literal(1),
    ...traceField,
    purpose: z.literal('release'),
    id: z.string(),
    at: z.iso.datetime(),
  }),
  /** An effect under way says nothing of its progress any more. It goes on; what to do is for the machine. */
  z.object({
    v: z.literal(1),
    ...traceField,
    purpose: z.literal('effectStalled'),
    id: z.string(),
    at: z.iso.datetime(),
    effectId: z.string(),
    silentMs: z.number(),
    /** The last thing that it said. */
    note: z.string().exactOptional(),
  }),
  /** A timer that has come due. A fire with an old generation is ignored. */
  z.object({
    v: z.literal(1),
    ...traceField,
    purpose: z.literal('timerFired'),
    id: z.string(),
    at: z.iso.datetime(),
    timerId: z.string(),
    generation: z.number().int(),
  }),
]);
export type CommandEnvelope = Readonly<z.infer<typeof commandEnvelopeSchema>>;
