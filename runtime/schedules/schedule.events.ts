/** What a schedule is asked, and what it tells. */
import type { ScheduleInput } from './schedule-settings.ts';

export type ScheduleCommand =
  | { readonly type: 'pause' }
  /** What came due during the pause is not caught up with. */
  | { readonly type: 'resume' }
  /** One occurrence more, under the same overlap policy; also during a pause. */
  | { readonly type: 'triggerNow' }
  /** Any of the settings; those that are not named stay. */
  | { readonly type: 'change'; readonly settings: Partial<ScheduleInput> }
  /** Ends the schedule, and with it the actor that is at work. */
  | { readonly type: 'remove' };

export type ScheduleEvent =
  | { readonly type: 'occurrenceStarted'; readonly occurrence: string }
  /** An earlier one is at work. */
  | { readonly type: 'occurrenceQueued'; readonly occurrence: string }
  /** An earlier one is at work, or the queue is full. */
  | { readonly type: 'occurrenceSkipped'; readonly occurrence: string }
  /** Nobody was there when they were due. `atLeast`: there were more than are counted. */
  | { readonly type: 'occurrencesMissed'; readonly count: number; readonly atLeast: boolean }
  | {
      readonly type: 'occurrenceFinished';
      readonly occurrence: string;
      readonly outcome: 'done' | 'failed' | 'replaced';
    }
  | { readonly type: 'schedulePaused' }
  | { readonly type: 'scheduleResumed' }
  | { readonly type: 'scheduleRemoved' }
  | { readonly type: 'scheduleChanged'; readonly cron: string; readonly timeZone: string }
  | { readonly type: 'scheduleChangeRefused'; readonly reason: string };

/** Commands that mean nothing in a state, by its name: the schedule is as they ask already. */
export const idleCommands: Readonly<Record<string, readonly ScheduleCommand['type'][]>> = {
  planning: ['resume'],
  waiting: ['resume'],
  paused: ['pause'],
};
