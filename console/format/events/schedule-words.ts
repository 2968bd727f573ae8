/** The events of schedules. */
import { joinParts, type WordsOf } from '../event-words.ts';

export const scheduleWords: Readonly<Record<string, WordsOf>> = {
  occurrenceStarted: (facts) => ({ title: 'Occurrence started', detail: facts.text('occurrence') }),
  occurrenceQueued: (facts) => ({
    title: 'Occurrence waits for the one before',
    detail: facts.text('occurrence'),
    weight: 'quiet',
  }),
  occurrenceSkipped: (facts) => ({
    title: 'Occurrence skipped: the one before is at work',
    detail: facts.text('occurrence'),
  }),
  occurrencesMissed: (facts) => ({
    title: 'Occurrences missed',
    detail: `${facts.text('atLeast') === 'true' ? 'at least ' : ''}${facts.text('count')}`,
    tone: 'bad',
  }),
  occurrenceFinished: (facts) => ({
    title: 'Occurrence finished',
    detail: joinParts(facts.text('occurrence'), facts.text('outcome')),
    tone: facts.text('outcome') === 'failed' ? 'bad' : 'good',
  }),
  schedulePaused: () => ({ title: 'Schedule paused', weight: 'milestone' }),
  scheduleResumed: () => ({ title: 'Schedule resumed', weight: 'milestone' }),
  scheduleRemoved: () => ({ title: 'Schedule removed', weight: 'milestone' }),
  scheduleChanged: (facts) => ({
    title: 'Schedule changed',
    detail: joinParts(facts.text('cron'), facts.text('timeZone')),
  }),
  scheduleChangeRefused: (facts) => ({
    title: 'Change of the schedule refused',
    detail: facts.text('reason'),
    tone: 'bad',
  }),
};
