/**
 * A schedule: starts an actor at every occurrence of a cron expression. It reads no clock: the effect
 * `planOccurrences` does, and says what has come due since the last plan and when the next occurrence is; an `after`
 * waits for that. What is started, the place in the line and the time that has been dealt with are one commit.
 */
import { assign, emit, enqueueActions, setup } from 'xstate';
import { SignalboxError } from '../contract/errors.ts';
import type { Json } from '../contract/json.ts';
import { childSource, effectSource } from '../core/definition.ts';
import type { Recurrence } from '../core/schedule.ts';
import type { ScheduleCommand, ScheduleEvent } from './schedule.events.ts';
import {
  dateOfName,
  finishRunning,
  nameOccurrence,
  selectDue,
  takeUp,
  type Decision,
  type Line,
  type Plan,
} from './schedule-policy.ts';
import { readSettings, type ScheduleInput, type ScheduleSettings } from './schedule-settings.ts';

export interface PlanInput extends Recurrence {
  readonly consideredMs: number | null;
  readonly atMost: number;
}

export interface ScheduleContext extends Line {
  readonly settings: ScheduleSettings;
  /** Occurrences up to here have been dealt with; null: those from now on count. */
  readonly consideredMs: number | null;
  /** ISO 8601; null while there is none to come: paused, or just being planned. */
  readonly nextAt: string | null;
  readonly waitMs: number;
  /** Occurrences that were asked for by `triggerNow`. */
  readonly asked: number;
}

type ChildEnd = { readonly type: `xstate.${'done' | 'error'}.actor.${string}` };
type SettingsChange = Partial<ScheduleInput>;

/** What the actor of an occurrence gets: the input of the settings, and when it was due. */
interface OccurrenceInput {
  readonly [key: string]: Json;
  readonly scheduledAt: string | null;
}

/** Not the name of any kind, which have no capitals. */
export const planSource = 'planOccurrences';

/** `targets`: the kinds that may be started. */
export function createScheduleMachine(targets: readonly string[]) {
  const schedule = setUpSchedule(targets);
  const machine = schedule.createMachine({
    id: 'schedule',
    context: ({ input }) => openContext(targets, input),
    initial: 'planning',
    on: {
      triggerNow: {
        actions: [
          assign({ asked: ({ context }) => context.asked + 1 }),
          {
            type: 'carryOut',
            params: ({ context }) =>
              takeUp(context, [`now-${context.asked}`], context.settings.overlap),
          },
        ],
      },
      remove: '.removed',
      change: [
        {
          guard: { type: 'isSound', params: ({ event }) => event.settings },
          target: '.planning',
          actions: { type: 'change', params: ({ event }) => event.settings },
        },
        { actions: { type: 'refuse', params: ({ event }) => event.settings } },
      ],
      'xstate.done.actor.*': {
        guard: 'isOfRunning',
        actions: { type: 'carryOut', params: ({ context }) => finishRunning(context, 'done') },
      },
      'xstate.error.actor.*': {
        guard: 'isOfRunning',
        actions: { type: 'carryOut', params: ({ context }) => finishRunning(context, 'failed') },
      },
    },
    states: {
      planning: configurePlanning(schedule),
      waiting: {
        after: { untilNext: 'planning' },
        on: { pause: 'paused' },
      },
      paused: configurePaused(schedule),
      removed: { entry: emit({ type: 'scheduleRemoved' }), type: 'final' },
    },
  });
  return machine.provide({
    actors: Object.fromEntries(targets.map((kind) => [kind, childSource()])),
  });
}

type ScheduleSetup = ReturnType<typeof setUpSchedule>;

function configurePlanning(schedule: ScheduleSetup) {
  return schedule.createStateConfig({
    entry: assign({ nextAt: null }),
    invoke: {
      src: planSource,
      id: planSource,
      input: ({ context }) => planInputOf(context),
      onDone: {
        target: 'waiting',
        actions: [
          { type: 'keepPlan', params: ({ event }) => event.output },
          { type: 'carryOut', params: ({ context, event }) => takeUpDue(context, event.output) },
        ],
      },
    },
    on: { pause: 'paused' },
  });
}

