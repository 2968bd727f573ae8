/**
 * Recurring times: a cron expression in a time zone, and the occurrences it has between two instants. Pure, apart from
 * the time zone data of the platform. At a change of the clocks a daily time that does not exist is taken at the
 * first one that does, one that exists twice is taken once, and expressions that repeat within the hour follow
 * the real time: nothing in a gap, both halves of an overlap.
 */
import { Cron } from 'croner';
import { describeError } from '../contract/errors.ts';

export interface Recurrence {
  /** Five fields (minute, hour, day, month, weekday), or six with seconds first. */
  readonly cron: string;
  /** An IANA name: `Europe/Berlin`, `UTC`. */
  readonly timeZone: string;
}

/** What is wrong with it, as a sentence; undefined when it is sound and has an occurrence after `afterMs`. */
export function findRecurrenceProblem(recurrence: Recurrence, afterMs: number): string | undefined {
  const { cron, timeZone } = recurrence;
  const fields = cron.trim().split(/\s+/u).length;
  if (fields !== 5 && fields !== 6)
    return `the cron expression "${cron}" has ${fields} fields, not five or six`;
  if (!isTimeZone(timeZone)) return `"${timeZone}" is not the name of a time zone`;
  try {
    return nextOccurrence(recurrence, afterMs) === undefined
      ? `the cron expression "${cron}" never comes due`
      : undefined;
  } catch (error) {
    return `the cron expression "${cron}" is not understood: ${describeError(error)}`;
  }
}

/** Strictly after `afterMs`. */
export function nextOccurrence(recurrence: Recurrence, afterMs: number): number | undefined {
  return parse(recurrence).nextRun(new Date(afterMs))?.getTime();
}

export interface Occurrences {
  /** Oldest first; the newest ones when there are more. */
  readonly atMs: readonly number[];
  /** Whether there are older ones that were left out. */
  readonly more: boolean;
}

/** Those after `afterMs` up to and with `throughMs`, the newest `atMost` of them. */
export function listOccurrences(
  recurrence: Recurrence,
  { afterMs, throughMs, atMost }: { afterMs: number; throughMs: number; atMost: number },
): Occurrences {
  const parsed = parse(recurrence);
  const atMs: number[] = [];
  // One by one from the newest: the one before may lie years back. The reference itself is not found.
  let [found] = parsed.previousRuns(1, new Date(throughMs + 1));
  while (found !== undefined && found.getTime() > afterMs) {
    if (atMs.length === atMost) return { atMs, more: true };
    atMs.unshift(found.getTime());
    [found] = parsed.previousRuns(1, found);
  }
  return { atMs, more: false };
}

function parse({ cron, timeZone }: Recurrence): Cron {
  return new Cron(cron, { timezone: timeZone, mode: '5-or-6-parts', paused: true });
}

function isTimeZone(name: string): boolean {
  // An empty name would be taken for the zone of this machine.
  if (!/^[A-Za-z]/u.test(name)) return false;
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
