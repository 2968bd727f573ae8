/** The commit: the one message that persists one transition of one actor, with everything it causes. */
import { z } from 'zod';
import { actorAddressSchema } from '../contract/address.ts';
import { commandBodySchema } from '../contract/command.ts';
import { deadLetterContentSchema } from '../contract/dead-letter.ts';
import { actorStatusSchema } from '../contract/event.ts';
import { traceField } from '../contract/trace.ts';
import { treeLimitsSchema } from '../contract/tree-limits.ts';
import { parsedJsonSchema } from '../contract/json.ts';

const parentSchema = z.object({
  address: actorAddressSchema,
  childName: z.string(),
  generation: z.number().int(),
});

export const outboxEntrySchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('event'),
    i: z.number().int(),
    event: z.looseObject({ type: z.string() }),
  }),
  z.object({
    type: z.literal('command'),
    i: z.number().int(),
    to: actorAddressSchema,
    body: commandBodySchema,
  }),
  z.object({
    type: z.literal('startActor'),
    i: z.number().int(),
    to: actorAddressSchema,
    input: parsedJsonSchema,
  }),
  z.object({
    type: z.literal('startChild'),
    i: z.number().int(),
    to: actorAddressSchema,
    childName: z.string(),
    generation: z.number().int(),
    input: parsedJsonSchema,
    /** What the parent hands down of its own. */
    limits: treeLimitsSchema,
  }),
  z.object({
    type: z.literal('stopChild'),
    i: z.number().int(),
    to: actorAddressSchema,
    generation: z.number().int(),
  }),
  z.object({
    type: z.literal('ended'),
    i: z.number().int(),
    parent: parentSchema,
    outcome: z.discriminatedUnion('status', [
      z.object({ status: z.literal('done'), output: parsedJsonSchema }),
      z.object({ status: z.literal('error'), error: parsedJsonSchema }),
    ]),
  }),
  z.object({
    type: z.literal('setTimer'),
    i: z.number().int(),
    timerId: z.string(),
    generation: z.number().int(),
    atMs: z.number(),
  }),
  z.object({
    type: z.literal('startEffect'),
    i: z.number().int(),
    effectId: z.string(),
    source: z.string(),
    pool: z.string(),
    input: parsedJsonSchema,
    /** Without it: normal. */
    priority: z.enum(['high', 'low']).exactOptional(),
  }),
  z.object({
    type: z.literal('cancelEffect'),
    i: z.number().int(),
    effectId: z.string(),
    pool: z.string(),
  }),
  z.object({
    type: z.literal('deadLetter'),
    i: z.number().int(),
    letter: deadLetterContentSchema,
  }),
]);
export type OutboxEntry = Readonly<z.infer<typeof outboxEntrySchema>>;

/** What the actor waits for: effects under way and live child actors, by the name the machine gave them. */
export const childRecordSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('effect'),
    ...traceField,
    source: z.string(),
    effectId: z.string(),
    /** Absent for `local` effects, whose input is kept here because nothing else holds it. */
    pool: z.string().optional(),
    input: parsedJsonSchema.optional(),
  }),
  z.object({
    type: z.literal('actor'),
    source: z.string(),
    address: actorAddressSchema,
    generation: z.number().int(),
    /** What the child takes of its parent's limit: itself and what it was handed. 0: it was not let in. */
    reserved: z.number().int().nonnegative(),
    /** Kept when the child may have to be started again. */
    input: parsedJsonSchema.optional(),
    /** When its restarts that count were decided on, oldest first. */
    restarts: z.array(z.number()).exactOptional(),
  }),
]);
export type ChildRecord = Readonly<z.infer<typeof childRecordSchema>>;

export const timerRecordSchema = z.object({
  ...traceField,
  generation: z.number().int(),
  atMs: z.number(),
  event: z.looseObject({ type: z.string() }),
  /** The runtime's own: a child that is started again then. The machine does not get the event. */
  restartOf: z.string().exactOptional(),
});

export const persistedSnapshotSchema = z.object({
  value: parsedJsonSchema,
  context: parsedJsonSchema,
  status: actorStatusSchema,
  output: parsedJsonSchema.optional(),
  error: parsedJsonSchema.optional(),
  historyValue: parsedJsonSchema.optional(),
});
export type PersistedSnapshot = Readonly<z.infer<typeof persistedSnapshotSchema>>;

export const commitSchema = z.object({
  v: z.literal(1),
  ...traceField,
  /** 1 for the first commit. That commit n+1 exists says that the outbox of n was relayed. */
  n: z.number().int().positive(),
  /** The start of the worker that wrote it; for people and for the read-back after a time-out. */
  epoch: z.number().int().nonnegative(),
  machine: z.object({ kind: z.string(), version: z.number().int() }),
  at: z.iso.datetime(),
  /** Highest inbox position examined for this actor. */
  inSeq: z.number().int().nonnegative(),
  /** The ids of the commands that caused it. */
  cause: z.array(z.string()),
  parent: parentSchema.optional(),
  /** Handed down by who started it; without it those of its kind hold. */
  limits: treeLimitsSchema.exactOptional(),
  snapshot: persistedSnapshotSchema,
  children: z.record(z.string(), childRecordSchema),
  timers: z.record(z.string(), timerRecordSchema),
  /** Counts generations of children and timers: never reused, so a late answer is recognised. */
  generation: z.number().int().nonnegative(),
  /** Last `[n, i]` applied per sender address. */
  seen: z.record(z.string(), z.tuple([z.number().int(), z.number().int()])),
  outbox: z.array(outboxEntrySchema),
});
export type Commit = Readonly<z.infer<typeof commitSchema>>;

/**
 * How many senders an actor remembers. A repeat can only come from a relay that is repeated after a
 * crash, so the senders of the last few thousand commands are more than enough; beyond that the
 * server's own window for message ids still catches repeats.
 */
export const maxSeenSenders = 512;