function configurePaused(schedule: ScheduleSetup) {
  return schedule.createStateConfig({
    entry: [assign({ nextAt: null }), emit({ type: 'schedulePaused' })],
    on: {
      resume: {
        target: 'planning',
        actions: [assign({ consideredMs: null }), emit({ type: 'scheduleResumed' })],
      },
      change: [
        {
          guard: { type: 'isSound', params: ({ event }) => event.settings },
          actions: { type: 'change', params: ({ event }) => event.settings },
        },
        { actions: { type: 'refuse', params: ({ event }) => event.settings } },
      ],
    },
  });
}

function setUpSchedule(targets: readonly string[]) {
  const readChange = (context: ScheduleContext, change: SettingsChange) =>
    readSettings(targets, { ...context.settings, ...change });
  return setup({
    types: {
      context: {} as ScheduleContext,
      events: {} as ScheduleCommand | ChildEnd,
      emitted: {} as ScheduleEvent,
      input: {} as ScheduleInput,
    },
    actors: {
      [planSource]: effectSource<PlanInput, Plan>(),
      // Stands for the kinds that may be started, which are provided by their own names.
      target: childSource<OccurrenceInput, unknown>(),
    },
    delays: { untilNext: ({ context }) => context.waitMs },
    guards: {
      isSound: ({ context }, change: SettingsChange) =>
        readChange(context, change).status === 'sound',
      isOfRunning: ({ context, event }) =>
        context.running !== null && event.type.endsWith(`.actor.${context.running}`),
    },
    actions: {
      /** What comes due by the new settings counts from now on. */
      change: enqueueActions(({ context, enqueue }, change: SettingsChange) => {
        const reading = readChange(context, change);
        if (reading.status === 'refused') return;
        const { settings } = reading;
        enqueue.assign({ settings, consideredMs: null });
        const { cron, timeZone } = settings;
        enqueue.emit({ type: 'scheduleChanged', cron, timeZone });
      }),
      refuse: enqueueActions(({ context, enqueue }, change: SettingsChange) => {
        const reading = readChange(context, change);
        if (reading.status === 'sound') return;
        enqueue.emit({ type: 'scheduleChangeRefused', reason: reading.reason });
      }),
      keepPlan: assign((_, { nowMs, throughMs, nextAtMs }: Plan) => ({
        consideredMs: throughMs,
        nextAt: new Date(nextAtMs).toISOString(),
        waitMs: Math.max(0, nextAtMs - nowMs),
      })),
      carryOut: enqueueActions(
        ({ context: { settings }, enqueue }, { line, stop, start, told }: Decision) => {
          enqueue.assign({ ...line });
          for (const id of stop) enqueue.stopChild(id);
          for (const id of start) {
            const input = { ...settings.input, scheduledAt: dateOfName(id) };
            enqueue.spawnChild(settings.target as 'target', { id, input });
          }
          for (const event of told) enqueue.emit(event);
        },
      ),
    },
  });
}

function openContext(targets: readonly string[], input: ScheduleInput): ScheduleContext {
  const reading = readSettings(targets, input);
  if (reading.status === 'refused') throw new SignalboxError('SB_INPUT_INVALID', reading.reason);
  const { settings } = reading;
  const line = { running: null, queue: [] };
  return { settings, consideredMs: null, nextAt: null, waitMs: 0, asked: 0, ...line };
}

function planInputOf({ settings, consideredMs }: ScheduleContext): PlanInput {
  const { cron, timeZone, catchUp } = settings;
  return { cron, timeZone, consideredMs, atMost: catchUp.type === 'all' ? catchUp.atMost : 1 };
}

function takeUpDue(context: ScheduleContext, plan: Plan): Decision {
  const { overlap, catchUp } = context.settings;
  const { run, missed } = selectDue(plan, catchUp);
  const decision = takeUp(context, run.map(nameOccurrence), overlap);
  if (missed === 0) return decision;
  const event = { type: 'occurrencesMissed', count: missed, atLeast: plan.more } as const;
  return { ...decision, told: [event, ...decision.told] };
}
