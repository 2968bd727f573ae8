/** What a console may ask for and say. Publishing these is all its NATS user may do. */
import { z } from 'zod';
import { actorIdSchema } from './address.ts';

/** Longest steering text, in characters: it becomes part of an actor's context until it is delivered. */
export const maxSteerLength = 16_000;

export const gatewayCommandSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('steerSession'),
    /** Chosen by the sender; a repeat with the same id is applied once. */
    commandId: z.uuid(),
    session: actorIdSchema,
    text: z.string().trim().min(1).max(maxSteerLength),
  }),
  z.object({ type: z.literal('killSession'), commandId: z.uuid(), session: actorIdSchema }),
]);
export type GatewayCommand = Readonly<z.infer<typeof gatewayCommandSchema>>;

export const gatewayReplySchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('accepted'), commandId: z.string() }),
  z.object({ status: z.literal('refused'), reason: z.string() }),
]);
export type GatewayReply = Readonly<z.infer<typeof gatewayReplySchema>>;

/** How a console connects: `GET /api/live`. */
export const liveAccessSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('available'),
    url: z.string(),
    user: z.string(),
    password: z.string(),
    namespace: z.string(),
    /** Reply subjects must start with this: the only inbox the user may subscribe to. */
    inboxPrefix: z.string(),
  }),
  z.object({ status: z.literal('unavailable'), reason: z.string() }),
]);
export type LiveAccess = Readonly<z.infer<typeof liveAccessSchema>>;
