/** A schedule as a durable actor: `defineSchedule`. docs/children-and-time.md */
import { z } from 'zod';
import { defineActor, type ActorDefinition } from '../core/definition.ts';
import { localEffect } from '../core/effect-definition.ts';
import { createScheduleMachine, planSource } from './schedule.machine.ts';
import { planOccurrences } from './schedule-policy.ts';

export interface ScheduleOptions {
  /** Default: `schedule`. */
  readonly kind?: string;
  /** The kinds of actors that its schedules may start. */
  readonly targets: readonly string[];
}

const planInputSchema = z.object({
  cron: z.string(),
  timeZone: z.string(),
  consideredMs: z.number().nullable(),
  atMost: z.number().int(),
});

/** The time zone data are read from memory: more than this is a worker that stands still. */
const planDeadlineMs = 10_000;

/**
 * Throws what `defineActor` throws. A schedule is started with a `ScheduleInput`, takes the commands of
 * `ScheduleCommand`, and starts `<target>/<schedule id>::at-20260101T080000Z` at that occurrence.
 */
export function defineSchedule({ kind = 'schedule', targets }: ScheduleOptions): ActorDefinition {
  return defineActor({
    kind,
    version: 1,
    machine: createScheduleMachine(targets),
    effects: {
      [planSource]: localEffect({
        input: planInputSchema,
        deadlineMs: planDeadlineMs,
        whenUnknown: 'retry',
        run: async ({ cron, timeZone, consideredMs, atMost }, { nowMs }) =>
          planOccurrences({ cron, timeZone }, consideredMs, nowMs(), atMost),
      }),
    },
    children: Object.fromEntries(targets.map((target) => [target, target])),
  });
}
