/** Commands: what an actor is asked to do, as stored in INBOX. */
import { z } from 'zod';
import { actorAddressSchema } from './address.ts';

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
    purpose: z.literal('start'),
    id: z.string(),
    at: z.iso.datetime(),
    from: senderSchema.optional(),
    input: z.json(),
    /** Set for children: where done and error go, under which child name and generation. */
    parent: z
      .object({ address: actorAddressSchema, childName: z.string(), generation: z.number().int() })
      .optional(),
  }),
  z.object({
    v: z.literal(1),
    purpose: z.literal('deliver'),
    id: z.string(),
    at: z.iso.datetime(),
    from: senderSchema.optional(),
    body: commandBodySchema,
  }),
  /** A child's end, for its parent. */
  z.object({
    v: z.literal(1),
    purpose: z.literal('childEnded'),
    id: z.string(),
    at: z.iso.datetime(),
    from: senderSchema.optional(),
    childName: z.string(),
    generation: z.number().int(),
    outcome: z.discriminatedUnion('status', [
      z.object({ status: z.literal('done'), output: z.json() }),
      z.object({ status: z.literal('error'), error: z.json() }),
    ]),
  }),
  /** A parent stops its child. */
  z.object({
    v: z.literal(1),
    purpose: z.literal('stop'),
    id: z.string(),
    at: z.iso.datetime(),
    from: senderSchema.optional(),
    generation: z.number().int(),
  }),
  /** A pool effect's end. */
  z.object({
    v: z.literal(1),
    purpose: z.literal('effectEnded'),
    id: z.string(),
    at: z.iso.datetime(),
    effectId: z.string(),
    outcome: z.discriminatedUnion('status', [
      z.object({ status: z.literal('done'), output: z.json() }),
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
  /** A timer that has come due. A fire with an old generation is ignored. */
  z.object({
    v: z.literal(1),
    purpose: z.literal('timerFired'),
    id: z.string(),
    at: z.iso.datetime(),
    timerId: z.string(),
    generation: z.number().int(),
  }),
]);
export type CommandEnvelope = Readonly<z.infer<typeof commandEnvelopeSchema>>;
