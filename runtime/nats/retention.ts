/** How long what is stored is kept, in days. Whoever makes the streams applies it, to those that are there as well. */

/** 0 keeps for ever. */
export interface Retention {
  readonly eventsDays: number;
  /** An effect that is not finished after this long is not repeated by anyone any more. */
  readonly journalDays: number;
  /** State and conversation of an actor that has ended; that it has ended is kept for ever. */
  readonly endedActorsDays: number;
}

/** Events 30 days, the journal of effects 14, what has ended 90. */
export const defaultRetention: Retention = { eventsDays: 30, journalDays: 14, endedActorsDays: 90 };

export const dayMs = 24 * 60 * 60 * 1_000;
const nanosecondsPerMs = 1_000_000;

export function toMaxAgeNs(days: number): number {
  return days * dayMs * nanosecondsPerMs;
}

export function toDays(maxAgeNs: number): number {
  return maxAgeNs / (dayMs * nanosecondsPerMs);
}
