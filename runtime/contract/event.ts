/** Events: what happened, as stored in EVENTS, folded into history and shown live. */
import { z } from 'zod';
import { actorIdSchema, actorKindSchema, namespaceSchema } from './address.ts';

export const actorStatusSchema = z.enum(['active', 'done', 'error', 'stopped']);
export type ActorStatus = z.infer<typeof actorStatusSchema>;

export const eventEnvelopeSchema = z.object({
  v: z.literal(1),
  /** `<kind>.<id>:<n>:<i>`: the i-th outbox entry of the n-th commit. Also the message id. */
  id: z.string(),
  namespace: namespaceSchema,
  kind: actorKindSchema,
  actor: actorIdSchema,
  /** Past tense, camelCase: `runStarted`. */
  type: z.string(),
  /** ISO 8601, UTC. The time of the transition, not of the delivery. */
  at: z.iso.datetime(),
  /** The commit that holds the event. */
  n: z.number().int().nonnegative(),
  /** The actor's state after the transition, nested states joined with dots: `awaitingReview`. */
  state: z.string(),
  status: actorStatusSchema,
  /** The id of the command that caused the transition. */
  cause: z.string(),
  data: z.record(z.string(), z.json()),
});
export type EventEnvelope = Readonly<z.infer<typeof eventEnvelopeSchema>>;

/** An event with its position in EVENTS: positions are contiguous per stream, so a gap is visible. */
export const storedEventSchema = eventEnvelopeSchema.extend({ seq: z.number().int().positive() });
export type StoredEvent = Readonly<z.infer<typeof storedEventSchema>>;
