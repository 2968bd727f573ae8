/** What a schedule decides: which of the occurrences that are due run, and what becomes of one when another still does. Pure. */
import { assertNever } from '../contract/errors.ts';
import { listOccurrences, nextOccurrence, type Recurrence } from '../core/schedule.ts';
import type { ScheduleEvent } from './schedule.events.ts';
import type { ScheduleSettings } from './schedule-settings.ts';

export interface Plan {
  readonly nowMs: number;
  /** Occurrences up to here are dealt with by this plan. */
  readonly throughMs: number;
  /** Occurrences since the last plan, oldest first; the newest ones when there are more. */
  readonly due: readonly number[];
  readonly more: boolean;
  readonly nextAtMs: number;
}

/** How many missed occurrences are counted; of more it is only said that there are. */
const countedAtMost = 100;

/** `consideredMs`: through when occurrences have been dealt with; null when none are to be looked for. */
export function planOccurrences(
  recurrence: Recurrence,
  consideredMs: number | null,
  nowMs: number,
  atMost: number,
): Plan {
  // A clock that was set back must not bring an occurrence a second time.
  const throughMs = Math.max(nowMs, consideredMs ?? nowMs);
  const { atMs, more } = listOccurrences(recurrence, {
    afterMs: consideredMs ?? nowMs,
    throughMs,
    atMost: Math.max(atMost, countedAtMost),
  });
  const nextAtMs = nextOccurrence(recurrence, throughMs);
  if (nextAtMs === undefined) throw new Error(`"${recurrence.cron}" never comes due again`);
  return { nowMs, throughMs, due: atMs, more, nextAtMs };
}

/** An occurrence that is no later than this has not been missed: a worker has died and another one took over. */
export const onTimeMs = 60_000;

export interface Selection {
  readonly run: readonly number[];
  readonly missed: number;
}

export function selectDue(
  { due, nowMs }: Pick<Plan, 'due' | 'nowMs'>,
  catchUp: ScheduleSettings['catchUp'],
): Selection {
  const latest = due.slice(-1);
  const run =
    catchUp.type === 'all'
      ? due.slice(-catchUp.atMost)
      : catchUp.type === 'last' || latest.every((atMs) => nowMs - atMs <= onTimeMs)
        ? latest
        : [];
  return { run, missed: due.length - run.length };
}

/** Names of occurrences; each is the name of a child. */
export interface Line {
  readonly running: string | null;
  readonly queue: readonly string[];
}

export interface Decision {
  readonly line: Line;
  readonly stop: readonly string[];
  readonly start: readonly string[];
  readonly told: readonly ScheduleEvent[];
}

/** More occurrences, one after the other, by the overlap policy. */
export function takeUp(
  line: Line,
  names: readonly string[],
  overlap: ScheduleSettings['overlap'],
): Decision {
  const nothing: Decision = { line, stop: [], start: [], told: [] };
  return names.reduce((decision, name) => admit(decision, name, overlap), nothing);
}

function admit(
  { line, stop, start, told }: Decision,
  name: string,
  overlap: ScheduleSettings['overlap'],
): Decision {
  const { running, queue } = line;
  const started = { type: 'occurrenceStarted', occurrence: name } as const;
  if (running === null) {
    return {
      line: { ...line, running: name },
      stop,
      start: [...start, name],
      told: [...told, started],
    };
  }
  switch (overlap.type) {
    case 'skip':
      return {
        line,
        stop,
        start,
        told: [...told, { type: 'occurrenceSkipped', occurrence: name }],
      };
    case 'queue': {
      const free = queue.length < overlap.atMost;
      const type = free ? 'occurrenceQueued' : 'occurrenceSkipped';
      return {
        line: free ? { running, queue: [...queue, name] } : line,
        stop,
        start,
        told: [...told, { type, occurrence: name }],
      };
    }
    case 'replace': {
      const finished = finishedEvent(running, 'replaced');
      return {
        line: { ...line, running: name },
        stop: [...stop, running],
        start: [...start, name],
        told: [...told, finished, started],
      };
    }
    default:
      return assertNever(overlap);
  }
}

/** The running one has ended: the next in the line starts. */
export function finishRunning(line: Line, outcome: 'done' | 'failed'): Decision {
  const [next, ...queue] = line.queue;
  const told = line.running === null ? [] : [finishedEvent(line.running, outcome)];
  if (next === undefined) return { line: { running: null, queue }, stop: [], start: [], told };
  const started = { type: 'occurrenceStarted', occurrence: next } as const;
  return { line: { running: next, queue }, stop: [], start: [next], told: [...told, started] };
}

function finishedEvent(occurrence: string, outcome: 'done' | 'failed' | 'replaced'): ScheduleEvent {
  return { type: 'occurrenceFinished', occurrence, outcome };
}

const datedName = /^at-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/u;

/** The same for the same instant, wherever it is computed: `at-20260101T080000Z`. */
export function nameOccurrence(atMs: number): string {
  return `at-${new Date(atMs).toISOString().slice(0, 19).replaceAll(/[-:]/gu, '')}Z`;
}

/** When an occurrence was due; null for one that was asked for. */
export function dateOfName(name: string): string | null {
  return datedName.test(name) ? name.replace(datedName, '$1-$2-$3T$4:$5:$6.000Z') : null;
}
