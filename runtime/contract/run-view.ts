/** The read model the gateway serves and the console and CLI show: actors as history knows them. */
import { z } from 'zod';
import { actorStatusSchema, storedEventSchema } from './event.ts';
import { storedTranscriptEntrySchema } from './transcript.ts';

/** One actor folded from its events. */
export const actorSummarySchema = z.object({
  kind: z.string(),
  id: z.string(),
  state: z.string(),
  status: actorStatusSchema,
  startedAt: z.string(),
  updatedAt: z.string(),
  /** Position of the last event folded in: of its message, and in it. */
  lastSeq: z.number().int(),
  lastIndex: z.number().int(),
  eventCount: z.number().int(),
  /** The data of every event merged in order, later keys over earlier ones: goal, reason, sha … */
  facts: z.record(z.string(), z.json()),
});
export type ActorSummary = Readonly<z.infer<typeof actorSummarySchema>>;

/** `GET /api/actors?kind=`: newest first. */
export const actorListSchema = z.object({
  actors: z.array(actorSummarySchema),
  /** History holds every event up to here; tail from the next one. */
  throughSeq: z.number().int(),
});
export type ActorList = Readonly<z.infer<typeof actorListSchema>>;

/** `GET /api/runs/:id`: the coordinator and every actor of the run. */
export const runViewSchema = z.object({
  run: actorSummarySchema,
  members: z.array(actorSummarySchema),
  throughSeq: z.number().int(),
});
export type RunView = Readonly<z.infer<typeof runViewSchema>>;

/**
 * `GET /api/events?after=&run=&limit=`. A page holds the events of at most `limit` messages, each message's events
 * all; `throughSeq` may lie beyond the last event of a filtered page.
 */
export const eventPageSchema = z.object({
  events: z.array(storedEventSchema),
  throughSeq: z.number().int(),
  more: z.boolean(),
});
export type EventPage = Readonly<z.infer<typeof eventPageSchema>>;

/** `GET /api/sessions/:id/transcript?after=`. */
export const transcriptPageSchema = z.object({
  entries: z.array(storedTranscriptEntrySchema),
  throughSeq: z.number().int(),
  more: z.boolean(),
});
export type TranscriptPage = Readonly<z.infer<typeof transcriptPageSchema>>;
