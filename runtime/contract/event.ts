/**
 * Events: what happened, as stored in EVENTS, folded into history and shown live. The events of one commit are one
 * message: they are stored, read and folded together, and told apart by their index.
 */
import { z } from 'zod';
import { actorIdSchema, actorKindSchema, namespaceSchema } from './address.ts';
import { traceField } from './trace.ts';

export const actorStatusSchema = z.enum(['active', 'done', 'error', 'stopped']);
export type ActorStatus = z.infer<typeof actorStatusSchema>;

const eventIndexSchema = z.number().int().nonnegative();

/** What the events of one commit have in common. */
const sceneShape = {
  v: z.literal(1),
  ...traceField,
  namespace: namespaceSchema,
  kind: actorKindSchema,
  actor: actorIdSchema,
  /** ISO 8601, UTC. The time of the transition, not of the delivery. */
  at: z.iso.datetime(),
  /** The commit that holds the events. */
  n: z.number().int().nonnegative(),
  /** The actor's state after the transition, nested states joined with dots: `awaitingReview`. */
  state: z.string(),
  status: actorStatusSchema,
  /** The id of the command that caused the transition. */
  cause: z.string(),
};

const contentShape = {
  /** Its place in the commit's outbox. */
  i: eventIndexSchema,
  /** Past tense, camelCase: `runStarted`. */
  type: z.string(),
  data: z.record(z.string(), z.json()),
};

/** The body of a message in EVENTS: what one commit tells, in the order of its outbox. */
export const eventMessageSchema = z.object({
  ...sceneShape,
  /** `<kind>.<id>:<n>`; also the message id. */
  id: z.string(),
  events: z.array(z.object(contentShape)).min(1),
});
export type EventMessage = Readonly<z.infer<typeof eventMessageSchema>>;

const positionSchema = z.number().int().positive();

/** With its position in EVENTS: positions are contiguous per stream, so a gap is visible. */
export const storedEventMessageSchema = eventMessageSchema.extend({ seq: positionSchema });
export type StoredEventMessage = Readonly<z.infer<typeof storedEventMessageSchema>>;

/**
 * One event of a message. Ordered by `seq`, then `i`. A reader goes on behind a `seq`: whoever has one event of a
 * message has all of them.
 */
export const storedEventSchema = z.object({
  ...sceneShape,
  ...contentShape,
  /** `<kind>.<id>:<n>:<i>`. */
  id: z.string(),
  seq: positionSchema,
});
export type StoredEvent = Readonly<z.infer<typeof storedEventSchema>>;

export function unpackEvents({ events, ...scene }: StoredEventMessage): readonly StoredEvent[] {
  return events.map((event) => ({ ...scene, ...event, id: `${scene.id}:${event.i}` }));
}
